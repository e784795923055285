//! What an action does to the view, and what is wished of the outside.

use std::rc::Rc;

use crate::report::TimeZoneChoice;

use super::draw;
use super::keys::Action;
use super::state::{Opened, Pane, State};

/// What the view cannot do itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Ends the watch in order.
    End,
    /// Writes a report.
    WriteReport,
    /// Writes the packets that prove the failures.
    WriteEvidence,
    /// Draws everything anew, whatever stands on the terminal.
    Redraw,
}

/// A filter longer than this finds nothing.
const LONGEST_FILTER: usize = 100;

impl State {
    /// Does what is wanted; what is left to be done outside.
    pub(super) fn apply(&mut self, action: Action) -> Option<Effect> {
        if !matches!(action, Action::Resize(..)) {
            self.view.notice = None;
        }
        match action {
            Action::Move(lines) => self.go(lines),
            Action::NextPane => self.focus(self.view.focus.next()),
            Action::PreviousPane => self.focus(self.view.focus.next().next()),
            Action::Open => self.open(),
            Action::Close => self.close(),
            Action::Filter => {
                self.view.opened = None;
                self.view.is_typing = true;
            }
            Action::Type(letter) => {
                if self.view.filter.chars().count() < LONGEST_FILTER && !letter.is_control() {
                    self.view.filter.push(letter);
                }
            }
            Action::EraseLetter => {
                self.view.filter.pop();
            }
            Action::EraseAll => self.view.filter.clear(),
            Action::Accept => self.view.is_typing = false,
            Action::Freeze => {
                self.frozen = match self.frozen {
                    None => Some(Box::new(self.seen.clone())),
                    Some(_) => None,
                };
            }
            Action::Sort => {
                self.view.order = self.view.order.next();
                self.view.notice = Some(format!("servers: {}", self.view.order.name()));
            }
            Action::SwitchZone => {
                self.view.zone = match self.view.zone {
                    TimeZoneChoice::Utc => TimeZoneChoice::Local,
                    TimeZoneChoice::Local => TimeZoneChoice::Utc,
                };
            }
            Action::Help => self.show(Opened::Help),
            Action::News => self.show(Opened::News),
            Action::Resize(columns, lines) => {
                self.size = (columns, lines);
                self.go(0);
            }
            Action::End => return Some(Effect::End),
            Action::WriteReport => return Some(Effect::WriteReport),
            Action::WriteEvidence => return Some(Effect::WriteEvidence),
            Action::Redraw => return Some(Effect::Redraw),
        }
        None
    }

    fn focus(&mut self, pane: Pane) {
        self.view.opened = None;
        self.view.focus = pane;
    }

    fn show(&mut self, opened: Opened) {
        self.view.is_typing = false;
        self.view.opened = Some(opened);
        self.view.scroll = 0;
    }

    fn close(&mut self) {
        let view = &mut self.view;
        if view.opened.take().is_none() {
            view.filter.clear();
        }
        view.is_typing = false;
    }

    fn go(&mut self, lines: isize) {
        if self.view.opened.is_some() {
            let most = draw::lines_below(self);
            self.view.scroll = self.view.scroll.saturating_add_signed(lines).min(most);
            return;
        }
        if lines == 0 {
            return;
        }
        let mut view = self.view.clone();
        let lists = self.lists();
        match view.focus {
            Pane::Servers => view.servers.go(&lists.server_keys(), lines),
            Pane::Failures => view.failures.go(&lists.failure_keys(), lines),
            Pane::Findings => view.findings.go(&lists.finding_keys(), lines),
        }
        self.view = view;
    }

    /// Opens the entry; of an opened server its failures.
    fn open(&mut self) {
        match self.view.opened.take() {
            Some(Opened::Server(server)) => {
                self.view.filter = server.to_string();
                self.view.focus = Pane::Failures;
                return;
            }
            Some(_) => return,
            None => {}
        }
        let lists = self.lists();
        let opened = match self.view.focus {
            Pane::Servers => {
                let line = self.view.servers.line(&lists.server_keys());
                lists
                    .servers
                    .get(line)
                    .map(|row| Opened::Server(row.server))
            }
            Pane::Failures => {
                let line = self.view.failures.line(&lists.failure_keys());
                let failure = lists.failures.get(line);
                failure.map(|failure| Opened::Attempt(Rc::clone(failure)))
            }
            Pane::Findings => {
                let line = self.view.findings.line(&lists.finding_keys());
                let finding = lists.findings.get(line);
                finding.map(|finding| Opened::Finding(Box::new((*finding).clone())))
            }
        };
        if let Some(opened) = opened {
            self.show(opened);
        }
    }
}
