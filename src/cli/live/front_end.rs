//! What shows what becomes known: lines, or the dashboard.

use std::io;
use std::time::Duration;

use super::LiveCommand;
#[cfg(feature = "dashboard")]
use super::dashboard::{self, Dashboard};
use super::lines::Lines;
use super::signals::Signals;
use super::stop::Stop;
use crate::capture::Packet;
use crate::cli::live_arguments::LiveArguments;
use crate::cli::report_format::Format;
#[cfg(feature = "dashboard")]
use crate::cli::terminal;
use crate::decode::Observation;
use crate::live::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::report::Report;

/// One of the two, where this build has both.
pub(super) enum FrontEnd<'a, 'b> {
    Lines(Box<Lines<'a, 'b>>),
    #[cfg(feature = "dashboard")]
    Dashboard(Box<Dashboard<'a, 'b>>),
}

/// Whether the dashboard is shown: to somebody at a terminal, who asked for no lines.
#[cfg(feature = "dashboard")]
fn shows_dashboard(arguments: &LiveArguments) -> bool {
    let is_for_people = !matches!(arguments.format, Format::Ndjson | Format::Ecs);
    !arguments.plain && is_for_people && terminal::is_for_somebody()
}

/// Catches the signals that the front end listens to.
#[cfg(feature = "dashboard")]
pub(super) fn catch_signals(arguments: &LiveArguments) -> io::Result<Signals> {
    if shows_dashboard(arguments) {
        Signals::catch_on_screen(dashboard::leave_for_good)
    } else {
        Signals::catch()
    }
}

/// Catches the signals that the front end listens to.
#[cfg(not(feature = "dashboard"))]
pub(super) fn catch_signals(_: &LiveArguments) -> io::Result<Signals> {
    Signals::catch()
}

/// In which formats reports can be written: that of the arguments, and that of the dashboard.
pub(super) fn report_formats(arguments: &LiveArguments) -> Vec<Format> {
    #[cfg(feature = "dashboard")]
    if shows_dashboard(arguments) {
        return vec![arguments.format, dashboard::report_format(arguments.format)];
    }
    vec![arguments.format]
}

impl<'a, 'b> FrontEnd<'a, 'b> {
    /// What the arguments and the terminal ask for.
    #[cfg_attr(
        not(feature = "dashboard"),
        expect(unused_variables, reason = "lines name no interfaces")
    )]
    pub(super) fn new(
        command: &'a mut LiveCommand<'b>,
        shell: Report,
        signals: Signals,
        stop: Stop,
        interfaces: &[String],
    ) -> Self {
        #[cfg(feature = "dashboard")]
        if shows_dashboard(command.arguments) {
            match dashboard::open_screen() {
                Ok(screen) => {
                    let dashboard =
                        Dashboard::new(command, shell, (signals, stop), interfaces, screen);
                    return Self::Dashboard(Box::new(dashboard));
                }
                Err(error) => command
                    .messages
                    .warning(format!("cannot show the dashboard, but lines: {error}")),
            }
        }
        Self::Lines(Box::new(Lines::new(command, shell, signals, stop)))
    }

    /// Ends it; whether nobody is there any more to show something to.
    pub(super) fn close(self) -> bool {
        match self {
            Self::Lines(lines) => lines.is_nobody_listening(),
            #[cfg(feature = "dashboard")]
            Self::Dashboard(dashboard) => dashboard.close(),
        }
    }

    fn observer(&mut self) -> &mut dyn LiveObserver {
        match self {
            Self::Lines(lines) => lines.as_mut(),
            #[cfg(feature = "dashboard")]
            Self::Dashboard(dashboard) => dashboard.as_mut(),
        }
    }
}

impl LiveObserver for FrontEnd<'_, '_> {
    fn event(&mut self, event: &LiveEvent<'_>) {
        self.observer().event(event);
    }

    fn packet(&mut self, packet: &Packet<'_>, observation: &Observation) {
        self.observer().packet(packet, observation);
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        self.observer().turn(watch, running)
    }
}
