//! What `tcpwhy compare` says of packets of one connect, on a stretch between two places.

use super::apart;
use super::checks::{
    CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, LARGER_BUFFER, LISTENERS, NFT_RULES, WIDER_CAPTURE,
};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{NO_ANSWER, NONE, PROXIED, RESET, TIMED_OUT};
use crate::diagnosis::knowledge::{Check, Kind, Page};

pub(super) const BETWEEN_RULES: Check = Check {
    on: "what stands between the places",
    run: Some("nft list ruleset | grep -n -e chain -e reject -e drop -e queue"),
    tells: "rules that take, answer or change such packets, if it is Linux; on an appliance, its \
        log of denied connects and its inspection profiles",
};

pub(super) const BETWEEN_DROPS: Check = Check {
    on: "what stands between the places",
    run: Some("ip -s -s link; tc -s qdisc; nstat -az IpOutNoRoutes IpInDiscards"),
    tells: "counters of drops, errors and full queues: the one that grows while packets are lost; \
        on a switch or appliance, those of both of its ports",
};

pub(super) const BETWEEN_REVERSE_PATH: Check = Check {
    on: "what stands between the places",
    run: Some("sysctl net.ipv4.conf.all.rp_filter; ip route get SERVER; ip route get CLIENT"),
    tells: "whether packets there and back take the same way: a filter by reverse path, and \
        state that is kept of one direction only, drop what comes another way",
};

