//! Findings that need more packets than a story can list.

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::command::run;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::json_on;
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    a_broken_service_comes_before_a_scan,
    a_scan_does_not_stain_the_service_that_it_touches,
    a_cluster_that_is_down_is_no_scan,
    unanswered_syns_of_many_strangers_are_a_flood_and_a_dead_service_is_not,
    a_flood_is_told_once,
    answers_to_a_forged_address_are_backscatter,
    next_steps_are_complete_commands,
    a_flood_of_few_sources_is_one_by_its_rate,
    what_is_said_of_several_servers_is_said_once,
    failing_checks_are_one_failure_of_their_port,
    failures_that_are_alike_are_one_paragraph,
];

/// A refused connect: SYN, and RST 100 us later.
fn refused(at_milliseconds: u64, client: SocketAddr, server: SocketAddr) -> [CapturedPacket; 2] {
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let rst = SegmentPlan {
        acknowledgment: 1001,
        window: 0,
        ..SegmentPlan::new(server, client, 0x14)
    };
    [(syn, 0), (rst, 100_000)].map(|(plan, delay)| {
        let bytes = plan.frame();
        CapturedPacket {
            nanoseconds: at_milliseconds * 1_000_000 + delay,
            wire_length: bytes.len(),
            bytes,
        }
    })
}

fn report(packets: &[CapturedPacket]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap_file(1, packets)).unwrap();
    json_on(&[path])
}

fn a_broken_service_comes_before_a_scan() {
    let mut packets = Vec::new();
    for port in 1..=200 {
        packets.extend(refused(
            u64::from(port),
            ([10, 9, 9, 9], 55555).into(),
            ([10, 0, 1, 20], port).into(),
        ));
    }
    for client in 1..=3 {
        packets.extend(refused(
            1000 + u64::from(client),
            ([10, 0, 0, client], 40000).into(),
            ([10, 0, 1, 21], 5432).into(),
        ));
    }
    let report = report(&packets);
    let kinds: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["never_listening", "port_scan"],
        "the scanned ports are told once"
    );
    assert_eq!(report["findings"][0]["server"], "10.0.1.21:5432");
    assert_eq!(report["findings"][0]["clients"], 3);
    assert_eq!(report["findings"][1]["attempts"], 200);
    assert_eq!(report["endpoints"][0]["server"], "10.0.1.21:5432");
    assert_eq!(report["endpoints"][0]["outcomes"]["refused"], 3);
    let failing = |endpoint: &&Value| endpoint["first_failure"] != Value::Null;
    let endpoints = report["endpoints"].as_array().unwrap();
    assert_eq!(
        endpoints.iter().filter(failing).count(),
        1,
        "scanned ports have not failed"
    );
    let folded: u64 = endpoints
        .iter()
        .map(|endpoint| endpoint["folded"].as_u64().unwrap())
        .sum();
    assert_eq!(folded, 200);
    assert_eq!(
        report["summary"]["refused"], 203,
        "what was seen is counted all the same"
    );
}

fn a_scan_does_not_stain_the_service_that_it_touches() {
    let service = SocketAddr::from(([10, 0, 1, 20], 5432));
    let mut packets = refused(10, ([10, 0, 0, 7], 40000).into(), service).to_vec();
    for port in 5400..5440 {
        packets.extend(refused(
            u64::from(port),
            ([10, 9, 9, 9], 55555).into(),
            ([10, 0, 1, 20], port).into(),
        ));
    }
    let report = report(&packets);
    let endpoint = &report["endpoints"][0];
    assert_eq!(endpoint["server"], "10.0.1.20:5432");
    assert_eq!(
        (&endpoint["attempts"], &endpoint["folded"]),
        (&1.into(), &1.into())
    );
    assert_eq!(endpoint["clients"], 1);
    assert_eq!(endpoint["first_failure"], endpoint["last_failure"]);
}

fn a_cluster_that_is_down_is_no_scan() {
    let mut packets = Vec::new();
    for round in 0..4 {
        for member in 1..=20_u8 {
            packets.extend(refused(
                round * 1000 + u64::from(member),
                (
                    [10, 0, 0, 7],
                    40000 + u16::from(member) + u16::try_from(round).unwrap() * 100,
                )
                    .into(),
                ([10, 0, 2, member], 9092).into(),
            ));
        }
    }
    let report = report(&packets);
    assert!(
        !kinds(&report).contains(&"port_scan"),
        "{:?}",
        kinds(&report)
    );
    assert_eq!(report["endpoints"][0]["attempts"], 4);
}

