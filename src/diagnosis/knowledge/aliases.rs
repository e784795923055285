//! What people call a page, where that is another word than its term.

use super::{Page, page};

/// Names, as texts are made before they are searched, and the term that is meant.
const ALIASES: [(&str, &str); 44] = [
    ("table full", "conntrack_full"),
    ("conntrack", "conntrack_full"),
    ("conntrack table full", "conntrack_full"),
    ("nf_conntrack", "conntrack_full"),
    ("nf_conntrack table full", "conntrack_full"),
    ("syn flooding", "syn_flooding"),
    ("possible syn flooding", "syn_flooding"),
    ("syn cookies", "syn_flooding"),
    ("martian", "martian_source"),
    ("martians", "martian_source"),
    ("martian packet", "martian_source"),
    ("rp_filter", "martian_source"),
    ("reverse path filter", "martian_source"),
    ("arp_cache", "neighbour_table_full"),
    ("ufw", "firewall_log"),
    ("iptables log", "firewall_log"),
    ("firewalld", "firewall_log"),
    ("asa", "asa_log"),
    ("cisco asa", "asa_log"),
    ("firepower", "asa_log"),
    ("palo alto", "palo_alto_log"),
    ("pan-os", "palo_alto_log"),
    ("aged-out", "palo_alto_log"),
    ("policy-deny", "palo_alto_log"),
    ("vpc flow log", "flow_log"),
    ("vpc flow logs", "flow_log"),
    ("reject ok", "flow_log"),
    ("cilium", "cilium_drop"),
    ("hubble", "cilium_drop"),
    ("zeek", "conn_state"),
    ("conn.log", "conn_state"),
    ("wireshark", "wireshark_marks"),
    ("retransmission", "wireshark_marks"),
    ("tcp retransmission", "wireshark_marks"),
    ("tcp spurious retransmission", "wireshark_marks"),
    ("tcp out-of-order", "wireshark_marks"),
    ("tcp dup ack", "wireshark_marks"),
    ("reused ports", "port_numbers_reused"),
    ("tcp acked unseen segment", "capture_lost_packets"),
    ("tcp previous segment not captured", "capture_lost_packets"),
    ("accept queue", "accept_queue_full"),
    ("listen queue", "accept_queue_full"),
    ("backlog", "accept_queue_full"),
    ("ulimit", "EMFILE"),
];

/// The page that goes by this name.
pub(super) fn named(normal: &str) -> Option<&'static Page> {
    let name = normal.trim_matches(|character: char| "[]\"'.:! ".contains(character));
    let (_, term) = ALIASES.iter().find(|(alias, _)| *alias == name)?;
    page(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_pages_and_are_no_terms() {
        for (alias, term) in ALIASES {
            assert!(page(term).is_some(), "{term}");
            assert!(page(alias).is_none(), "{alias}");
            assert_eq!(named(alias).map(|page| page.term), Some(term));
        }
    }
}
