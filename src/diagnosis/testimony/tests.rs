//! What testimony proves, and for how long it is remembered.

use super::*;
use crate::host::{OpenSocket, SocketInode};

fn second(second: i64) -> Timestamp {
    Timestamp::from_nanoseconds(second * 1_000_000_000)
}

fn server() -> Endpoint {
    Endpoint {
        address: "10.0.1.20".parse().unwrap(),
        port: 8080,
    }
}

fn listening_on(address: &str, waiting: u32) -> ListeningSocket {
    ListeningSocket {
        listener: Listener {
            socket: OpenSocket {
                inode: SocketInode(1),
                user: 0,
            },
            address: address.parse().unwrap(),
            is_only_ipv6: false,
            interface: None,
            waiting,
            most_waiting: 1,
        },
        process: None,
        interface: None,
    }
}

fn asked(outcome: Outcome, later: Duration, sockets: Vec<ListeningSocket>) -> Testimony {
    Testimony {
        at: second(10),
        fact: TestifiedFact::Listeners(ListenersAtEnd {
            server: server(),
            outcome,
            later,
            sockets,
        }),
    }
}

fn rose(since: i64, at: i64, rises: &[(Counter, u64)]) -> Testimony {
    Testimony {
        at: second(at),
        fact: TestifiedFact::CountersRose {
            since: second(since),
            rises: rises.to_vec(),
        },
    }
}

#[test]
fn a_queue_is_proved_full_by_table_and_counter_together() {
    let full = asked(
        Outcome::Dropped,
        Duration::ZERO,
        vec![listening_on("0.0.0.0", 2)],
    );
    let overflow = rose(1, 10, &[(Counter::ListenOverflows, 1)]);
    assert!(proves_full_accept_queue(&[full.clone(), overflow.clone()]));
    assert!(!proves_full_accept_queue(std::slice::from_ref(&full)));
    assert!(!proves_full_accept_queue(std::slice::from_ref(&overflow)));
    let other_address = asked(
        Outcome::Dropped,
        Duration::ZERO,
        vec![listening_on("127.0.0.1", 2)],
    );
    assert!(!proves_full_accept_queue(&[other_address, overflow]));
    let drops = rose(1, 10, &[(Counter::ListenDrops, 1)]);
    assert!(!proves_full_accept_queue(&[full, drops]));
}

#[test]
fn a_port_is_proved_closed_by_a_table_that_was_asked_soon() {
    let elsewhere = || vec![listening_on("127.0.0.1", 0)];
    let soon = Duration::from_millis(3);
    assert!(proves_closed_port(&[asked(
        Outcome::Refused,
        soon,
        elsewhere()
    )]));
    assert!(!proves_closed_port(&[asked(
        Outcome::Dropped,
        soon,
        elsewhere()
    )]));
    let late = Duration::from_secs(2);
    assert!(!proves_closed_port(&[asked(
        Outcome::Refused,
        late,
        elsewhere()
    )]));
    let taken = [asked(
        Outcome::Refused,
        soon,
        vec![listening_on("0.0.0.0", 0)],
    )];
    assert!(!proves_closed_port(&taken) && shows_listener_of_refused(&taken));
}

#[test]
fn counters_that_rose_again_and_again_are_told_once() {
    let mut testimonies = Testimonies::default();
    testimonies.take_of_host(vec![
        rose(10, 16, &[(Counter::ListenDrops, 3)]),
        rose(11, 16, &[(Counter::ListenOverflows, 3)]),
        rose(100, 101, &[(Counter::ListenOverflows, 1)]),
    ]);
    let both = [(Counter::ListenOverflows, 4), (Counter::ListenDrops, 3)];
    assert_eq!(testimonies.counters_risen(), Some(rose(10, 101, &both)));
    testimonies.forget_of_host_before(second(50));
    let last = [(Counter::ListenOverflows, 1)];
    assert_eq!(testimonies.counters_risen(), Some(rose(100, 101, &last)));
    testimonies.forget_of_host_before(second(102));
    assert_eq!(testimonies.counters_risen(), None);
}

#[test]
fn of_a_server_the_latest_testimony_counts() {
    let mut testimonies = Testimonies::default();
    let refused = asked(Outcome::Refused, Duration::ZERO, Vec::new());
    let dropped = asked(Outcome::Dropped, Duration::ZERO, Vec::new());
    testimonies.take(AttemptId(1), vec![refused.clone()]);
    testimonies.take(AttemptId(2), vec![dropped.clone()]);
    testimonies.take(AttemptId(3), Vec::new());
    assert_eq!(testimonies.of_attempt(AttemptId(1)), [refused]);
    assert_eq!(testimonies.of_server(server()), [dropped]);
    assert_eq!(testimonies.of_attempt(AttemptId(3)), []);
}

#[test]
fn what_the_reverse_path_filter_dropped_is_counted_alone() {
    let of_filter = Counter::IpReversePathFilter;
    for (rises, dropped) in [
        (&[(of_filter, 3)][..], 3),
        (&[(Counter::ListenDrops, 4), (of_filter, 1)], 1),
        (&[(Counter::ListenDrops, 4)], 0),
        (&[], 0),
    ] {
        assert_eq!(
            dropped_by_reverse_path_filter(&[rose(1, 10, rises)]),
            dropped
        );
    }
    assert_eq!(dropped_by_reverse_path_filter(&[]), 0);
}
