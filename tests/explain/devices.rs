//! What firewalls and clouds write in formats of their own: what it is about, and whom it names.

use serde_json::Value;

use crate::support::command::run;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    records_say_what_became_of_a_packet_and_whose_it_was,
    records_of_other_protocols_and_cut_ones_do_no_harm,
];

/// A line, the pages that it must be about, and whom it names: client, server, port.
type Record = (&'static str, [&'static str; 2], [&'static str; 3]);

const CLIENT: &str = "10.1.1.20";
const SERVER: &str = "203.0.113.7";
const ALL: [&str; 3] = [CLIENT, SERVER, "443"];

const RECORDS: [Record; 19] = [
    (
        "date=2026-11-20 time=14:03:05 devname=\"FGT60F\" logid=\"0000000013\" type=\"traffic\" \
         subtype=\"forward\" srcip=10.1.1.20 srcport=51234 dstip=203.0.113.7 dstport=443 proto=6 \
         action=\"deny\" policyid=0",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "type=\"traffic\" subtype=\"forward\" srcip=10.1.1.20 srcport=51234 dstip=203.0.113.7 \
         dstport=443 proto=6 action=\"timeout\" policyid=12 sentpkt=3 rcvdpkt=0",
        ["firewall_log", "dropped"],
        ALL,
    ),
    (
        "type=\"traffic\" srcip=10.1.1.20 srcport=51234 dstip=203.0.113.7 dstport=443 \
         action=\"server-rst\"",
        ["firewall_log", "refused"],
        ALL,
    ),
    (
        "id=20085 trace_id=1 func=fw_forward_handler line=811 msg=\"Denied by forward policy check \
         (policy 0)\"",
        ["firewall_log", "port_filtered"],
        ["", "", ""],
    ),
    (
        "id=20085 trace_id=3 func=ip_session_handle line=3 msg=\"no session matched\"",
        ["firewall_log", "stale_connection"],
        ["", "", ""],
    ),
    (
        "14:03:05.123456 rule 4/0(match): block in on em0: 10.1.1.20.51234 > 203.0.113.7.443: \
         Flags [S], seq 12345, win 64240, length 0",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "rule 4/(match) pass in on em0: 10.1.1.20.51234 > 203.0.113.7.443: Flags [S]",
        ["firewall_log", "established"],
        ALL,
    ),
    (
        "filterlog[12345]: 4,,,1000000103,igb0,match,block,in,4,0x0,,64,12345,0,DF,6,tcp,60,\
         10.1.1.20,203.0.113.7,51234,443,0,S,1234567,,64240,,mss",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.1.1.20/51234->203.0.113.7/443 0x0 \
         junos-https 6(0) deny-all trust untrust",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP RST: 10.1.1.20/51234->203.0.113.7/443 \
         0x0 junos-https 1(60) 1(40) 1",
        ["firewall_log", "refused"],
        ALL,
    ),
    (
        "RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 10.1.1.20/51234->203.0.113.7/443 \
         0x0 idle timeout 20",
        ["firewall_log", "connection_closed"],
        ALL,
    ),
    (
        "PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 10.1.1.20 203.0.113.7 51234 443 (1 packets)",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "time=1715681472|hostname=gw|product=Firewall|action=Drop|ifdir=inbound|src=10.1.1.20|\
         dst=203.0.113.7|s_port=51234|service=443|proto=6|rule=12",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "20Nov2026 14:03:05 drop gw >eth1 rule: 12; src: 10.1.1.20; dst: 203.0.113.7; proto: tcp; \
         product: VPN-1 & FireWall-1; service: 443; s_port: 51234;",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "@;1;[cpu_1];[fw4_0];fw_log_drop_ex: Packet proto=6 10.1.1.20:51234 -> 203.0.113.7:443 \
         dropped by fw_handle_first_packet Reason: Rulebase drop - rule 12;",
        ["firewall_log", "port_filtered"],
        ALL,
    ),
    (
        "First packet isn't SYN",
        ["firewall_log", "stale_connection"],
        ["", "", ""],
    ),
    (
        "1542110377,10.1.1.20,203.0.113.7,44931,443,T,O,D",
        ["flow_log", "port_filtered"],
        ALL,
    ),
    (
        "\"flowTuples\":[\"1542110377,10.1.1.20,203.0.113.7,44931,443,T,I,A,B,,,,\"]",
        ["flow_log", "established"],
        ALL,
    ),
    (
        "1663146003599,10.1.1.20,203.0.113.7,23956,443,6,O,D,NX,0,0,0,0",
        ["flow_log", "port_filtered"],
        ALL,
    ),
];

fn records_say_what_became_of_a_packet_and_whose_it_was() {
    for (line, pages, names) in RECORDS {
        let ran = run(&["explain", "--format", "json", line]);
        assert_eq!(ran.status, 0, "{line}: {}", ran.stderr);
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        let terms: Vec<&str> = document["pages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|page| page["term"].as_str())
            .collect();
        assert_eq!(terms, pages, "{line}");
        let named = &document["named"];
        let word = |key: &str| match &named[key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(
            [word("client"), word("server"), word("port")],
            names,
            "{line}"
        );
    }
}

fn records_of_other_protocols_and_cut_ones_do_no_harm() {
    for line in [
        "filterlog[1]: 4,,,1,igb0,match,block,in,4,0x0,,64,1,0,DF,17,udp,60,10.1.1.20,10.0.0.1,1,53,0",
        "filterlog[1]: 4,,,1,igb0,match,block",
        "filterlog: ,,,,,,,,,,",
        "rule 4/",
        "rule 4/0(match): block in on em0: 10.1.1.20 > 203.0.113.7: icmp",
        "RT_FLOW_SESSION_CLOSE",
        "RT_FLOW_SESSION_CLOSE: session closed",
        "PFE_FW_SYSLOG_IP: tcp",
        "PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp",
        "type=\"traffic\" srcip= action=\"deny\"",
        "type=\"traffic",
        "1542110377,10.1.1.20,203.0.113.7,44931,443,T,O",
        "1,10.1.1.20,203.0.113.7,,,,,",
        "fw_log_drop_ex: Packet proto=6 -> dropped",
    ] {
        let ran = run(&["explain", line]);
        assert!([0, 2].contains(&ran.status), "{line}");
    }
    let udp = run(&[
        "explain",
        "filterlog[1]: 4,,,1,igb0,match,block,in,4,0x0,,64,1,0,DF,17,udp,60,10.1.1.20,10.0.0.1,1,53,0",
    ]);
    assert!(udp.stdout.contains("no TCP: no connect"), "{}", udp.stdout);
}
