//! What the capture itself says: logs of packet filters, and captures of what was dropped.

use super::apart;
use super::checks::CAPTURE_AT_SERVER;
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::TIMED_OUT;
use crate::diagnosis::knowledge::{Check, Kind, Page};

/// Which rule of pf that is.
const PF_RULE: Check = Check {
    on: "the firewall that logged",
    run: Some("pfctl -vvsr -R NUMBER"),
    tells: "the rule that has this number now, and how often it was hit: numbers change when \
        rules are loaded",
};

/// Which rule logs the prefix.
const PREFIX_RULE: Check = Check {
    on: "the host that logged",
    run: Some("nft -a list ruleset | grep -n PREFIX; iptables-save -c | grep -n PREFIX"),
    tells: "the rule that logs so, and whether it or the next one drops",
};

/// What else was logged.
const READ_LOG: Check = Check {
    on: "the host that logged",
    run: Some("tcpdump -n -e -r FILE tcp"),
    tells: "each record with its rule, action and interface",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "filter_verdict",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a filter stopped it, the capture says so",
        on_the_wire: "the record of a SYN, or of its answer, says itself what became of it: pf's \
            log has the action (block), the rule, the reason, the interface and the direction; a \
            Linux firewall's log (NFLOG) has the prefix that the rule's author gave it, and the \
            hook. pf's word is the filter's own: certain. A prefix that says drop, deny, block or \
            reject is its author's word: a rule was hit, and likely drops.",
        brought_about_by: &[
            "a rule that blocks this client, port or interface, or the default rule that blocks \
             the rest",
            "pf's reasons beyond rules: state-mismatch (an answer or a repetition that fits no \
             state: asymmetric ways, states flushed), memory, state-limit, src-limit",
            "a rule that logs first and drops next, or the next rule that does",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "there silence is seen, and a filter inferred from it",
            ),
            apart(
                "firewall_reset",
                "there the answer of a filter is seen, and not its log",
            ),
            apart(
                "dropped_here",
                "there a packet is seen to come in and never to leave",
            ),
        ],
        check: &[PF_RULE, PREFIX_RULE, CAPTURE_AT_SERVER],
        applications: &[TIMED_OUT, REFUSED],
        shown_by: "tcpwhy read pflog.pcap",
        see_also: &["filter_log", "port_filtered", "ETIMEDOUT"],
    },
    Page {
        term: "filter_log",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the capture is a packet filter's log",
        on_the_wire: "records of pf's log (pflog) or of a Linux firewall (NFLOG) instead of \
            packets on an interface. Only packets are in it that met a rule which logs: pf's log \
            without \"all\" keeps the first packet of a connect that passes and no other, and an \
            answer made by \"block return\" is not logged. So no silence is judged: a connect \
            that was passed is pending. The time of an NFLOG record is when it was read, up to \
            seconds late.",
        brought_about_by: &[
            "tcpdump -i pflog0, /var/log/pflog, /var/log/filter.log captured as packets",
            "tcpdump -i nflog:GROUP, dumpcap -i nflog, ulogd's pcap output",
            "the drop capture of an appliance, read with --drops-only",
        ],
        told_apart: &[
            apart(
                "service_filtered",
                "there the wire is seen, and the silence of a port",
            ),
            apart(
                "capture_filtered",
                "there the wire is seen through a capture filter",
            ),
        ],
        check: &[READ_LOG, PF_RULE, PREFIX_RULE],
        applications: &[TIMED_OUT, REFUSED],
        shown_by: "tcpwhy read pflog.pcap",
        see_also: &["filter_verdict"],
    },
];
