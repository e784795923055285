//! Screens, drawn from captures of a real kernel; colours apart.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::draw;
use crate::analysis::{AnalysisSettings, analyse};
use crate::capture::live::{InterfaceChange, InterfaceNews, Losses};
use crate::capture::{CaptureSet, Timestamp};
use crate::cli::live::dashboard::keys::Action;
use crate::cli::live::dashboard::look::Look;
use crate::cli::live::dashboard::seen::Seen;
use crate::cli::live::dashboard::state::State;
use crate::live::LiveEvent;
use crate::report::text::ladder::Alphabet;
use crate::report::{CaptureTotals, Report, Settings, TimeZoneChoice, Tool};

/// After a watch in which all this was seen.
pub(in crate::cli::live::dashboard) fn state_after(captures: &[&str]) -> State {
    let mut seen = Seen::new(shell(), &["eth0".to_owned(), "eth1".to_owned()]);
    seen.running = Duration::from_secs(754);
    for capture in captures {
        let path = format!("{}/samples/{capture}", env!("CARGO_MANIFEST_DIR"));
        let mut opened = CaptureSet::open(&[path.into()]);
        let settings = AnalysisSettings::default();
        let (capture, diagnosis) = analyse(&mut opened.captures, &settings);
        seen.now = seen.now.max(capture.last.unwrap());
        seen.packets += capture.packets;
        for (second, diagnosed) in (0..).zip(&diagnosis.attempts) {
            let attempt = &diagnosed.decided.attempt;
            let names = (
                diagnosis.names.of(attempt.client.address),
                diagnosis.names.of(attempt.server.address),
            );
            seen.note(&LiveEvent::Attempt {
                diagnosed,
                before: None,
                is_doubtful: false,
                names,
            });
            seen.outcomes.add(diagnosed.decided.judgement.outcome);
            let outcomes = seen.outcomes;
            seen.series.take(Duration::from_secs(second / 3), &outcomes);
        }
        let servers = seen.servers.clone();
        let findings = [seen.findings.clone(), diagnosis.findings.clone()].concat();
        seen.take_overview(diagnosis);
        if captures.len() > 1 {
            seen.servers = servers;
            seen.findings = findings;
        }
    }
    let look = Look {
        color: true,
        alphabet: Alphabet::Unicode,
    };
    State::new(seen, look, TimeZoneChoice::Utc)
}

fn shell() -> Report {
    Report {
        tool: Tool {
            version: "0.0.0",
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture: CaptureTotals::default(),
        diagnosis: crate::diagnosis::Diagnosis::default(),
        settings: Settings::default(),
        shows_names: true,
        handover: crate::report::Handover::default(),
    }
}

const SEVERAL: [&str; 6] = [
    "service-restart.pcap",
    "closed-port-ipv6.pcap",
    "router-any-sll2.pcap",
    "prohibited-by-router.pcap",
    "half-open.pcap",
    "accept-then-reset.pcap",
];

fn terminal_of(state: &mut State, columns: u16, lines: u16) -> Terminal<TestBackend> {
    state.size = (columns, lines);
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();
    terminal
}

fn screen(state: &mut State, columns: u16, lines: u16) -> String {
    terminal_of(state, columns, lines).backend().to_string()
}

/// Compares with the screen that was looked at.
#[track_caller]
fn assert_screen(name: &str, state: &mut State, columns: u16, lines: u16) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/snapshots/dashboard"
    ));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let drawn = screen(state, columns, lines);
    settings.bind(|| insta::assert_snapshot!(name, drawn));
}

fn pressed(state: &mut State, actions: &[Action]) {
    for action in actions {
        state.apply(*action);
    }
}

#[test]
fn a_usual_terminal() {
    assert_screen("usual", &mut state_after(&SEVERAL), 80, 24);
}

#[test]
fn a_large_terminal() {
    assert_screen("large", &mut state_after(&SEVERAL), 200, 50);
}

#[test]
fn a_terminal_that_is_too_small() {
    assert_screen("too-small", &mut state_after(&SEVERAL), 40, 10);
}

#[test]
fn seven_bits() {
    let mut state = state_after(&SEVERAL);
    state.look.alphabet = Alphabet::Ascii;
    assert_screen("ascii", &mut state, 80, 24);
    assert!(
        screen(&mut state, 80, 24)
            .lines()
            .all(|line| line.trim_matches('"').is_ascii())
    );
}

