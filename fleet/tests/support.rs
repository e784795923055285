//! Samples, the program, and processes that end with their test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tcpwhy::analysis::{AnalysisSettings, analyse};
use tcpwhy::capture::CaptureSet;
use tcpwhy::diagnosis::Diagnosis;
use tcpwhy::report::{CaptureTotals, Handover, Report, Settings, Tool};
use tcpwhy_fleet::{Fleet, FleetSettings, Question};

/// Where the samples of `tcpwhy` are.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// The captures right below a folder.
pub(crate) fn captures(folder: &Path) -> Vec<PathBuf> {
    let (paths, errors) = CaptureSet::paths_of(&[folder.to_owned()]);
    assert!(errors.is_empty(), "{errors:?}");
    let paths = paths.into_iter().map(|(path, _)| path);
    paths
        .filter(|path| {
            CaptureSet::open(std::slice::from_ref(path))
                .errors
                .is_empty()
        })
        .collect()
}

/// All samples under so many names, in a folder below this one: some 180 KB for each name.
pub(crate) fn many_samples(folder: &Path, names: u32) -> PathBuf {
    let place = folder.join("many");
    std::fs::create_dir(&place).unwrap();
    for copy in 0..names {
        for sample in captures(&samples()) {
            let name = sample.file_name().unwrap().to_str().unwrap();
            std::fs::copy(&sample, place.join(format!("{copy}-{name}"))).unwrap();
        }
    }
    place
}

/// What one reader of all these says, as JSON.
pub(crate) fn said_by_one(places: &[PathBuf]) -> String {
    let settings = AnalysisSettings::default();
    let mut captures = CaptureSet::open(places).captures;
    let (capture, diagnosis) = analyse(&mut captures, &settings);
    json(capture, diagnosis)
}

/// What a fleet says of them, in so many parts, read by so many.
pub(crate) fn said_by_fleet(places: &[PathBuf], parts: usize, scans: usize) -> String {
    let typed: Vec<String> = places
        .iter()
        .map(|place| place.to_str().unwrap().to_owned())
        .collect();
    let settings = FleetSettings {
        parts: u32::try_from(parts).unwrap().try_into().unwrap(),
        scans,
        ..FleetSettings::embedded()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async {
        let fleet = Fleet::new(settings).unwrap();
        fleet.ask(&typed, &Question::default()).await.unwrap()
    });
    json(answer.capture, answer.diagnosis)
}

fn json(capture: CaptureTotals, diagnosis: Diagnosis) -> String {
    let report = Report {
        tool: Tool {
            version: "",
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture,
        diagnosis,
        settings: Settings::default(),
        shows_names: true,
        handover: Handover::default(),
    };
    report.to_json().unwrap()
}

/// The first lines in which two texts differ.
pub(crate) fn difference(one: &str, other: &str) -> Option<String> {
    let mut lines = one.lines().zip(other.lines());
    let first = lines.find(|(one, other)| one != other);
    match first {
        Some((one, other)) => Some(format!("{one}\n{other}")),
        None if one.len() != other.len() => Some("one ends before the other".to_owned()),
        None => None,
    }
}

/// The program with these arguments.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpwhy-fleet"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What it says, and how it ends.
pub(crate) fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A process that ends with its test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(quiet.spawn().unwrap())
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of loopback that nobody has now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until somebody accepts there.
pub(crate) fn wait_for_port(port: u16) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "nobody listens on port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a program is there. With CI set it has to be.
pub(crate) fn has(program: &str) -> bool {
    let is_there = folders().any(|folder| folder.join(program).is_file());
    note(is_there, program)
}

/// The Python that has these modules. With CI set there has to be one.
pub(crate) fn python_with(modules: &str) -> Option<PathBuf> {
    let imports = format!("import {modules}");
    let can_import = |python: &PathBuf| {
        let ended = Command::new(python).args(["-c", &imports]).output();
        ended.is_ok_and(|output| output.status.success())
    };
    let python = folders()
        .map(|folder| folder.join("python3"))
        .find(can_import);
    note(python.is_some(), modules);
    python
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

/// Says what was left out for want of a tool.
fn note(is_there: bool, tool: &str) -> bool {
    use std::io::Write as _;
    assert!(
        is_there || std::env::var_os("CI").is_none(),
        "{tool} is missing"
    );
    if !is_there {
        let _ = writeln!(std::io::stderr(), "skipped: needs {tool}");
    }
    is_there
}
