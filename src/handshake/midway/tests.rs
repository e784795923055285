//! Connections that had begun, as rows.

use super::*;
use crate::capture::{PacketNumber, SourceId};
use crate::decode::{
    CaptureFacts, Contexts, Encapsulation, IpFacts, Segment, TcpFlags, TcpOptions,
};

fn row(at_seconds: i64, is_from_client: bool, flags: u16, payload_length: u32) -> Row {
    let client = Endpoint {
        address: "10.0.0.7".parse().unwrap(),
        port: 41_000,
    };
    let server = Endpoint {
        address: "10.0.1.20".parse().unwrap(),
        port: 443,
    };
    let (source, destination) = if is_from_client {
        (client, server)
    } else {
        (server, client)
    };
    let number = |client, server| SequenceNumber(if is_from_client { client } else { server });
    let segment = Segment {
        source,
        destination,
        ip: IpFacts {
            ttl: 64,
            identification: Some(1),
            dont_fragment: Some(true),
            traffic_class: 0,
            flow_label: None,
            capture: CaptureFacts::default(),
        },
        encapsulation: Encapsulation::default(),
        sequence: number(5000, 9000),
        acknowledgment: number(9000, 5100),
        flags: TcpFlags(flags),
        window: Some(500),
        payload_length,
        options: TcpOptions::default(),
        is_whole: true,
    };
    let place = PacketPlace {
        at: Timestamp::from_nanoseconds(at_seconds * 1_000_000_000),
        source: SourceId(0),
        number: PacketNumber(1),
    };
    let mut addresses = AddressPairs::default();
    Row::of_segment(&segment, place, &Contexts::default(), &mut addresses).unwrap()
}

fn failures(rows: &[Row]) -> Vec<MidwayEnding> {
    let mut midway = Midway::default();
    let addresses = AddressPairs::default();
    let noted = rows.iter().map(|row| midway.note(row, &addresses, None));
    let mut failures: Vec<MidwayFailure> = noted.flatten().collect();
    failures.extend(midway.finish());
    failures.iter().map(|failure| failure.ending).collect()
}

fn silence(times: u8) -> MidwayEnding {
    let payload = 90;
    MidwayEnding::Silence { times, payload }
}

fn resets(rows: &[Row]) -> usize {
    let resets = failures(rows).into_iter();
    resets
        .filter(|ending| *ending == MidwayEnding::Reset)
        .count()
}

const DATA: u16 = 0x18;
const RESET: u16 = 0x14;

#[test]
fn a_request_on_an_old_connection_is_reset() {
    assert_eq!(
        resets(&[row(1, true, DATA, 90), row(1, false, RESET, 0)]),
        1
    );
}

#[test]
fn so_is_one_after_idleness_and_none_amid_a_conversation() {
    let conversation = [row(1, true, DATA, 90), row(1, false, DATA, 90)];
    let after = |pause: i64| {
        [
            row(1 + pause, true, DATA, 90),
            row(1 + pause, false, RESET, 0),
        ]
    };
    assert_eq!(resets(&[conversation, after(60)].concat()), 1);
    assert_eq!(resets(&[conversation, after(1)].concat()), 0);
}

#[test]
fn a_client_that_goes_away_is_no_such_reset() {
    assert_eq!(
        resets(&[row(1, false, DATA, 90), row(1, true, RESET, 0)]),
        0
    );
    let closed = [row(1, false, 0x11, 0), row(9, true, DATA, 9)];
    let reset = [row(9, false, RESET, 0)];
    assert_eq!(resets(&[closed.as_slice(), &reset].concat()), 0);
}

/// An exchange, and after an hour a request that is sent at these seconds.
fn repeated(seconds: &[i64]) -> Vec<Row> {
    let exchange = [row(1, true, DATA, 90), row(1, false, DATA, 90)];
    let again = seconds.iter().map(|at| row(3600 + at, true, DATA, 90));
    exchange.into_iter().chain(again).collect()
}

#[test]
fn a_request_that_is_repeated_in_vain_is_told_once() {
    assert_eq!(failures(&repeated(&[0, 1, 3])), []);
    let to_the_end = failures(&repeated(&[0, 1, 3, 7]));
    assert_eq!(to_the_end, [silence(4)]);
    let for_long = failures(&repeated(&[0, 1, 3, 7, 15, 31, 63]));
    assert_eq!(for_long, [silence(6)]);
    let until_given_up = [repeated(&[0, 1, 3, 7]), vec![row(3611, true, RESET, 0)]];
    assert_eq!(failures(&until_given_up.concat()), [silence(4)]);
}

#[test]
fn what_is_too_large_is_repeated_without_a_push() {
    let begun = Begun {
        server: "10.0.1.20:443"
            .parse()
            .map(|server: std::net::SocketAddr| Endpoint {
                address: server.ip(),
                port: server.port(),
            })
            .unwrap(),
        at: Timestamp::from_nanoseconds(0),
        isn: SequenceNumber(4000),
    };
    let large = [1, 2, 4, 8].map(|at| row(at, true, 0x10, 1448));
    let failing = |begun| {
        let mut midway = Midway::default();
        let addresses = AddressPairs::default();
        for row in &large {
            assert_eq!(midway.note(row, &addresses, begun), None);
        }
        midway.finish().len()
    };
    assert_eq!(failing(Some(begun)), 1);
    let isn = SequenceNumber(4000_u32.wrapping_sub(1 << 20));
    assert_eq!(failing(Some(Begun { isn, ..begun })), 0, "amid an upload");
    assert_eq!(failing(None), 0);
}

#[test]
fn whatever_comes_of_the_other_side_is_no_silence() {
    let acknowledged = [repeated(&[0, 1, 3, 7]), vec![row(3608, false, 0x10, 0)]];
    assert_eq!(failures(&acknowledged.concat()), []);
    let window_is_shut = [
        row(1, true, DATA, 90),
        row(2, true, DATA, 90),
        row(2, false, 0x10, 0),
        row(4, true, DATA, 90),
        row(4, false, 0x10, 0),
        row(8, true, DATA, 90),
        row(8, false, 0x10, 0),
        row(16, true, DATA, 90),
        row(16, false, 0x10, 0),
    ];
    assert_eq!(failures(&window_is_shut), []);
}

#[test]
fn what_a_server_sends_to_a_client_that_is_gone_is_no_failure() {
    let pushed: Vec<Row> = [1, 2, 4, 8, 16]
        .into_iter()
        .map(|at| row(at, false, DATA, 90))
        .collect();
    assert_eq!(failures(&pushed), []);
}