pub(super) const BETWEEN_PROXIES: Check = Check {
    on: "what stands between the places",
    run: Some("ss -ltnp; nft list ruleset | grep -n -e tproxy -e redirect -e synproxy"),
    tells: "what takes connections there; its own log says what became of those that it makes",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "syn_lost",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "a SYN did not arrive at the next place",
        on_the_wire: "the SYN is in the capture of one place and not in that of the next, although that \
            one was capturing then and shows packets of its kind. One SYN alone is possible: \
            chance loses some; several transmissions of one connect are certain.",
        brought_about_by: &[
            "a filter between the places that drops it: a rule, a security group, an access \
                list",
            "a route that leads elsewhere, or to a next hop that is gone",
            "a full queue, a full table of connections, a broken link: then others are lost \
                as well",
        ],
        told_apart: &[
            apart(
                "answer_lost",
                "there the SYN arrives, and its answer does not come back",
            ),
            apart(
                "not_covered",
                "there nothing shows that the next place was watching",
            ),
        ],
        check: &[BETWEEN_RULES, BETWEEN_DROPS],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["filter_between", "lossy_stretch"],
    },
    Page {
        term: "answer_lost",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "an answer did not come back to the place before",
        on_the_wire: "a SYN-ACK, RST or ICMP error is in the capture of the place nearer to the server, \
            and not in that of the place before it. Repetitions after the client was connected \
            are not counted: nothing hangs on them.",
        brought_about_by: &[
            "asymmetric routes past a stateful firewall: it saw no SYN, or sees no answer",
            "a reverse path filter, or a rule for the way back only",
            "loss by chance, a full queue, a link that is broken in one direction",
        ],
        told_apart: &[
            apart("syn_lost", "there not even the SYN arrives"),
            apart(
                "made_between",
                "there an answer appears that the server's side never sent",
            ),
        ],
        check: &[BETWEEN_REVERSE_PATH, BETWEEN_RULES],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["one_way_stretch", "lossy_stretch"],
    },
    Page {
        term: "ack_lost",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "the client's ACK did not arrive",
        on_the_wire: "the third step of the handshake is at one place and not at the next, no data of the \
            client followed it there, and the server repeats its SYN-ACK; also data of a connect \
            that is stuck.",
        brought_about_by: &[
            "a firewall that was passed by on the way of the SYN or of the SYN-ACK, and drops \
                an ACK without state",
            "a path that loses what is larger, or what is not a SYN",
            "loss by chance",
        ],
        told_apart: &[
            apart("answer_lost", "there the SYN-ACK is what is missing"),
            apart("half_open", "the outcome, as one place sees it"),
        ],
        check: &[BETWEEN_RULES, BETWEEN_DROPS],
        applications: &[NO_ANSWER],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["half_open", "stuck"],
    },
    Page {
        term: "answered_at",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "the last place's host sent the RST or ICMP error",
        on_the_wire: "the RST or ICMP error is in the captures of all places up to the last one: it came \
            from that host, or from behind it.",
        brought_about_by: &[
            "nothing listens on the port",
            "a firewall on the server itself that rejects",
            "what stands behind the last place: capture there as well",
        ],
        told_apart: &[
            apart(
                "made_between",
                "there the places nearer to the server never saw it",
            ),
            apart("closed_port", "the cause, as one capture tells it"),
        ],
        check: &[LISTENERS, NFT_RULES],
        applications: &[REFUSED],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["everything_arrived", "closed_port"],
    },
    Page {
        term: "made_between",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "a machine between two places made the answer",
        on_the_wire: "a RST, SYN-ACK or ICMP error is in the capture nearer to the client, and the place \
            nearer to the server, which was watching, never had it. Whoever is named as the \
            sender did not send it.",
        brought_about_by: &[
            "a firewall that rejects with a RST in the server's name",
            "an intrusion prevention, a censor, or another that injects RSTs",
            "a load balancer, SYN proxy or TCP proxy that answers itself",
        ],
        told_apart: &[
            apart(
                "answered_at",
                "there the place nearest to the server saw it, too",
            ),
            apart(
                "new_connection",
                "there what answers also connects on its own to the server",
            ),
        ],
        check: &[BETWEEN_RULES],
        applications: &[REFUSED, RESET],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["answers_made_between", "middlebox_reset"],
    },
    Page {
        term: "new_connection",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "what stands between ends it and begins anew",
        on_the_wire: "the client is connected before the server has a SYN of it: what stands between \
            shakes hands first. A SYN proxy lets the SYN pass then, with the same ends; a TCP \
            proxy makes a connection of its own, with another number and mostly another address.",
        brought_about_by: &[
            "a SYN proxy, against floods",
            "a TCP or TLS proxy, a load balancer of layer 7, a WAN optimiser",
        ],
        told_apart: &[
            apart("made_between", "there the answer is all that is made"),
            apart("altered", "there it is one connection, changed on the way"),
        ],
        check: &[BETWEEN_PROXIES],
        applications: &[PROXIED],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["proxy_between", "proxy_without_backend"],
    },
    Page {
        term: "altered",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "the SYN or SYN-ACK arrives changed",
        on_the_wire: "the same packet at two places differs: MSS, window scale, SACK, timestamps, Fast \
            Open, Multipath TCP, TCP-MD5 or TCP-AO, ECN, DSCP, a higher TTL, sequence numbers, \
            addresses, ports; or it needed longer on this stretch than on all the rest of its \
            way.",
        brought_about_by: &[
            "a tunnel's end or firewall that clamps the MSS",
            "NAT, load balancers and firewalls that rewrite addresses or sequence numbers",
            "a box that strips options that it does not know",
            "for a delay: a full queue, a SYN proxy, a helper of connection tracking",
        ],
        told_apart: &[apart("syn_lost", "there it does not arrive at all")],
        check: &[BETWEEN_RULES],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["altered_options", "translation", "feature_dropped"],
    },
    Page {
        term: "same",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "all places saw the same",
        on_the_wire: "every packet of the connect is at every place, as it was sent.",
        brought_about_by: &["a path that does nothing to it"],
        told_apart: &[
            apart("everything_arrived", "says so of connects that failed"),
            apart("not_covered", "there a place could not have seen it"),
        ],
        check: &[CAPTURE_AT_SERVER, CAPTURE_AT_CLIENT],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["everything_arrived"],
    },
    Page {
        term: "not_covered",
        kinds: &[Kind::PathVerdict],
        numbers: None,
        title: "a place was not watching: nobody is blamed",
        on_the_wire: "the packet is at one place and not at the next, and nothing shows that the next one \
            would have seen it: it began later or ended earlier, lost packets while capturing, \
            has a filter that hides such packets, shows another port or host only, or its clock \
            is not known.",
        brought_about_by: &[
            "captures that do not cover the same time",
            "capture filters, on flags above all, that differ",
            "captures that lost packets: a small buffer, a slow disk",
            "another interface or path than the packet takes",
        ],
        told_apart: &[apart("syn_lost", "there the place was watching")],
        check: &[LARGER_BUFFER, WIDER_CAPTURE],
        applications: &[NONE],
        shown_by: "tcpwhy compare client=A.pcap server=B.pcap",
        see_also: &["nothing_in_common", "capture_lost_packets"],
    },
];
