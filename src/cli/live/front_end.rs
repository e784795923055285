//! What shows what becomes known: lines, or the dashboard.

use std::time::Duration;

use super::LiveCommand;
use super::dashboard::Dashboard;
use super::lines::Lines;
use super::signals::Signals;
use super::stop::Stop;
use crate::capture::Packet;
use crate::cli::arguments::Format;
use crate::cli::live_arguments::LiveArguments;
use crate::cli::terminal;
use crate::decode::Observation;
use crate::live::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::report::Report;

/// One of the two.
pub(super) enum FrontEnd<'a, 'b> {
    Lines(Box<Lines<'a, 'b>>),
    Dashboard(Box<Dashboard<'a, 'b>>),
}

/// Whether the dashboard is shown: to somebody at a terminal, who asked for no lines.
pub(super) fn shows_dashboard(arguments: &LiveArguments) -> bool {
    !arguments.plain && arguments.format != Format::Ndjson && terminal::is_for_somebody()
}

impl<'a, 'b> FrontEnd<'a, 'b> {
    /// What the arguments and the terminal ask for.
    pub(super) fn new(
        command: &'a mut LiveCommand<'b>,
        shell: Report,
        signals: Signals,
        stop: Stop,
        interfaces: &[String],
    ) -> Self {
        if shows_dashboard(command.arguments) {
            match super::dashboard::open_screen() {
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
            Self::Dashboard(dashboard) => dashboard.close(),
        }
    }

    fn observer(&mut self) -> &mut dyn LiveObserver {
        match self {
            Self::Lines(lines) => lines.as_mut(),
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
