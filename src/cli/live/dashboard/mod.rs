//! **The dashboard**: what `live` shows on a terminal.
//!
//! Events go into [`seen::Seen`], which is bounded and quick to take them; keys become actions,
//! which change the [`state::State`] and may wish something of the outside; [`draw`](draw::draw)
//! shows the state, and changes nothing. Here the three meet the terminal and the watch, which is
//! one thread that must not be held up: a few frames a second, and a look at everything together
//! only as often as it costs little.
//!
//! Nothing is known here only: the report has it all.

mod cursor;
mod draw;
mod evidence;
mod failures;
mod files;
mod keys;
mod look;
mod screen;
mod seen;
mod series;
mod servers;
mod shown_names;
mod state;
#[cfg(test)]
mod tests;
mod update;

use std::time::Duration;

use super::LiveCommand;
use super::signals::Signals;
use super::stop::Stop;
use crate::capture::Packet;
use crate::capture::live::HostClock;
use crate::cli::terminal::{self, Wishes};
use crate::decode::Observation;
use crate::live::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::report::Report;
use crate::report::evidence::RecentPackets;
use crate::report::text::TextStyle;
use crate::report::text::ladder::Alphabet;
pub(super) use files::report_format;
use keys::action_of;
use look::Look;
pub(super) use screen::{Screen, leave, leave_for_good, open as open_screen};
use seen::Seen;
use state::State;
use update::Effect;

/// What changed is drawn so often.
const BETWEEN_FRAMES: Duration = Duration::from_millis(250);

/// When nothing changes, time does.
const LONGEST_BETWEEN_FRAMES: Duration = Duration::from_secs(1);

/// Everything is looked at together so often, when something has changed, and when nothing has:
/// what findings lean on grows old. It may take a fiftieth of the time.
const BETWEEN_OVERVIEWS: Duration = Duration::from_secs(1);
const BETWEEN_QUIET_OVERVIEWS: Duration = Duration::from_secs(30);
const OVERVIEW_SHARE: u32 = 50;

/// How many of the messages are told when the dashboard is gone.
const MESSAGES_AT_THE_END: usize = 20;

/// Draws, listens to keys, and knows when to end.
pub(super) struct Dashboard<'a, 'b> {
    command: &'a mut LiveCommand<'b>,
    screen: Screen,
    state: State,
    signals: Signals,
    stop: Stop,
    clock: HostClock,
    packets: RecentPackets,
    /// Attempts of whatever outcome that the watch is about.
    decided: u64,
    pace: Pace,
}

/// When what is due.
#[derive(Debug, Default)]
struct Pace {
    drawn: Option<Duration>,
    overview: Duration,
    quiet_overview: Duration,
    has_news_to_draw: bool,
    has_news_to_look_at: bool,
}

impl<'a, 'b> Dashboard<'a, 'b> {
    pub(super) fn new(
        command: &'a mut LiveCommand<'b>,
        shell: Report,
        (signals, stop): (Signals, Stop),
        interfaces: &[String],
        screen: Screen,
    ) -> Self {
        let style = screen_style(command);
        if style.color {
            Screen::use_color();
        }
        let look = Look {
            color: style.color,
            alphabet: if terminal::shows_unicode() {
                Alphabet::Unicode
            } else {
                Alphabet::Ascii
            },
        };
        let mut state = State::new(Seen::new(shell, interfaces), look, style.zone);
        state.size = Screen::size().unwrap_or(state.size);
        Self {
            command,
            screen,
            state,
            signals,
            stop,
            clock: HostClock::new(),
            packets: RecentPackets::default(),
            decided: 0,
            pace: Pace::default(),
        }
    }

    /// Gives the terminal back, and tells there what happened beside attempts; whether nobody is
    /// there for the report.
    pub(super) fn close(self) -> bool {
        let is_gone = self.screen.is_gone();
        drop(self.screen);
        let news = &self.state.seen.news;
        let zone = self.command.style.zone;
        for (at, text) in news
            .iter()
            .skip(news.len().saturating_sub(MESSAGES_AT_THE_END))
        {
            let time = zone.time_of_day(*at);
            self.command.messages.notice(format!("{time} {text}"));
        }
        is_gone && self.command.output.is_none()
    }

