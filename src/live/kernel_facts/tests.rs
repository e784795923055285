//! A watch beside a kernel that is made up: what is told, and what it comes to.

use std::collections::{BTreeMap, VecDeque as Queue};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use super::*;
use crate::capture::live::LiveSettings;
use crate::capture::{CapturedOn, LinkType, PacketNumber, PacketPlace, SourceId};
use crate::diagnosis::{Cause, Confidence, DiagnosedAttempt};
use crate::live::{GoOn, LiveEvent, LiveObserver, LiveWatch, LiveWatchSettings};

/// Says once what it was given.
#[derive(Clone, Debug, Default)]
struct MadeUpKernel(Arc<Mutex<Queue<KernelEvent>>>);

impl KernelTeller for MadeUpKernel {
    fn read(&mut self, _: Duration, each: &mut dyn FnMut(KernelEvent)) {
        for event in self.0.lock().unwrap().drain(..) {
            each(event);
        }
    }

    fn lost(&self) -> u64 {
        0
    }

    fn unheard(&self) -> &BTreeMap<&'static str, Duration> {
        const { &BTreeMap::new() }
    }

    fn tells_which_packets(&self) -> bool {
        true
    }

    fn tells_resets(&self) -> bool {
        true
    }
}

#[derive(Default)]
struct Told(Vec<DiagnosedAttempt>);

impl LiveObserver for Told {
    fn event(&mut self, event: &LiveEvent<'_>) {
        if let LiveEvent::Attempt { diagnosed, .. } = event {
            self.0.push((*diagnosed).clone());
        }
    }

    fn turn(&mut self, _: &LiveWatch, _: Duration) -> GoOn {
        GoOn::Yes
    }
}

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const RST_ACK: u8 = 0x14;
const ISN: u32 = 7000;

fn end(last: u8, port: u16) -> Endpoint {
    Endpoint {
        address: IpAddr::from([10, 0, 0, last]),
        port,
    }
}

fn client() -> Endpoint {
    end(7, 40_000)
}

fn server() -> Endpoint {
    end(20, 80)
}

/// What happens on the host 10.0.0.20, or that of the client, and what its kernel says.
struct World {
    watch: LiveWatch,
    kernel: MadeUpKernel,
    start: Timestamp,
    packets: u64,
    told: Told,
}

impl World {
    fn on(here: Endpoint) -> Self {
        let kernel = MadeUpKernel::default();
        let settings = LiveWatchSettings {
            tracker: crate::handshake::TrackerSettings::default(),
            selection: crate::diagnosis::Selection::default(),
            listed_attempts: 10,
            window: Duration::from_secs(900),
            tunnels: crate::decode::TunnelPorts::NONE,
        };
        let capture = LiveSettings {
            interfaces: vec!["eth0".to_owned()],
            ..LiveSettings::default()
        };
        let teller = Box::new(kernel.clone());
        let mut watch = LiveWatch::new(settings, &capture, None, Some(teller));
        watch.take_addresses([here.address]);
        Self {
            watch,
            kernel,
            start: HostClock::new().read().now,
            packets: 0,
            told: Told::default(),
        }
    }

    fn at(&self, microseconds: u64) -> Timestamp {
        self.start.after(Duration::from_micros(microseconds))
    }

    /// A segment of 40 bytes passes.
    fn segment(
        &mut self,
        microseconds: u64,
        ends: (Endpoint, Endpoint),
        flags: u8,
        numbers: (u32, u32),
    ) {
        let (IpAddr::V4(from), IpAddr::V4(to)) = (ends.0.address, ends.1.address) else {
            panic!("IPv4 is made up here");
        };
        let mut bytes = vec![2; 12];
        bytes.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend(from.octets());
        bytes.extend(to.octets());
        bytes.extend(ends.0.port.to_be_bytes());
        bytes.extend(ends.1.port.to_be_bytes());
        bytes.extend(numbers.0.to_be_bytes());
        bytes.extend(numbers.1.to_be_bytes());
        bytes.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
        self.packets += 1;
        let packet = Packet {
            place: PacketPlace {
                at: self.at(microseconds),
                source: SourceId(0),
                number: PacketNumber(self.packets),
            },
            captured_on: CapturedOn::default(),
            ..Packet::new(self.start, LinkType::ETHERNET, &bytes)
        };
        self.watch.take(&packet, &mut self.told);
    }

