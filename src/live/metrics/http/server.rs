//! The thread that answers.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::Connection;
use super::listeners::Listeners;
use crate::capture::live::HostClock;
use crate::live::metrics::Told;

/// So many clients at once: others wait until one has its answer, or its time is over.
const MOST_CLIENTS: usize = 32;

/// When the system has no room for another connect, the next is looked for after this.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest wait when nobody is there.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Answers requests from now on, on a thread of its own, until the program ends.
///
/// # Errors
///
/// When there is no thread to be had.
pub fn serve(listeners: Listeners, told: Arc<Told>) -> io::Result<()> {
    let thread = thread::Builder::new().name("metrics".to_owned());
    thread.spawn(move || {
        let mut server = Server {
            listeners,
            told,
            clients: Vec::new(),
            clock: HostClock::new(),
            pause_until: None,
        };
        loop {
            server.turn();
        }
    })?;
    Ok(())
}

struct Server {
    listeners: Listeners,
    told: Arc<Told>,
    clients: Vec<Connection>,
    clock: HostClock,
    /// Until then nobody is accepted.
    pause_until: Option<Duration>,
}

impl Server {
    fn turn(&mut self) {
        let running = self.clock.running();
        self.pause_until = self.pause_until.filter(|until| *until > running);
        let accepts = self.clients.len() < MOST_CLIENTS && self.pause_until.is_none();
        let ready = self.wait(running, accepts);
        let reading = self.clock.read();
        let running = self.clock.running();
        for (client, is_ready) in self.clients.iter_mut().zip(ready) {
            if is_ready || running >= client.ends_at() {
                client.go_on(&self.told, running, reading.now);
            }
        }
        self.clients.retain(|client| !client.is_closed());
        if accepts {
            self.accept(running);
        }
    }

    /// Waits for the next thing to happen; of each client whether something did.
    fn wait(&self, running: Duration, accepts: bool) -> Vec<bool> {
        let listeners = self.listeners.sockets().iter().filter(|_| accepts);
        let listeners = listeners.map(|socket| PollFd::new(socket, PollFlags::IN));
        let clients = self
            .clients
            .iter()
            .map(|client| PollFd::new(client.stream(), client.waits_for()));
        let mut waited: Vec<PollFd<'_>> = clients.chain(listeners).collect();
        let ends = self.clients.iter().map(Connection::ends_at);
        let until = ends.chain(self.pause_until).min();
        let longest = until.map_or(LONGEST_WAIT, |until| until.saturating_sub(running));
        let timeout = Timespec {
            tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: longest.subsec_nanos().into(),
        };
        // A signal ends the wait, and nothing has happened.
        let _ = poll(&mut waited, Some(&timeout));
        waited
            .iter()
            .take(self.clients.len())
            .map(|client| !client.revents().is_empty())
            .collect()
    }

    fn accept(&mut self, running: Duration) {
        for listener in self.listeners.sockets() {
            while self.clients.len() < MOST_CLIENTS {
                match accept_one(listener) {
                    Ok(Some(client)) => self.clients.push(client(running)),
                    Ok(None) => break,
                    Err(_) => {
                        self.pause_until = Some(running + PAUSE);
                        return;
                    }
                }
            }
        }
    }
}

/// The next client, if there is one; an error when the system has no room for it.
fn accept_one(listener: &TcpListener) -> io::Result<Option<impl FnOnce(Duration) -> Connection>> {
    match listener.accept() {
        Ok((stream, _)) => {
            stream.set_nonblocking(true)?;
            Ok(Some(move |running| Connection::new(stream, running)))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