/// A SYN that is not answered, at so many milliseconds.
fn silent(at_milliseconds: u64, client: SocketAddr, server: SocketAddr) -> CapturedPacket {
    segment(at_milliseconds, &SegmentPlan::new(client, server, 0x02))
}

fn unanswered_syns_of_many_strangers_are_a_flood_and_a_dead_service_is_not() {
    let server = SocketAddr::from(([10, 0, 1, 20], 443));
    let flood: Vec<CapturedPacket> = (0..250_u16)
        .map(|stranger| {
            let [high, low] = stranger.to_be_bytes();
            silent(
                u64::from(stranger),
                ([198, 18, high, low], 40000).into(),
                server,
            )
        })
        .chain([silent(
            9000,
            ([10, 0, 0, 7], 1).into(),
            ([10, 0, 0, 8], 1).into(),
        )])
        .collect();
    let flooded = report(&flood);
    assert_eq!(kinds(&flooded), ["syn_flood"]);
    let folded = |endpoint: &Value| endpoint["folded"].as_u64().unwrap();
    let endpoints = flooded["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.iter().map(folded).sum::<u64>(), 250);
    // Cut off before the patience is over, it is a flood all the same, and says nothing about who
    // is filtered.
    let cut_short = report(&flood[..250]);
    assert_eq!(cut_short["summary"]["pending"], 250);
    assert_eq!(kinds(&cut_short), ["syn_flood"]);
    // Forty clients that try again every half second, with time-outs shorter than the first
    // repetition.
    let mut down = Vec::new();
    for round in 0..8_u16 {
        for client in 0..40_u8 {
            let client = SocketAddr::from(([10, 0, 0, client], 40000 + round));
            down.push(silent(
                u64::from(round) * 500 + u64::from(client.port() % 7),
                client,
                server,
            ));
        }
    }
    down.push(silent(
        9000,
        ([10, 0, 0, 99], 1).into(),
        ([10, 0, 0, 98], 1).into(),
    ));
    let down = report(&down);
    assert!(!kinds(&down).contains(&"syn_flood"), "{:?}", kinds(&down));
    assert_eq!(down["endpoints"][0]["outcomes"]["dropped"], 320);
}

/// A segment with nothing special, at so many milliseconds.
fn segment(at_milliseconds: u64, plan: &SegmentPlan) -> CapturedPacket {
    let bytes = plan.frame();
    CapturedPacket {
        nanoseconds: at_milliseconds * 1_000_000,
        wire_length: bytes.len(),
        bytes,
    }
}

fn kinds(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect()
}

fn a_flood_is_told_once() {
    let server = SocketAddr::from(([10, 0, 1, 20], 443));
    let mut packets = Vec::new();
    for stranger in 0..60_u8 {
        let client = SocketAddr::from(([203, 0, 113, stranger], 40000));
        let at = u64::from(stranger);
        packets.push(segment(
            at,
            &SegmentPlan {
                sequence: 1,
                ..SegmentPlan::new(client, server, 0x02)
            },
        ));
        packets.push(segment(
            at,
            &SegmentPlan {
                acknowledgment: 2,
                ..SegmentPlan::new(server, client, 0x12)
            },
        ));
    }
    packets.push(segment(
        9000,
        &SegmentPlan::new(server, ([10, 0, 0, 1], 1).into(), 0x10),
    ));
    let report = report(&packets);
    assert_eq!(report["summary"]["half_open"], 60);
    assert_eq!(kinds(&report), ["syn_flood"]);
    assert_eq!(report["findings"][0]["clients"], 60);
}

fn answers_to_a_forged_address_are_backscatter() {
    let victim = SocketAddr::from(([10, 0, 0, 7], 40000));
    let answers: Vec<CapturedPacket> = (1..=12_u8)
        .map(|server| {
            let server = SocketAddr::from(([198, 51, 100, server], 80));
            segment(
                u64::from(server.port()),
                &SegmentPlan {
                    acknowledgment: 2,
                    ttl: 50,
                    ..SegmentPlan::new(server, victim, 0x14)
                },
            )
        })
        .collect();
    let report = report(&answers);
    assert_eq!(report["summary"]["partial"], 12);
    assert_eq!(kinds(&report), ["backscatter"]);
}

fn next_steps_are_complete_commands() {
    for path in crate::support::samples() {
        let report = json_on(&[path]);
        for finding in report["findings"].as_array().unwrap() {
            let steps = finding["next_steps"].as_array().unwrap();
            assert!(steps.len() <= 3);
            for step in steps {
                let run = step["run"].as_str().unwrap();
                let is_placeholder =
                    |word: &str| ["SERVER", "PORT", "CLIENT", "SERVICE"].contains(&word);
                assert!(
                    !run.split(|character: char| !character.is_alphanumeric())
                        .any(is_placeholder),
                    "{run}"
                );
            }
        }
    }
}

/// SYNs of five sources, so many milliseconds apart, each answered and left there; then three
/// connects of somebody else that are served.
fn left_half_open(milliseconds_apart: u64, options: &[u8]) -> Vec<CapturedPacket> {
    let server = SocketAddr::from(([10, 0, 1, 20], 443));
    let mut packets = Vec::new();
    for number in 0..300_u16 {
        let source = [198, 51, 100, u8::try_from(1 + number % 5).unwrap()];
        let client = SocketAddr::from((source, 2000 + number));
        let at = u64::from(number) * milliseconds_apart;
        packets.push(segment(
            at,
            &SegmentPlan {
                sequence: 1000,
                options: options.to_vec(),
                ..SegmentPlan::new(client, server, 0x02)
            },
        ));
        let answer = SegmentPlan {
            sequence: 9000,
            acknowledgment: 1001,
            ..SegmentPlan::new(server, client, 0x12)
        };
        packets.push(segment(at, &answer));
        packets.push(segment(at + 1000, &answer));
    }
    let last = 300 * milliseconds_apart;
    for number in 0..3 {
        let client = SocketAddr::from(([10, 0, 0, 7], 40_000 + number));
        packets.extend(served(last + u64::from(number), client, server));
    }
    packets.push(silent(
        last + 20_000,
        ([10, 0, 0, 8], 1).into(),
        ([10, 0, 0, 9], 1).into(),
    ));
    packets.sort_by_key(|packet| packet.nanoseconds);
    packets
}

fn served(at_milliseconds: u64, client: SocketAddr, server: SocketAddr) -> [CapturedPacket; 4] {
    let plan = |from, to, flags, sequence, acknowledgment, payload_length| SegmentPlan {
        sequence,
        acknowledgment,
        payload_length,
        ..SegmentPlan::new(from, to, flags)
    };
    [
        plan(client, server, 0x02, 1000, 0, 0),
        plan(server, client, 0x12, 9000, 1001, 0),
        plan(client, server, 0x18, 1001, 9001, 9),
        plan(server, client, 0x18, 9001, 1010, 9),
    ]
    .map(|plan| segment(at_milliseconds, &plan))
}

/// MSS alone, as tools send it; MSS and timestamps, as Linux, macOS and BSD do.
const OF_A_TOOL: [u8; 4] = [2, 4, 5, 180];
const OF_A_SYSTEM: [u8; 16] = [2, 4, 5, 180, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1];

fn a_flood_of_few_sources_is_one_by_its_rate() {
    let flooded = report(&left_half_open(10, &OF_A_TOOL));
    assert_eq!(kinds(&flooded), ["syn_flood"]);
    assert_eq!(flooded["findings"][0]["attempts"], 300);
    assert_eq!(flooded["findings"][0]["clients"], 5);
    let service = of_service(&flooded);
    assert_eq!(service["folded"], 300, "no failures of the service");
    assert_eq!(service["outcomes"]["established"], 3);

    // The sound twins: systems whose ACKs do not arrive, and a program that asks now and then.
    for sound in [
        left_half_open(10, &OF_A_SYSTEM),
        left_half_open(500, &OF_A_TOOL),
    ] {
        let report = report(&sound);
        assert!(
            !kinds(&report).contains(&"syn_flood"),
            "{:?}",
            kinds(&report)
        );
        assert_eq!(of_service(&report)["folded"], 0);
    }
}

fn of_service(report: &Value) -> &Value {
    let mut endpoints = report["endpoints"].as_array().unwrap().iter();
    endpoints
        .find(|one| one["server"] == "10.0.1.20:443")
        .unwrap()
}

fn what_is_said_of_several_servers_is_said_once() {
    let client = |number: u16| SocketAddr::from(([10, 0, 0, 7], 40_000 + number));
    let refused_by = |servers: &[([u8; 4], u16)]| {
        let mut packets = Vec::new();
        for (number, server) in (0..).zip(servers) {
            let at = u64::from(number) * 100;
            packets.extend(refused(at, client(number), (*server).into()));
            packets.extend(refused(at + 5000, client(100 + number), (*server).into()));
        }
        packets.sort_by_key(|packet: &CapturedPacket| packet.nanoseconds);
        report(&packets)
    };
    let host = [10, 0, 1, 20];
    let ports = refused_by(&[(host, 80), (host, 515), (host, 9100)]);
    assert_eq!(kinds(&ports), ["never_listening"]);
    let finding = &ports["findings"][0];
    assert_eq!(
        (&finding["attempts"], &finding["clients"]),
        (&6.into(), &1.into())
    );
    let statement = finding["statement"].as_str().unwrap();
    for port in [
        "10.0.1.20:80,",
        "10.0.1.20:515,",
        "10.0.1.20:9100 refused all 6 connects",
    ] {
        assert!(statement.contains(port), "{statement}");
    }
    let endpoints = ports["endpoints"].as_array().unwrap();
    assert!(
        endpoints
            .iter()
            .all(|endpoint| endpoint["findings"] == serde_json::json!([1]))
    );
    let cluster = refused_by(&[
        ([10, 0, 1, 20], 9092),
        ([10, 0, 1, 21], 9092),
        ([10, 0, 1, 22], 9092),
    ]);
    assert_eq!(kinds(&cluster), ["never_listening"]);

    // Two may have a reason each.
    let two = refused_by(&[(host, 80), ([10, 0, 1, 21], 9092)]);
    assert_eq!(kinds(&two), ["never_listening", "never_listening"]);
}

/// A load balancer asks every second, and is refused: that is a failure of the port, said once.
fn failing_checks_are_one_failure_of_their_port() {
    let of_thirty = |milliseconds: fn(u64) -> u64| {
        let server = SocketAddr::from(([10, 0, 1, 20], 8080));
        let mut packets = Vec::new();
        for number in 0..30_u16 {
            let client = SocketAddr::from(([10, 0, 0, 7], 41_000 + number));
            packets.extend(refused(milliseconds(number.into()), client, server));
        }
        report(&packets)
    };
    let even = of_thirty(|number| number * 1000);
    assert_eq!(kinds(&even), ["never_listening"]);
    assert_eq!(even["findings"][0]["attempts"], 30);
    assert_eq!(even["endpoints"][0]["outcomes"]["refused"], 30);
    let said = even["findings"][0]["evidence"].to_string();
    assert!(
        said.contains("all are connects of 10.0.0.7, one every 1"),
        "{said}"
    );
    // Connects of people come as they like.
    let odd = of_thirty(|number| number * number * 37 % 60_000);
    assert_eq!(kinds(&odd), ["never_listening"]);
    let said = odd["findings"][0]["evidence"].to_string();
    assert!(!said.contains("one every"), "{said}");
}

fn failures_that_are_alike_are_one_paragraph() {
    let server = SocketAddr::from(([10, 0, 1, 20], 8080));
    let mut packets = Vec::new();
    for number in 0..30_u16 {
        let client = SocketAddr::from(([10, 0, 0, 7], 41_000 + number));
        packets.extend(refused(u64::from(number) * 1000, client, server));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap_file(1, &packets)).unwrap();
    let path = path.to_str().unwrap();
    let text = |arguments: &[&str]| {
        let all = [&["read", path][..], arguments].concat();
        run(&all).stdout
    };
    let usual = text(&[]);
    assert_eq!(usual.matches("refused: RST after").count(), 1, "{usual}");
    assert!(usual.contains("29 like it: attempts 3, 5, 7"), "{usual}");
    assert!(!usual.contains("more not shown"), "{usual}");
    let markdown = text(&["-F", "markdown"]);
    assert!(
        markdown.contains("| 1, and 29 like it: attempts 3, 5, 7"),
        "{markdown}"
    );
    // Who asks for certain outcomes gets each by itself.
    let singly = text(&["--outcome", "refused", "--max-attempts", "0"]);
    assert_eq!(singly.matches("refused: RST after").count(), 30, "{singly}");
}