    fn syn(&mut self, microseconds: u64) {
        self.segment(microseconds, (client(), server()), SYN, (ISN, 0));
    }

    /// The host answers on another port: it lives.
    fn lives(&mut self, microseconds: u64) {
        let other = (end(8, 5000), end(20, 22));
        self.segment(microseconds, other, SYN, (1, 0));
        self.segment(microseconds + 9, (other.1, other.0), SYN_ACK, (5, 2));
        self.segment(microseconds + 99, other, 0x10, (2, 6));
    }

    fn reset(&mut self, microseconds: u64) {
        self.segment(microseconds, (server(), client()), RST_ACK, (0, ISN + 1));
    }

    fn says(&mut self, microseconds: u64, what: KernelAct) {
        let at = self.at(microseconds);
        self.kernel
            .0
            .lock()
            .unwrap()
            .push_back(KernelEvent { at, what });
    }

    /// The kernel drops what came in a few microseconds before.
    fn drops(&mut self, microseconds: u64, reason: &str, interface: &str, length: u32) {
        let reception = Reception {
            at: self.at(microseconds).before(Duration::from_micros(12)),
            until: self.at(microseconds),
            processor: 0,
            interface: interface.into(),
            length,
        };
        self.says(microseconds, KernelAct::Received(reception.clone()));
        let dropped = KernelAct::Dropped {
            reason: reason.into(),
            received: Some(reception),
        };
        self.says(microseconds, dropped);
    }

    fn end(mut self) -> Self {
        let last = self.at(3_500_000);
        self.watch.watched_until(last);
        self.watch.tell(&mut self.told);
        self
    }

    /// Why the connect to port 80 failed, how surely, and what the kernel was heard to say of it.
    #[track_caller]
    fn verdict(&self) -> ((Cause, Confidence), Vec<TestifiedFact>) {
        let those = self.told.0.iter();
        let mut those = those.filter(|told| told.decided.attempt.server == server());
        let told = those.next().expect("a verdict");
        let cause = told.cause().expect("a cause");
        let facts = told.testimony.iter().map(|told| told.fact.clone());
        ((cause.cause, cause.confidence), facts.collect())
    }
}

fn dropped(of: DroppedPacket, reason: &str, packets: u64, names_ends: bool) -> TestifiedFact {
    TestifiedFact::Kernel(KernelDeed::Dropped(KernelDrops {
        of,
        reason: reason.to_owned(),
        packets,
        names_ends,
    }))
}

#[test]
fn a_rst_that_the_kernel_sent_for_want_of_a_socket_is_a_closed_port() {
    let mut world = World::on(server());
    world.syn(0);
    let sent = KernelAct::Reset {
        source: server(),
        destination: client(),
        reason: "NO_SOCKET".into(),
    };
    world.says(11, sent);
    world.drops(14, "NO_SOCKET", "eth0", 40);
    world.reset(12);
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::ClosedPort, Confidence::Certain));
    let reason = "NO_SOCKET".to_owned();
    let sent = TestifiedFact::Kernel(KernelDeed::SentReset { reason });
    assert_eq!(
        facts,
        [sent],
        "that the SYN was thrown away then says nothing"
    );
}

#[test]
fn a_rst_of_other_ends_or_another_time_says_nothing() {
    for (microseconds, ends) in [
        (11, (client(), server())),
        (11, (end(21, 80), client())),
        (11, (server(), end(7, 40_001))),
        (9_000, (server(), client())),
    ] {
        let mut world = World::on(server());
        world.syn(0);
        world.reset(12);
        let sent = KernelAct::Reset {
            source: ends.0,
            destination: ends.1,
            reason: "NO_SOCKET".into(),
        };
        world.says(microseconds, sent);
        let (cause, facts) = world.end().verdict();
        assert_ne!(cause.1, Confidence::Certain, "{microseconds} {ends:?}");
        assert_eq!(facts, []);
    }
}

