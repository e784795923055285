//! The terminal while something is drawn on it; and as it was before, whatever ends this.
//!
//! Drawing makes bytes, and a thread writes them: a terminal that takes nothing for a while (a slow
//! line, a stopped window) holds up neither the capture nor what else happens. Until it has taken
//! one frame, no other is drawn. Keys are read by another thread.
//!
//! Ctrl-C, Ctrl-Z and Ctrl-\ stay signals: they work also while this program is busy.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::thread;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::style::{ResetColor, force_color_output};
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use ratatui::crossterm::{Command, queue};
use ratatui::{Frame, Terminal};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Whether something is drawn on the terminal.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether nothing is to be drawn any more: this ends.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Held while a frame is written, and while modes are changed.
static HELD: Mutex<()> = Mutex::new(());

/// The terminal, written to past the buffer and the lock of standard output: whoever restores it
/// waits for nobody.
static TERMINAL: OnceLock<File> = OnceLock::new();

/// How many keys wait to be looked at, at most.
const WAITING_KEYS: usize = 64;

/// How often and how long a frame that is being written is waited for before modes are changed.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// What is drawn on.
pub(in crate::cli::live) struct Screen {
    terminal: Terminal<CrosstermBackend<FrameBytes>>,
    outlet: Outlet,
    keys: Receiver<Event>,
}

/// Makes the terminal ready to be drawn on.
pub(in crate::cli::live) fn open() -> io::Result<Screen> {
    let terminal = io::stdout().as_fd().try_clone_to_owned().map(File::from)?;
    let terminal = TERMINAL.get_or_init(|| terminal);
    restore_before_panics(leave_for_good);
    let outlet = Outlet::open(terminal)?;
    let (send, keys) = sync_channel(WAITING_KEYS);
    let read = move || {
        while let Ok(event) = event::read() {
            if send.send(event).is_err() {
                break;
            }
        }
    };
    enter(terminal).inspect_err(|_| leave())?;
    let spawned = thread::Builder::new().name("keys".to_owned()).spawn(read);
    let terminal = undrawn(&outlet);
    match (spawned, terminal) {
        (Ok(_), Ok(terminal)) => Ok(Screen {
            terminal,
            outlet,
            keys,
        }),
        (Err(error), _) | (_, Err(error)) => {
            leave();
            Err(error)
        }
    }
}

impl Screen {
    /// What was pressed, or another size.
    pub(super) fn next_event(&self) -> Option<Event> {
        self.keys.try_recv().ok()
    }

    /// Uses colour even where the environment asks for none.
    pub(super) fn use_color() {
        force_color_output(true);
    }

    /// Columns and lines.
    pub(super) fn size() -> Option<(u16, u16)> {
        size().ok()
    }

    /// Whether the terminal has taken what was drawn before.
    pub(super) fn is_ready(&self) -> bool {
        self.outlet.waiting.load(Ordering::Acquire) == 0
    }

    /// Whether the terminal is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.outlet.is_gone.load(Ordering::Relaxed)
    }

    /// Draws, and leaves it to the thread to write what has changed.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }

    /// Takes the terminal again after [`leave`], or after somebody else wrote on it.
    pub(super) fn come_back(&mut self) -> io::Result<()> {
        leave();
        if let Some(terminal) = TERMINAL.get() {
            enter(terminal)?;
        }
        self.terminal = undrawn(&self.outlet)?;
        Ok(())
    }
}

/// A terminal of which nothing is known: it is drawn whole.
fn undrawn(outlet: &Outlet) -> io::Result<Terminal<CrosstermBackend<FrameBytes>>> {
    Terminal::new(CrosstermBackend::new(FrameBytes {
        bytes: Vec::new(),
        outlet: outlet.clone(),
    }))
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter(terminal: &File) -> io::Result<()> {
    let _held = hold();
    if IS_OVER.load(Ordering::Acquire) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    enable_raw_mode()?;
    IS_SHOWN.store(true, Ordering::Release);
    keep_signals()?;
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, Hide, Clear(ClearType::All))?;
    let mut terminal = terminal;
    terminal.write_all(&bytes)
}

/// Ctrl-C, Ctrl-Z and Ctrl-\ are signals in spite of raw mode.
fn keep_signals() -> io::Result<()> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let mut modes = tcgetattr(&stdin)?;
        modes.local_modes |= LocalModes::ISIG;
        tcsetattr(&stdin, OptionalActions::Now, &modes)?;
    }
    Ok(())
}

