//! What goes on beside a watch: the ring and the metrics.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use crate::capture::live::{HostClock, LiveCapture};
use crate::cli::exit_status::ExitStatus;
use crate::cli::live_arguments::LiveArguments;
use crate::cli::messages::Messages;
use crate::diagnosis::Selection;
use crate::live::metrics::http::{self, ListenError, Listeners};
use crate::live::metrics::{Metrics, MetricsSettings};
use crate::live::ring::{Ring, RingDirectory, RingError, RingNews, RingSettings};
use crate::live::{LiveWatch, Observers};

/// What needs the rights that the program starts with: opened before they are given up.
pub(super) struct OpenedCompanions {
    ring: Option<RingDirectory>,
    listeners: Option<Listeners>,
}

/// What goes on beside a watch.
pub(super) struct Companions {
    ring: Option<Ring>,
    metrics: Option<Metrics>,
    messages: Messages,
    told: Vec<String>,
}

/// What companions tell while they run: for whoever shows what happens.
pub(super) type CompanionNews = Receiver<String>;

impl OpenedCompanions {
    /// Opens the directory of the ring, and listens.
    pub(super) fn open(arguments: &LiveArguments) -> Result<Self, ExitStatus> {
        let ring = arguments.ring.as_deref().map(RingDirectory::open);
        let ring = ring.transpose().map_err(|error| tell_ring(&error))?;
        let listeners = (!arguments.metrics.is_empty()).then(|| Listeners::on(&arguments.metrics));
        let listeners = listeners.transpose().map_err(|error| tell_listen(&error))?;
        Ok(Self { ring, listeners })
    }

    /// Begins, when the rights have been given up and before the first packet: what works now goes
    /// on working.
    pub(super) fn begin(
        self,
        arguments: &LiveArguments,
        selection: Selection,
        capture: &LiveCapture,
        messages: Messages,
    ) -> Result<(Companions, CompanionNews), ExitStatus> {
        let (teller, news) = channel();
        let started = HostClock::new().read().now;
        let sources = capture.facts();
        let mut told = Vec::new();
        let settings = RingSettings {
            size: arguments.ring_size,
            patience: arguments.patience,
        };
        let begin_ring = |directory| {
            // Nobody may listen any more when the watch ends.
            let tell = Box::new(move |news| drop(teller.send(words(&news))));
            Ring::begin(directory, settings, &sources, started, tell)
        };
        let ring = self.ring.map(begin_ring).transpose();
        let ring = ring.map_err(|error| tell_ring(&error))?;
        if let Some(directory) = &arguments.ring {
            told.push(format!(
                "what verdicts need is kept in {}, at most {} MiB",
                directory.display(),
                arguments.ring_size >> 20
            ));
        }
        let mut metrics = None;
        if let Some(listeners) = self.listeners {
            for address in listeners.addresses() {
                told.push(format!("metrics at http://{address}/metrics"));
            }
            let begun = metrics.insert(Metrics::new(MetricsSettings {
                selection,
                window: arguments.window,
                interfaces: capture.settings().interfaces.clone(),
                started,
                ring: ring.as_ref().map(Ring::totals),
            }));
            http::serve(listeners, begun.told()).map_err(|error| {
                Messages::error(format!("cannot serve metrics: {error}"), None);
                ExitStatus::Input
            })?;
        }
        let companions = Companions {
            ring,
            metrics,
            messages,
            told,
        };
        Ok((companions, news))
    }
}

impl Companions {
    /// Says what there is.
    pub(super) fn announce(&mut self) {
        for told in self.told.drain(..) {
            self.messages.notice(told);
        }
    }

    /// Lets them hear of the watch.
    pub(super) fn join<'a>(&'a mut self, observers: &mut Observers<'a>) {
        if let Some(ring) = &mut self.ring {
            observers.add(ring);
        }
        if let Some(metrics) = &mut self.metrics {
            observers.add(metrics);
        }
    }

    /// Writes what is left.
    pub(super) fn finish(self, directory: Option<&Path>, watched: &LiveWatch) {
        let (Some(ring), Some(directory)) = (self.ring, directory) else {
            return;
        };
        let totals = ring.finish(watched);
        let place = directory.display();
        if totals.not_kept > 0 {
            self.messages.warning(format!(
                "{} packets could not be kept in {place}",
                totals.not_kept
            ));
        }
        self.messages.notice(format!(
            "{} packets were kept: tcpwhy read {place} judges them again ({} files, {} KiB)",
            totals.packets,
            totals.files,
            totals.bytes >> 10
        ));
    }
}

fn words(news: &RingNews) -> String {
    match news {
        RingNews::CannotWrite(message) => format!(
            "the ring cannot be written: {message}; the watch goes on, and every 10 s another file is tried"
        ),
        RingNews::TooSlow => {
            "the disk is too slow for the ring: packets are missing there; the watch goes on"
                .to_owned()
        }
        RingNews::GoesOn(not_kept) => {
            format!("the ring is written again; {not_kept} packets are missing there")
        }
        RingNews::CannotRemove { name, message } => {
            format!("the ring's old file {name} cannot be removed, and is left: {message}")
        }
    }
}

fn tell_ring(error: &RingError) -> ExitStatus {
    let hint = match error {
        RingError::Directory { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Some(
                "the user that tcpwhy runs as needs the directory's own permission to write: also root has no more once the interfaces are open",
            )
        }
        RingError::Directory { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
            Some("--ring takes a directory")
        }
        RingError::Directory { .. } => None,
        RingError::Taken { .. } => Some("give each watch a directory of its own"),
        RingError::TooSmall { .. } => Some("a larger --ring-size, or fewer interfaces"),
    };
    Messages::error(error, hint);
    ExitStatus::Input
}

fn tell_listen(error: &ListenError) -> ExitStatus {
    let port = error.address.port();
    let hint = match error.source.kind() {
        io::ErrorKind::AddrInUse => Some(format!(
            "ss -ltnp 'sport = :{port}' shows who listens there; choose another port"
        )),
        io::ErrorKind::AddrNotAvailable => {
            Some("ip address shows this host's addresses".to_owned())
        }
        io::ErrorKind::PermissionDenied => {
            Some("ports below 1024 need CAP_NET_BIND_SERVICE; choose another port".to_owned())
        }
        _ => None,
    };
    Messages::error(error, hint.as_deref());
    ExitStatus::Input
}
