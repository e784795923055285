//! What keys do, and how much is kept.

use super::draw::tests::state_after;
use super::keys::Action;
use super::state::{Opened, Pane, State};
use super::update::Effect;
use crate::decode::Endpoint;
use crate::handshake::{AttemptId, Outcome};
use crate::live::LiveEvent;
use crate::report::TimeZoneChoice;

fn typed(state: &mut State, text: &str) {
    state.apply(Action::Filter);
    for letter in text.chars() {
        state.apply(Action::Type(letter));
    }
    state.apply(Action::Accept);
}

/// What is known of the newest failure, as another attempt.
fn note_another(state: &mut State, id: u64, server: Endpoint, before: Option<Outcome>) {
    let newest = state.seen.failures.newest_first().next().unwrap();
    let mut diagnosed = newest.diagnosed.clone();
    diagnosed.decided.attempt.id = AttemptId(id);
    diagnosed.decided.attempt.server = server;
    state.seen.note(&LiveEvent::Attempt {
        diagnosed: &diagnosed,
        before,
        is_doubtful: false,
        names: (None, None),
    });
}

fn server(state: &State) -> Endpoint {
    state.lists().failures[0].server()
}

#[test]
fn a_filter_holds_for_all_lists() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    assert_eq!(state.lists().servers.len(), 2);
    typed(&mut state, "5432");
    let lists = state.lists();
    assert_eq!(lists.servers.len(), 1);
    assert_eq!(lists.failures.len(), 1);
    assert_eq!(lists.findings.len(), 1);
    assert_eq!(lists.servers[0].server.port, 5432);
    drop(lists);
    state.apply(Action::Close);
    assert_eq!(state.lists().servers.len(), 2);
}

#[test]
fn words_are_found_as_well_in_either_case() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    typed(&mut state, "REFUSED");
    assert_eq!(state.lists().failures.len(), 1);
    state.apply(Action::Filter);
    state.apply(Action::EraseAll);
    state.apply(Action::Type('q'));
    assert_eq!(state.view.filter, "q", "no key is a command then");
}

#[test]
fn what_is_frozen_stays_and_the_rest_goes_on() {
    let mut state = state_after(&["closed-port.pcap"]);
    let (before, at) = (state.lists().failures.len(), server(&state));
    state.apply(Action::Freeze);
    note_another(&mut state, 1000, at, None);
    assert_eq!(state.lists().failures.len(), before);
    state.apply(Action::Freeze);
    assert_eq!(state.lists().failures.len(), before + 1);
}

#[test]
fn an_opened_server_leads_to_its_failures() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    state.apply(Action::Move(1));
    let wanted = state.lists().servers[1].server;
    state.apply(Action::Open);
    assert!(matches!(state.view.opened, Some(Opened::Server(server)) if server == wanted));
    state.apply(Action::Open);
    assert_eq!(state.view.focus, Pane::Failures);
    let lists = state.lists();
    assert!(!lists.failures.is_empty());
    assert!(
        lists
            .failures
            .iter()
            .all(|failure| failure.server() == wanted)
    );
}

#[test]
fn what_is_opened_stays_open_and_scrolls_to_its_end_only() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    state.apply(Action::NextPane);
    state.apply(Action::Open);
    let Some(Opened::Attempt(opened)) = state.view.opened.clone() else {
        panic!("no attempt: {:?}", state.view.opened);
    };
    note_another(&mut state, 1000, opened.server(), None);
    assert!(
        matches!(&state.view.opened, Some(Opened::Attempt(still)) if still.id() == opened.id())
    );
    state.apply(Action::Move(isize::MAX));
    let end = state.view.scroll;
    assert!(end > 0 && end < 100, "{end}");
    state.apply(Action::Move(1));
    assert_eq!(state.view.scroll, end);
    state.apply(Action::Resize(200, 100));
    assert_eq!(state.view.scroll, 0, "all of it fits now");
}

#[test]
fn a_correction_replaces_what_was_told() {
    let mut state = state_after(&["router-any-sll2.pcap"]);
    let (length, failure) = {
        let lists = state.lists();
        (lists.failures.len(), lists.failures[0].clone())
    };
    let failed = |state: &State| {
        let row = state.seen.servers.get(failure.server());
        row.map(|row| row.outcomes.failed())
    };
    assert_eq!(failed(&state), Some(1));
    let mut diagnosed = failure.diagnosed.clone();
    diagnosed.decided.judgement.outcome = Outcome::Established;
    state.seen.note(&LiveEvent::Attempt {
        diagnosed: &diagnosed,
        before: Some(failure.outcome()),
        is_doubtful: false,
        names: (None, None),
    });
    assert_eq!(failed(&state), Some(0));
    let lists = state.lists();
    assert_eq!(lists.failures.len(), length);
    assert!(lists.failures[0].what().contains("(not dropped)"));
    assert!(
        lists
            .servers
            .iter()
            .all(|row| row.server != failure.server())
    );
}

#[test]
fn keys_wish_for_what_the_view_cannot_do() {
    let mut state = state_after(&[]);
    assert_eq!(state.apply(Action::WriteReport), Some(Effect::WriteReport));
    assert_eq!(state.apply(Action::End), Some(Effect::End));
    assert_eq!(state.apply(Action::SwitchZone), None);
    assert_eq!(state.view.zone, TimeZoneChoice::Local);
}

#[test]
fn a_flood_of_failures_stays_small() {
    let mut state = state_after(&["closed-port.pcap"]);
    let mut at = server(&state);
    for id in 0..30_000_u32 {
        at.address = std::net::Ipv4Addr::from(id).into();
        note_another(&mut state, u64::from(id) + 1000, at, None);
        state.seen.tell("something happened");
    }
    assert_eq!(state.lists().failures.len(), 500);
    assert_eq!(state.lists().servers.len(), 10_000);
    assert_eq!(state.seen.news.len(), 200);
    state.apply(Action::Move(isize::MAX));
    state.apply(Action::Sort);
    assert_eq!(state.lists().servers.len(), 10_000);
}
