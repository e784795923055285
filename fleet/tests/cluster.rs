//! A scheduler and two executors on loopback.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::{
    Process, captures, difference, free_port, many_samples, program, run, samples, stderr, stdout,
    wait_for_port,
};

struct Cluster {
    scheduler: Process,
    executors: Vec<Process>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Cluster {
    fn of(executors: usize) -> Self {
        let port = free_port();
        let bind = format!("127.0.0.1:{port}");
        let scheduler = Process::start(&mut program(&["scheduler", "--bind", &bind]));
        wait_for_port(port);
        let mut cluster = Self {
            scheduler,
            executors: Vec::new(),
            port,
            folder: tempfile::tempdir().unwrap(),
        };
        for number in 0..executors {
            cluster.add_executor(number);
        }
        cluster
    }

    fn scheduler(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn add_executor(&mut self, number: usize) {
        let (port, grpc_port) = (free_port(), free_port());
        let folder = self.folder.path().join(number.to_string());
        let executor = Process::start(&mut program(&[
            "executor",
            "--scheduler",
            &self.scheduler(),
            "--bind",
            &format!("127.0.0.1:{port}"),
            "--grpc-port",
            &grpc_port.to_string(),
            "--tasks",
            "2",
            "--folder",
            folder.to_str().unwrap(),
        ]));
        wait_for_port(port);
        self.executors.push(executor);
    }
}

/// The report without what was typed, which differs.
fn report(scheduler: Option<&str>, place: &Path) -> String {
    let place = place.to_str().unwrap();
    let mut arguments = vec!["read", "-F", "json", place];
    arguments.extend(scheduler.into_iter().flat_map(|at| ["--scheduler", at]));
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    report["tool"] = serde_json::Value::Null;
    serde_json::to_string_pretty(&report).unwrap()
}

/// The samples that can be read, in one folder.
fn readable_samples(folder: &Path) -> PathBuf {
    let all = folder.join("captures");
    std::fs::create_dir(&all).unwrap();
    for sample in captures(&samples()) {
        std::fs::copy(&sample, all.join(sample.file_name().unwrap())).unwrap();
    }
    all
}

#[test]
fn two_executors_say_what_one_machine_says() {
    let cluster = Cluster::of(2);
    let place = readable_samples(cluster.folder.path());
    let here = report(None, &place);
    let there = report(Some(&cluster.scheduler()), &place);
    assert_eq!(difference(&here, &there), None);
}

#[test]
fn a_run_ends_right_although_an_executor_is_killed() {
    let mut cluster = Cluster::of(2);
    // Work for some seconds.
    let place = many_samples(cluster.folder.path(), 40);
    let here = report(None, &place);
    let scheduler = cluster.scheduler();
    let running = std::thread::spawn({
        let place = place.clone();
        move || report(Some(&scheduler), &place)
    });
    // In the middle of it: there are results of the first stage that nobody fetched yet.
    let work = cluster.folder.path().join("0");
    while std::fs::read_dir(&work).map_or(0, Iterator::count) == 0 {
        assert!(
            !running.is_finished(),
            "it ended before anything could be killed"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    cluster.executors[0].kill();
    assert!(
        !running.is_finished(),
        "it had ended when the executor was killed"
    );
    let there = running.join().unwrap();
    assert_eq!(difference(&here, &there), None);
}

#[test]
fn a_port_that_somebody_has_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let executor = [
        "executor",
        "--scheduler",
        "127.0.0.1:1",
        "--folder",
        at,
        "--bind",
    ];
    let scheduler = ["scheduler", "--bind"];
    for arguments in [executor.as_slice(), scheduler.as_slice()] {
        let output = run(&[arguments, &[bind.as_str()]].concat());
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains(&bind), "{error}");
    }
}

#[test]
fn a_scheduler_that_goes_away_is_told() {
    let mut cluster = Cluster::of(1);
    let scheduler = cluster.scheduler();
    cluster.scheduler.kill();
    let place = samples().join("closed-port.pcap");
    let output = run(&["read", place.to_str().unwrap(), "--scheduler", &scheduler]);
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains(&scheduler), "{error}");
    assert!(
        error.contains("cannot be reached: Connection refused"),
        "{error}"
    );
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
}