#[test]
fn a_dropped_syn_whose_rst_tcp_did_not_send_met_a_filter() {
    let mut world = World::on(server());
    world.syn(0);
    world.drops(10, "NETFILTER_DROP", "eth0", 40);
    world.reset(8);
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::FirewallReset, Confidence::Likely));
    assert_eq!(
        facts,
        [dropped(DroppedPacket::Syn, "NETFILTER_DROP", 1, false)]
    );
}

/// The kernel was heard before, and tells of a RST to somebody else at most.
#[test]
fn a_rst_that_tcp_surely_did_not_send_met_a_filter() {
    let sent = |world: &mut World, at, reason: &str| {
        let sent = KernelAct::Reset {
            source: end(20, 443),
            destination: end(9, 5000),
            reason: reason.into(),
        };
        world.says(at, sent);
    };
    for (other_at, is_sure) in [(None, true), (Some(20_000), true), (Some(61_000), false)] {
        let mut world = World::on(server());
        world.watch.ask_host();
        world.syn(60_000);
        world.reset(60_030);
        if let Some(at) = other_at {
            sent(&mut world, at, "NO_SOCKET");
        }
        let (cause, facts) = world.end().verdict();
        let told = TestifiedFact::Kernel(KernelDeed::SentNoReset);
        assert_eq!(facts == [told], is_sure, "{other_at:?} {facts:?}");
        let is_filter = cause == (Cause::FirewallReset, Confidence::Likely);
        assert_eq!(is_filter, is_sure, "{other_at:?} {cause:?}");
    }
}

/// It is not this host's TCP that would send it.
#[test]
fn a_rst_of_another_host_is_not_said_to_be_missing() {
    let mut world = World::on(client());
    world.watch.ask_host();
    world.syn(60_000);
    world.reset(60_030);
    let (cause, facts) = world.end().verdict();
    assert_eq!(facts, []);
    assert_ne!(cause.1, Confidence::Certain);
}

#[test]
fn syns_dropped_again_and_again_are_certain_and_one_is_likely() {
    for (times, confidence) in [(1, Confidence::Likely), (2, Confidence::Certain)] {
        let mut world = World::on(server());
        world.lives(100);
        for time in 0..2 {
            let at = 1_000_000 * time + 1000;
            world.syn(at);
            if time < times {
                world.drops(at + 10, "IP_RPFILTER", "eth0", 40);
            }
        }
        let (cause, facts) = world.end().verdict();
        assert_eq!(cause, (Cause::DroppedHere, confidence));
        assert_eq!(
            facts,
            [dropped(DroppedPacket::Syn, "IP_RPFILTER", times, false)]
        );
    }
}

/// Where somebody on the host asks for times of packets (a time server does), they are stamped before
/// the kernel says that they came in.
#[test]
fn packets_that_are_stamped_early_are_known_when_what_came_later_was_read() {
    let mut world = World::on(server());
    world.lives(100);
    for at in [1000, 1_001_000] {
        world.syn(at);
        world.drops(at + 30, "NETFILTER_DROP", "eth0", 40);
    }
    world.lives(1_100_000);
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::DroppedHere, Confidence::Certain));
    let told = dropped(DroppedPacket::Syn, "NETFILTER_DROP", 2, false);
    assert_eq!(facts, [told]);
}

/// By another interface, of another length, at another time; or two were captured or came in that
/// fit.
#[test]
fn what_may_be_another_packet_is_only_counted() {
    for (delay, interface, length, doubles) in [
        (10, "eth1", 40, (false, false)),
        (10, "eth0", 60, (false, false)),
        (2_000, "eth0", 40, (false, false)),
        (10, "eth0", 40, (true, false)),
        (10, "eth0", 40, (false, true)),
    ] {
        let mut world = World::on(server());
        world.lives(100);
        world.syn(1000);
        // In another namespace, by an interface of the same name.
        if doubles.1 {
            let other = Reception {
                at: world.at(996),
                until: Timestamp::LATEST,
                processor: 1,
                interface: interface.into(),
                length,
            };
            world.says(996, KernelAct::Received(other));
        }
        if doubles.0 {
            world.segment(1003, (end(9, 6000), server()), SYN, (9, 0));
        }
        world.drops(1000 + delay, "NETFILTER_DROP", interface, length);
        world.syn(1_001_000);
        std::thread::sleep(LONGEST_WAIT + Duration::from_millis(100));
        let (cause, facts) = world.end().verdict();
        assert!(
            cause.0 != Cause::DroppedHere && cause.1 != Confidence::Certain,
            "{cause:?} {interface} {length}"
        );
        let [TestifiedFact::KernelDrops(counted)] = facts.as_slice() else {
            panic!("{facts:?} {interface} {length}");
        };
        assert_eq!(counted.counts, [("NETFILTER_DROP".to_owned(), 1)]);
    }
}