    fn look_at_signals(&mut self, watch: &LiveWatch) {
        if self.signals.take_wish_to_suspend() {
            leave();
            // What cannot stand still goes on.
            let _ = Signals::stand_still();
            self.come_back();
            self.signals.take_resumed();
        }
        if self.signals.take_resumed() {
            self.come_back();
        }
        if self.signals.take_wish_for_report() {
            self.write_report(watch, true);
        }
    }

    fn come_back(&mut self) {
        if self.screen.come_back().is_err() {
            self.signals.end();
        }
        self.state.size = Screen::size().unwrap_or(self.state.size);
        self.pace.drawn = None;
    }

    fn look_at_keys(&mut self, watch: &LiveWatch) {
        while let Some(event) = self.screen.next_event() {
            let Some(action) = action_of(&event, self.state.view.is_typing) else {
                continue;
            };
            self.pace.drawn = None;
            match self.state.apply(action) {
                None => {}
                Some(Effect::End) => self.signals.end(),
                Some(Effect::WriteReport) => self.write_report(watch, false),
                Some(Effect::WriteEvidence) => self.write_evidence(watch),
                Some(Effect::Redraw) => self.come_back(),
            }
        }
    }

    fn look_at_everything(&mut self, watch: &LiveWatch, running: Duration) {
        let is_due = if self.pace.has_news_to_look_at {
            running >= self.pace.overview
        } else {
            running >= self.pace.quiet_overview
        };
        if !is_due {
            return;
        }
        let began = self.clock.running();
        self.state.seen.take_overview(watch.overview());
        let took = self.clock.running().saturating_sub(began);
        let now = running + took;
        self.pace.overview = now + BETWEEN_OVERVIEWS.max(took * OVERVIEW_SHARE);
        self.pace.quiet_overview = now + BETWEEN_QUIET_OVERVIEWS.max(took * OVERVIEW_SHARE);
        self.pace.has_news_to_look_at = false;
        self.pace.has_news_to_draw = true;
    }

    fn draw_if_due(&mut self, watch: &LiveWatch, running: Duration) {
        let since = |drawn: Duration| running.saturating_sub(drawn);
        let is_due = self.pace.drawn.is_none_or(|drawn| {
            since(drawn) >= LONGEST_BETWEEN_FRAMES
                || (self.pace.has_news_to_draw && since(drawn) >= BETWEEN_FRAMES)
        });
        if !is_due || !self.screen.is_ready() {
            return;
        }
        let seen = &mut self.state.seen;
        seen.shell.capture = watch.totals();
        seen.packets = seen.shell.capture.packets;
        seen.open = watch.open_count();
        let state = &self.state;
        if self.screen.draw(|frame| draw::draw(state, frame)).is_err() {
            self.signals.end();
        }
        self.pace.drawn = Some(running);
        self.pace.has_news_to_draw = false;
    }
}

/// The look of the dashboard: that of a report on this terminal.
fn screen_style(command: &LiveCommand<'_>) -> TextStyle {
    terminal::text_style(&Wishes {
        to_terminal: true,
        utc: command.arguments.utc,
        local: command.arguments.local,
        color: command.arguments.color,
        only_failures: true,
    })
}

impl LiveObserver for Dashboard<'_, '_> {
    fn event(&mut self, event: &LiveEvent<'_>) {
        if let LiveEvent::Attempt { before: None, .. } = event {
            self.decided += 1;
        }
        if let LiveEvent::Folded(count) = event {
            self.decided = self.decided.saturating_add(*count);
        }
        if self.state.seen.note(event) {
            self.pace.has_news_to_draw = true;
            self.pace.has_news_to_look_at = true;
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, observation: &Observation) {
        self.packets.note(packet, observation);
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        let seen = &mut self.state.seen;
        seen.running = running;
        seen.now = self.clock.read().now;
        seen.outcomes = *watch.told();
        seen.series.take(running, &seen.outcomes);
        for news in self.command.companion_news.try_iter() {
            seen.tell(&news);
            self.pace.has_news_to_draw = true;
        }
        self.look_at_signals(watch);
        self.look_at_keys(watch);
        self.look_at_everything(watch, running);
        self.draw_if_due(watch, running);
        let is_over = self.signals.ask_to_end()
            || self.screen.is_gone()
            || self.stop.is_reached(running, self.decided);
        if is_over { GoOn::No } else { GoOn::Yes }
    }
}
