//! What keys mean.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// So many lines down, or up.
    Move(isize),
    /// To the next list, or to the one before.
    NextPane,
    PreviousPane,
    /// Shows what is known of the entry.
    Open,
    /// Back to the lists; in the lists, without a filter.
    Close,
    /// Begins a filter.
    Filter,
    /// A letter of the filter.
    Type(char),
    EraseLetter,
    EraseAll,
    /// The filter stands.
    Accept,
    Freeze,
    Sort,
    SwitchZone,
    WriteReport,
    WriteEvidence,
    Help,
    News,
    End,
    /// Draws everything anew.
    Redraw,
    /// The terminal has so many columns and lines.
    Resize(u16, u16),
}

/// Lines of a page.
const PAGE: isize = 10;

/// Further than any list is long.
const TO_THE_END: isize = isize::MAX;

/// What an event means; `is_typing` while keys are letters of the filter.
pub(super) fn action_of(event: &Event, is_typing: bool) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) if key.modifiers.contains(KeyModifiers::ALT) => None,
        Event::Key(key) if is_typing => while_typing(*key),
        Event::Key(key) => in_lists(*key),
        Event::Resize(columns, lines) => Some(Action::Resize(*columns, *lines)),
        _ => None,
    }
}

fn while_typing(key: KeyEvent) -> Option<Action> {
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c') if has_control => Action::End,
        KeyCode::Char('u' | 'w') if has_control => Action::EraseAll,
        KeyCode::Char(letter) if !has_control => Action::Type(letter),
        KeyCode::Backspace => Action::EraseLetter,
        KeyCode::Enter => Action::Accept,
        KeyCode::Esc => Action::Close,
        KeyCode::Up => Action::Move(-1),
        KeyCode::Down => Action::Move(1),
        _ => return None,
    })
}

fn in_lists(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            // Where the terminal makes no signal of it.
            KeyCode::Char('c') => Some(Action::End),
            KeyCode::Char('l') => Some(Action::Redraw),
            KeyCode::Char('d' | 'f') => Some(Action::Move(PAGE)),
            KeyCode::Char('u' | 'b') => Some(Action::Move(-PAGE)),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Down | KeyCode::Char('j') => Action::Move(1),
        KeyCode::Up | KeyCode::Char('k') => Action::Move(-1),
        KeyCode::PageDown => Action::Move(PAGE),
        KeyCode::PageUp => Action::Move(-PAGE),
        KeyCode::Home | KeyCode::Char('g') => Action::Move(-TO_THE_END),
        KeyCode::End | KeyCode::Char('G') => Action::Move(TO_THE_END),
        KeyCode::Tab | KeyCode::Right => Action::NextPane,
        KeyCode::BackTab | KeyCode::Left => Action::PreviousPane,
        KeyCode::Enter => Action::Open,
        KeyCode::Esc | KeyCode::Backspace => Action::Close,
        KeyCode::Char('/') => Action::Filter,
        KeyCode::Char('f' | ' ') => Action::Freeze,
        KeyCode::Char('s') => Action::Sort,
        KeyCode::Char('u') => Action::SwitchZone,
        KeyCode::Char('w') => Action::WriteReport,
        KeyCode::Char('e') => Action::WriteEvidence,
        KeyCode::Char('m') => Action::News,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Action::Help,
        KeyCode::Char('q') => Action::End,
        _ => return None,
    })
}

/// What the keys do, for the page that tells it.
pub(super) const HELP: [(&str, &str); 14] = [
    ("up, down, k, j", "move; PgUp, PgDn, Home, End further"),
    ("Tab, left, right", "to another list"),
    (
        "Enter",
        "open: a server, an attempt as a ladder, a finding with what to check",
    ),
    ("Esc", "back to the lists; in the lists: no filter"),
    (
        "/",
        "list only what holds the text that is typed; Enter keeps it",
    ),
    ("s", "sort the servers otherwise"),
    ("f, space", "freeze what is shown; capturing goes on"),
    ("u", "show times in UTC, or in the zone of this host"),
    (
        "w",
        "write a report now, into a new file in this folder; so does SIGUSR1",
    ),
    (
        "e",
        "write the packets that prove the failures, as a capture, likewise",
    ),
    ("m", "messages: interfaces, losses, the clock, files"),
    ("?, h", "this page"),
    ("Ctrl-Z", "suspend; fg comes back"),
    (
        "q, Ctrl-C",
        "end, and print the report; Ctrl-C again ends at once",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn action(code: KeyCode, modifiers: KeyModifiers, is_typing: bool) -> Option<Action> {
        action_of(&Event::Key(KeyEvent::new(code, modifiers)), is_typing)
    }

    #[test]
    fn letters_are_commands_or_text() {
        let plain = KeyModifiers::NONE;
        assert_eq!(action(KeyCode::Char('q'), plain, false), Some(Action::End));
        assert_eq!(
            action(KeyCode::Char('q'), plain, true),
            Some(Action::Type('q'))
        );
        assert_eq!(
            action(KeyCode::Char('G'), KeyModifiers::SHIFT, false),
            Some(Action::Move(isize::MAX))
        );
        assert_eq!(action(KeyCode::Char('z'), plain, false), None);
    }

    #[test]
    fn control_c_ends_everywhere() {
        for is_typing in [false, true] {
            let key = action(KeyCode::Char('c'), KeyModifiers::CONTROL, is_typing);
            assert_eq!(key, Some(Action::End));
        }
    }

    #[test]
    fn a_key_that_is_let_go_means_nothing() {
        let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(action_of(&Event::Key(key), false), None);
    }
}