/// Gives the terminal back as it was, if something is drawn on it.
pub(in crate::cli::live) fn leave() {
    let _held = hold();
    if !IS_SHOWN.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut bytes = Vec::new();
    push(&mut bytes, ResetColor);
    push(&mut bytes, Show);
    push(&mut bytes, LeaveAlternateScreen);
    // There is nobody to tell, and nothing else to do.
    if let Some(mut terminal) = TERMINAL.get() {
        let _ = terminal.write_all(&bytes);
    }
    let _ = disable_raw_mode();
}

/// As [`leave`], and nothing is drawn any more: before this ends at once. From any thread, at any
/// time.
pub(in crate::cli::live) fn leave_for_good() {
    IS_OVER.store(true, Ordering::Release);
    leave();
}

/// Keeps others from the terminal; not for ever, because a terminal that takes nothing may never
/// let go of who writes.
fn hold() -> Option<MutexGuard<'static, ()>> {
    for _ in 0..TRIES {
        match HELD.try_lock() {
            Ok(held) => return Some(held),
            Err(TryLockError::Poisoned(held)) => return Some(held.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
        }
    }
    None
}

fn push(bytes: &mut Vec<u8>, command: impl Command) {
    // Writing into memory cannot fail.
    let _ = queue!(bytes, command);
}

/// From now on `restore` is called before a panic is told, in whatever thread it is; also where a
/// panic ends the program at once.
fn restore_before_panics(restore: fn()) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        restore();
        tell(what);
    }));
}

/// The way to the thread that writes.
#[derive(Clone)]
struct Outlet {
    send: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    is_gone: Arc<AtomicBool>,
}

impl Outlet {
    fn open(terminal: &'static File) -> io::Result<Self> {
        let (send, frames) = channel::<Vec<u8>>();
        let outlet = Self {
            send,
            waiting: Arc::default(),
            is_gone: Arc::default(),
        };
        let (waiting, is_gone) = (Arc::clone(&outlet.waiting), Arc::clone(&outlet.is_gone));
        let write = move || {
            let mut terminal = terminal;
            for frame in frames {
                let held = HELD.lock();
                if IS_SHOWN.load(Ordering::Acquire) && terminal.write_all(&frame).is_err() {
                    is_gone.store(true, Ordering::Relaxed);
                }
                drop(held);
                waiting.fetch_sub(1, Ordering::Release);
            }
        };
        thread::Builder::new()
            .name("screen".to_owned())
            .spawn(write)?;
        Ok(outlet)
    }
}

/// What is drawn, as bytes for the terminal.
struct FrameBytes {
    bytes: Vec<u8>,
    outlet: Outlet,
}

impl Write for FrameBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let frame = std::mem::take(&mut self.bytes);
        self.outlet.waiting.fetch_add(1, Ordering::Release);
        let sent = self.outlet.send.send(frame);
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs this test program again on a terminal of its own: what a panic leaves there.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_panic_gives_the_terminal_back() {
        let Ok(program) = std::env::current_exe() else {
            return;
        };
        let test = "cli::live::dashboard::screen::tests::panics_while_shown";
        let commands = format!(
            "stty -a; echo ===; '{}' --exact {test} --ignored --nocapture; echo ===; stty -a",
            program.display()
        );
        let shown = Command::new("script")
            .args(["-qec", &commands, "/dev/null"])
            .stdin(Stdio::null())
            .output()
            .expect("script of util-linux");
        let shown = String::from_utf8_lossy(&shown.stdout).replace('\r', "");
        let parts: Vec<&str> = shown.split("===\n").collect();
        let [before, meanwhile, after] = parts.as_slice() else {
            panic!("{shown}");
        };
        assert_eq!(before, after);
        let place = |words: &str| meanwhile.find(words).unwrap_or_else(|| panic!("{shown}"));
        let (entered, left) = (place("\u{1b}[?1049h"), place("\u{1b}[?1049l"));
        assert!(entered < left && left < place("told on the usual screen"));
    }

    #[test]
    #[ignore = "run by the test above, on a terminal of its own"]
    fn panics_while_shown() {
        let mut screen = open().unwrap();
        screen.draw(|_| {}).unwrap();
        panic!("told on the usual screen");
    }
}
