//! What `tcpwhy compare` says of many connects, of clocks and of the order of places.

use super::apart;
use super::checks::{CAPTURE_AT_SERVER, CONNTRACK, LISTENERS, TRACE_TCP, WIDER_CAPTURE};
use super::path_verdicts::{BETWEEN_DROPS, BETWEEN_PROXIES, BETWEEN_REVERSE_PATH, BETWEEN_RULES};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{DELAYED, NONE, PROXIED, RESET, TIMED_OUT};
use crate::diagnosis::knowledge::{Check, Kind, Page};

const CLOCK: Check = Check {
    on: "both places",
    run: Some("timedatectl; chronyc tracking"),
    tells: "whether the clock is kept, in which zone; tcpwhy compare reckons with what it is ahead",
};

const ORDER: Check = Check {
    on: "here",
    run: Some("tcpwhy compare --infer-order A=A.pcap B=B.pcap"),
    tells: "the order that hops and times tell",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "filter_between",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "every SYN of a kind ends between two places",
        on_the_wire: "of all SYNs to one port, to one host or from one client, none gets from one place to \
            the next, while others pass there.",
        brought_about_by: &[
            "a rule, security group or access list on what stands between",
            "a route that leads these connects elsewhere",
        ],
        told_apart: &[
            apart("lossy_stretch", "there some of them pass"),
            apart("port_filtered", "the cause, as one capture tells it"),
        ],
        check: &[BETWEEN_RULES, BETWEEN_DROPS],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["syn_lost"],
    },
    Page {
        term: "one_way_stretch",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "the way there works, and the way back does not",
        on_the_wire: "SYNs pass between two places, and no answer of the server comes back over them.",
        brought_about_by: &[
            "asymmetric routes past a stateful firewall",
            "a reverse path filter",
            "a rule for the way back, or a translation that is not undone",
        ],
        told_apart: &[
            apart("lossy_stretch", "there some answers come back"),
            apart("filter_between", "there the SYN ends"),
        ],
        check: &[BETWEEN_REVERSE_PATH, BETWEEN_RULES],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["answer_lost", "no_way_back"],
    },
    Page {
        term: "lossy_stretch",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "some packets are lost between two places",
        on_the_wire: "of the packets of handshakes that one place saw, a share did not arrive at the next, \
            without an order in who is hit.",
        brought_about_by: &[
            "a full queue or a policer",
            "a broken cable, optics, a radio link, wrong duplex",
            "one of several links of a bundle or of equal-cost paths",
        ],
        told_apart: &[
            apart("filter_between", "there all of one kind are lost"),
            apart("path_loss", "the cause, as one capture tells it"),
        ],
        check: &[BETWEEN_DROPS, TRACE_TCP],
        applications: &[DELAYED, TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["syn_lost", "answer_lost", "ack_lost"],
    },
    Page {
        term: "answers_made_between",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "answers come from between two places",
        on_the_wire: "RSTs, SYN-ACKs or ICMP errors of several connects appear at one place and were never \
            at the next one, nearer to the server.",
        brought_about_by: &[
            "a firewall that rejects in the server's name",
            "an intrusion prevention or whatever else injects",
            "a load balancer, SYN proxy or TCP proxy",
        ],
        told_apart: &[
            apart("everything_arrived", "there the last place sent them"),
            apart(
                "answers_made_by_a_box",
                "the finding, as one capture tells it",
            ),
        ],
        check: &[BETWEEN_RULES],
        applications: &[REFUSED, RESET],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["made_between"],
    },
    Page {
        term: "proxy_between",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "a proxy between two places connects anew",
        on_the_wire: "connects end at what stands between two places, and behind it others begin, each \
            soon after the client was connected; a SYN proxy keeps the ends, a TCP proxy has its \
            own.",
        brought_about_by: &[
            "a TCP or TLS proxy, a load balancer of layer 7",
            "a SYN proxy, against floods",
        ],
        told_apart: &[
            apart(
                "translation",
                "there it is one connection, and only its addresses change",
            ),
            apart("answers_made_between", "there nothing begins behind it"),
        ],
        check: &[BETWEEN_PROXIES],
        applications: &[PROXIED],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["new_connection", "proxy_answers"],
    },
    Page {
        term: "everything_arrived",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "the path is cleared: look at its last place",
        on_the_wire: "all that the first place sent for connects that failed is at the last place, and all \
            that came back arrived.",
        brought_about_by: &["the server itself, or what stands behind the last place"],
        told_apart: &[apart("filter_between", "there the packets end on the way")],
        check: &[LISTENERS, CAPTURE_AT_SERVER],
        applications: &[REFUSED, TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["answered_at"],
    },
    Page {
        term: "altered_options",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "a stretch changes options or other fields",
        on_the_wire: "SYNs or SYN-ACKs leave one place with other options than they have at the next, \
            counted over all connects, sound ones included; or some need longer there than on \
            all the rest of their way.",
        brought_about_by: &[
            "a tunnel's end or firewall that clamps the MSS",
            "a normaliser that strips options, a box that clears ECN or DSCP",
        ],
        told_apart: &[
            apart("translation", "there addresses change"),
            apart("feature_dropped", "there connects fail for such an option"),
        ],
        check: &[BETWEEN_RULES],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["altered", "path_mtu"],
    },
    Page {
        term: "translation",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "addresses are translated between two places",
        on_the_wire: "the same SYN has another client or server address or port at the next place. A \
            mapping that two clients have at once is told apart: the server takes them for one.",
        brought_about_by: &[
            "NAT, a load balancer, NAT64 or SIIT",
            "a mapping used twice: too few ports, NAT without state, two NATs with one \
                address",
        ],
        told_apart: &[apart("proxy_between", "there it is another connection")],
        check: &[CONNTRACK],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["altered", "stale_connection"],
    },
    Page {
        term: "clocks_apart",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "the clocks of two places do not agree",
        on_the_wire: "packets that both places saw say how far one clock runs ahead, how much it drifts, \
            and when it was set; no packet arrives before it was sent.",
        brought_about_by: &[
            "a host without NTP",
            "local time written as UTC",
            "a clock that was set while capturing",
        ],
        told_apart: &[apart(
            "wrong_order",
            "there the places stand otherwise than they were named",
        )],
        check: &[CLOCK],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["not_covered"],
    },
    Page {
        term: "wrong_order",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "the places are not in the order of the path",
        on_the_wire: "hops to live and times say that a place stands nearer to the client than one that \
            was named before it.",
        brought_about_by: &[
            "places named in another order than packets pass them",
            "names of interfaces that were mixed up",
        ],
        told_apart: &[apart(
            "clocks_apart",
            "there only times differ, and hops agree",
        )],
        check: &[ORDER],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["nothing_in_common"],
    },
    Page {
        term: "nothing_in_common",
        kinds: &[Kind::PathFinding],
        numbers: None,
        title: "no connect is seen at two places",
        on_the_wire: "a place has no connect in common with any other: not by its ends, not by sequence \
            numbers, not by timestamps.",
        brought_about_by: &[
            "captures of different times, or with different filters",
            "a path that does not lead past this place",
            "a proxy, or a translation that changes all that packets are known by",
        ],
        told_apart: &[
            apart(
                "not_covered",
                "there the connect is seen, and one packet is not",
            ),
            apart(
                "proxy_between",
                "there connects on both sides belong together by time",
            ),
        ],
        check: &[WIDER_CAPTURE],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["wrong_order"],
    },
];