#[test]
fn nothing_seen_yet() {
    let look = state_after(&[]).look;
    let seen = Seen::new(shell(), &["eth0".to_owned()]);
    let mut state = State::new(seen, look, TimeZoneChoice::Utc);
    assert_screen("nothing", &mut state, 80, 24);
}

#[test]
fn an_opened_attempt_is_a_ladder() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    pressed(
        &mut state,
        &[Action::NextPane, Action::Move(1), Action::Open],
    );
    assert_screen("attempt", &mut state, 80, 24);
}

#[test]
fn an_opened_server_and_finding() {
    let mut state = state_after(&["service-restart.pcap"]);
    pressed(&mut state, &[Action::Open]);
    assert_screen("server", &mut state, 80, 24);
    pressed(
        &mut state,
        &[Action::Close, Action::PreviousPane, Action::Open],
    );
    assert_screen("finding", &mut state, 80, 24);
}

#[test]
fn the_page_of_keys_fits() {
    let mut state = state_after(&[]);
    pressed(&mut state, &[Action::Help]);
    assert_screen("help", &mut state, 80, 24);
}

#[test]
fn losses_and_interfaces_that_are_down_are_not_overlooked() {
    let mut state = state_after(&["closed-port.pcap"]);
    let news = InterfaceNews {
        interface: "eth1".to_owned(),
        what: InterfaceChange::Down,
    };
    state.seen.note(&LiveEvent::Interface(news));
    let (more, total) = (losses(5, 0), losses(1_234_567, 8));
    state.seen.note(&LiveEvent::Lost { more, total });
    state.seen.note(&LiveEvent::ClockWasSet(-60_000_000_000));
    assert_screen("trouble", &mut state, 80, 24);
    pressed(&mut state, &[Action::News]);
    assert_screen("messages", &mut state, 80, 24);
}

fn losses(kernel: u64, interface: u64) -> Losses {
    Losses { kernel, interface }
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut state = state_after(&SEVERAL);
    let colors = |state: &mut State| {
        let terminal = terminal_of(state, 100, 30);
        let cells = terminal.backend().buffer().content().to_vec();
        cells
            .into_iter()
            .filter(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset))
            .count()
    };
    assert!(colors(&mut state) > 0);
    state.look.color = false;
    assert_eq!(colors(&mut state), 0);
}

/// Every size, every page: no panic, and no line that is cut in a wide character.
#[test]
fn any_size_can_be_drawn() {
    let mut state = state_after(&SEVERAL);
    state.seen.tell("日本語 \u{1b}[2J eth\u{202e}0 is down");
    let pages: [&[Action]; 6] = [
        &[],
        &[Action::Help],
        &[Action::News],
        &[Action::Close, Action::Open],
        &[Action::Close, Action::NextPane, Action::Open],
        &[Action::Close, Action::NextPane, Action::Open],
    ];
    for page in pages {
        pressed(&mut state, page);
        for columns in [1, 2, 17, 59, 60, 61, 79, 80, 120, 159, 160, 161, 300] {
            for lines in [1, 2, 15, 16, 17, 24, 60] {
                screen(&mut state, columns, lines);
                pressed(&mut state, &[Action::Move(3)]);
            }
        }
    }
}

#[test]
fn what_came_from_the_wire_steers_no_terminal() {
    let mut state = state_after(&["closed-port.pcap"]);
    let failure = state.seen.failures.newest_first().next().unwrap().clone();
    let hostile = "a\u{1b}]0;x\u{7}\u{202e}b";
    state.seen.note(&LiveEvent::Attempt {
        diagnosed: &failure.diagnosed,
        before: Some(failure.outcome()),
        is_doubtful: false,
        names: (None, Some(hostile)),
    });
    state.seen.now = Timestamp::default();
    pressed(&mut state, &[Action::NextPane]);
    let lists = screen(&mut state, 200, 50);
    pressed(&mut state, &[Action::Open]);
    let ladder = screen(&mut state, 200, 50);
    assert!(ladder.contains("a\\u{1b}]0;x\\u{7}\\u{202e}b"), "{ladder}");
    for drawn in [lists, ladder] {
        let is_unsafe = |character: char| {
            (character.is_control() && character != '\n') || character == '\u{202e}'
        };
        assert!(!drawn.contains(is_unsafe), "{drawn}");
    }
}