/// The copy of a SYN that somebody else got is thrown away: the connect goes on.
#[test]
fn what_was_accepted_all_the_same_was_not_dropped() {
    let mut world = World::on(server());
    world.syn(0);
    world.drops(10, "NETFILTER_DROP", "eth0", 40);
    world.segment(20, (server(), client()), SYN_ACK, (300, ISN + 1));
    world.segment(90, (client(), server()), 0x10, (ISN + 1, 301));
    let world = world.end();
    let failed = world.told.0.iter().filter(|told| told.cause().is_some());
    assert_eq!(failed.count(), 0);
}

#[test]
fn a_syn_ack_that_the_clients_host_dropped_is_told_there() {
    let mut world = World::on(client());
    world.syn(0);
    for time in 0..2 {
        let at = 1_000_000 * time;
        if time > 0 {
            world.syn(at);
        }
        world.segment(at + 30, (server(), client()), SYN_ACK, (300, ISN + 1));
        world.drops(at + 40, "NETFILTER_DROP", "eth0", 40);
    }
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::DroppedHere, Confidence::Certain));
    assert_eq!(
        facts,
        [dropped(DroppedPacket::SynAck, "NETFILTER_DROP", 2, false)]
    );
}

#[test]
fn a_wrong_checksum_is_certain_with_its_ends() {
    let mut world = World::on(server());
    world.lives(100);
    world.syn(1000);
    let refused = KernelAct::Refused {
        source: client(),
        destination: server(),
        reason: "TCP_CSUM",
    };
    world.says(1006, refused);
    world.drops(1010, "TCP_CSUM", "eth0", 40);
    world.syn(1_001_000);
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::WrongChecksum, Confidence::Certain));
    assert_eq!(facts, [dropped(DroppedPacket::Syn, "TCP_CSUM", 1, true)]);
}

#[test]
fn no_route_to_the_client_is_no_way_back() {
    let mut world = World::on(server());
    world.lives(100);
    world.syn(1000);
    let no_route = KernelAct::NoRoute {
        source: server(),
        destination: client(),
    };
    world.says(1006, no_route);
    world.syn(1_001_000);
    let (cause, facts) = world.end().verdict();
    assert_eq!(cause, (Cause::NoWayBack, Confidence::Certain));
    assert_eq!(facts, [TestifiedFact::Kernel(KernelDeed::NoRoute)]);
}

#[test]
fn a_rst_of_the_client_that_has_no_such_socket_is_told_so() {
    let mut world = World::on(client());
    world.syn(0);
    world.segment(30, (server(), client()), SYN_ACK, (300, ISN + 1));
    let sent = KernelAct::Reset {
        source: client(),
        destination: server(),
        reason: "NO_SOCKET".into(),
    };
    world.says(33, sent);
    world.segment(35, (client(), server()), 0x04, (ISN + 1, 0));
    let (cause, _) = world.end().verdict();
    assert_eq!(cause, (Cause::UnknownToClient, Confidence::Certain));
}

#[test]
fn reasons_are_counted_in_bounded_memory() {
    let mut counts = KernelCounts::default();
    for number in 0..1000 {
        counts.count_dropped(&format!("REASON_{number}"));
    }
    assert_eq!(counts.dropped.values().sum::<u64>(), 1000);
    assert!(counts.dropped.len() <= 257 && counts.dropped["other"] == 744);
    let mut history = History::default();
    let second = |second: i64| Timestamp::from_nanoseconds(second * 1_000_000_000);
    for at in 0..1000 {
        history.add(second(at), "XDP");
    }
    let since = |at| match history.since(second(at), second(1000)).unwrap().fact {
        TestifiedFact::KernelDrops(counted) => counted.counts[0].1,
        fact => panic!("{fact:?}"),
    };
    assert_eq!((since(0), since(997)), (180, 4));
}
