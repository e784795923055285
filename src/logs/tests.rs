//! What holds for every line: whatever is cut off or changed, nothing is read that it does not say.

use proptest::prelude::*;

use super::{LogReader, ReadLine, Saying, WantedPorts};

/// Lines of every kind that names both ends of a connect, or its server.
const LINES: [&str; 15] = [
    "Nov 20 14:00:00 fw kernel: [UFW BLOCK] IN=eth0 OUT= MAC=02:00 SRC=10.0.0.7 DST=10.0.1.20 \
     LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=100 DF PROTO=TCP SPT=51234 DPT=5432 WINDOW=64240 \
     RES=0x00 SYN URGP=0 ",
    "<4>1 2026-11-20T14:00:00.123456+01:00 fw kernel - - - drop IN= OUT=eth0 SRC=2001:db8::7 \
     DST=2001:db8::20 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=7 PROTO=TCP SPT=51234 DPT=5432 \
     WINDOW=64800 RES=0x00 SYN URGP=0",
    "2026-11-20 14:00:00.000400 rule 12/0(match): block in on em0: 10.0.0.7.51234 > \
     10.0.1.20.5432: Flags [S], seq 1000, win 64240, length 0",
    "Nov 20 2026 14:00:00 fw1 : %ASA-4-106023: Deny tcp src outside:10.0.0.7/51234 dst \
     inside:10.0.1.20/5432 by access-group \"outside_in\" [0x0, 0x0]",
    "Nov 20 14:00:00 10.9.9.9 %ASA-6-302013: Built inbound TCP connection 7 for \
     outside:10.0.0.7/51234 (10.0.0.7/51234) to inside:10.0.1.20/5432 (10.0.1.20/5432)",
    "1,2026/11/20 14:00:02,0011C1,TRAFFIC,drop,2561,2026/11/20 14:00:02,10.0.0.7,10.0.1.20,\
     0.0.0.0,0.0.0.0,no-database,,,not-applicable,vsys1,untrust,trust,ethernet1/1,,fwd,\
     2026/11/20 14:00:02,0,1,51234,5432,0,0,0x0,tcp,deny,74,74,0,1,2026/11/20 14:00:00,0,any",
    "2026/11/20 15:00:00 [error] 31#31: *7 connect() failed (111: Connection refused) while \
     connecting to upstream, client: 192.0.2.7, server: _, upstream: \"http://10.0.1.20:5432/\"",
    "Nov 20 14:00:00 lb haproxy[91]: 10.0.0.7:51234 [20/Nov/2026:14:00:00.002] in app/one \
     0/-1/3 0 SC 1/1/0/0/3 0/0",
    "Nov 20 14:00:00 pfSense filterlog[12345]: 4,,,1000000103,igb0,match,block,in,4,0x0,,64,100,0,\
     DF,6,tcp,60,10.0.0.7,10.0.1.20,51234,5432,0,S,1000,,64240,,mss;sackOK;TS",
    "<189>date=2026-11-20 time=15:00:00 devname=\"FGT60F\" eventtime=1795183200000400000 \
     tz=\"+0100\" type=\"traffic\" subtype=\"forward\" proto=6 action=\"deny\" policyid=0 \
     duration=0 srcip=10.0.0.7 srcport=51234 dstip=10.0.1.20 dstport=5432 sentbyte=0",
    "Nov 20 14:00:00 srx1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied \
     10.0.0.7/51234->10.0.1.20/5432 0x0 None 6(0) deny-all trust untrust UNKNOWN UNKNOWN N/A(N/A)",
    "<14>1 2026-11-20T14:00:00.123+00:00 srx1 RT_FLOW - RT_FLOW_SESSION_CREATE \
     [junos@2636.1.1.1.2.40 source-address=\"10.0.0.7\" source-port=\"51234\" \
     destination-address=\"10.0.1.20\" destination-port=\"5432\" protocol-id=\"6\" \
     policy-name=\"web\"]",
    "<134>1 2026-11-20T14:00:01Z gw1 CheckPoint 12345 - [action:\"Drop\"; ifdir:\"inbound\"; \
     ifname:\"eth1\"; time:\"1795183200\"; product:\"VPN-1 & FireWall-1\"; proto:\"6\"; \
     rule:\"12\"; src:\"10.0.0.7\"; dst:\"10.0.1.20\"; s_port:\"51234\"; service:\"5432\"; x:\"y\"]",
    "@;20Nov2026 14:00:00.123456;[cpu_1];[fw4_0];fw_log_drop_ex: Packet proto=6 10.0.0.7:51234 -> \
     10.0.1.20:5432 dropped by fw_handle_first_packet Reason: Rulebase drop - rule 12;",
    r#"{"__REALTIME_TIMESTAMP":"1795183200000310","_TRANSPORT":"kernel","MESSAGE":"drop IN=eth0 OUT= SRC=10.0.0.7 DST=10.0.1.20 LEN=60 ID=7 PROTO=TCP SPT=51234 DPT=5432 SYN URGP=0"}"#,
];

fn said(line: &[u8]) -> Option<Saying> {
    match LogReader::new(WantedPorts::all()).read(line, |_| true) {
        ReadLine::Record(record) => Some(record.saying),
        _ => None,
    }
}

/// The ports that the line names, and whether it is about the beginning of a connect.
fn ports(saying: &Saying) -> Option<Vec<u16>> {
    match saying {
        Saying::Filter(packet) => {
            let ports = vec![packet.source.port, packet.destination.port];
            (packet.segment != super::LoggedSegment::Other).then_some(ports)
        }
        Saying::Upstream(failure) => Some(vec![failure.server.port]),
        Saying::Session(session) => Some(vec![session.client.port]),
        _ => None,
    }
}

#[test]
fn all_these_lines_are_read() {
    for line in LINES {
        assert!(said(line.as_bytes()).is_some(), "{line}");
    }
}

/// Whoever is looked for: lines of packet filters without their ports are not read, all others are
/// as without looking for anybody.
#[test]
fn lines_of_other_ports_are_passed_over_and_no_others() {
    let read =
        |line: &str, ports: WantedPorts| LogReader::new(ports).read(line.as_bytes(), |_| true);
    let mut named = WantedPorts::default();
    named.add(51234, 5432);
    let mut others = WantedPorts::default();
    others.add(51235, 5432);
    let mut passed_over = 0;
    for line in LINES {
        let all = read(line, WantedPorts::all());
        assert_eq!(read(line, named.clone()), all, "{line}");
        match read(line, others.clone()) {
            ReadLine::OtherPorts(_) => passed_over += 1,
            other => assert_eq!(other, all, "{line}"),
        }
    }
    assert_eq!(passed_over, 10);
}

#[test]
fn a_line_that_is_cut_short_names_nobody_else() {
    for line in LINES {
        let whole = said(line.as_bytes())
            .and_then(|saying| ports(&saying))
            .unwrap();
        for end in 0..line.len() {
            if let Some(cut) = said(&line.as_bytes()[..end]).and_then(|saying| ports(&saying)) {
                assert_eq!(cut, whole, "{:?}", &line.as_bytes()[..end]);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = said(&bytes);
    }

    #[test]
    fn a_line_that_was_changed_is_read_or_not(
        line in 0..LINES.len(),
        place in any::<prop::sample::Index>(),
        length in 0_usize..12,
        with in "[ -~é\u{202e}]{0,12}",
    ) {
        let mut bytes = LINES[line].as_bytes().to_vec();
        let from = place.index(bytes.len());
        let until = (from + length).min(bytes.len());
        bytes.splice(from..until, with.into_bytes());
        let _ = said(&bytes);
    }
}
