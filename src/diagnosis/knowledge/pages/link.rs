//! What goes wrong on the link and in its frames.

use super::apart;
use super::checks::{CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, NEIGHBOUR, REVERSE_PATH};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{DELAYED, TIMED_OUT};
use crate::diagnosis::knowledge::{Check, Kind, Page};

/// What a kernel counts that throws such a packet away.
const CHECKSUM_COUNTERS: Check = Check {
    on: "SERVER",
    run: Some("nstat -az TcpInCsumErrors UdpInCsumErrors IpInHdrErrors"),
    tells: "which of them rises while the client tries: that is where the packets are thrown away",
};

/// Whether the network card fills checksums in.
const OFFLOAD: Check = Check {
    on: "the host that sends, and each that wraps or redirects its packets",
    run: Some("ethtool -k DEVICE"),
    tells: "whether tx checksumming and tunnel offloads are on: turn them off for a try \
        (ethtool -K DEVICE tx off)",
};

/// Why the kernel of a router drops.
const DROP_COUNTERS: Check = Check {
    on: "the host that captured",
    run: Some("conntrack -S; nstat -az TcpExtIPReversePathFilter IpOutNoRoutes"),
    tells: "which of insert_failed, drop, the reverse path filter or a missing route rises",
};

/// Why a gateway of Check Point drops.
const DROPS_OF_CHECK_POINT: Check = Check {
    on: "the Check Point gateway, in expert mode",
    run: Some("fw ctl zdebug + drop | grep SERVER"),
    tells: "as the next connect comes: which chain drops it, and why (a rule, no free port, out of \
            state); it ends with Ctrl-C",
};

/// Which rule of a router drops.
const DROPPING_RULES: Check = Check {
    on: "the host that captured",
    run: Some("nft list ruleset | grep -n -e chain -e reject -e drop"),
    tells: "which rule of the forward chain fits these packets; counters that rise tell which one",
};

/// What the kernel calls it.
const DROP_REASONS: Check = Check {
    on: "the host that captured",
    run: Some("perf trace -e skb:kfree_skb"),
    tells: "why the kernel drops each packet, and in which function",
};

/// Who else has the address.
const WHO_ELSE: Check = Check {
    on: "another host of this link",
    run: Some("arping -D -c 3 SERVER"),
    tells: "each MAC address that answers; two are two hosts",
};

/// Where a MAC address is.
const WHERE_IS_IT: Check = Check {
    on: "the switch, or the hypervisor's bridge",
    run: None,
    tells: "at which port each of the two MAC addresses is learnt: there stand the two hosts",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "wrong_checksum",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "packets with a wrong checksum are thrown away",
        on_the_wire: "SYNs, or SYN-ACKs, whose checksum of TCP, of the IP header, or of the UDP \
            datagram of the tunnel around them is wrong, again and again, and no answer; those \
            that are answered have right ones. A checksum that is only not filled in yet \
            (offload: what is captured on the sending host) is no wrong one.",
        brought_about_by: &[
            "offload of checksums that a card, a driver or a kernel does not do for a tunnel \
             (VXLAN, Geneve) although it said so",
            "packets redirected before anybody filled the checksum in (XDP, AF_XDP, TAP)",
            "a translation that does not mend the checksum",
            "a box or a memory that damages packets",
        ],
        told_apart: &[
            apart("path_loss", "there what is lost has right checksums"),
            apart(
                "port_filtered",
                "there other clients are met with silence as well",
            ),
        ],
        check: &[
            CHECKSUM_COUNTERS,
            OFFLOAD,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE",
        see_also: &["wrong_checksums", "ETIMEDOUT"],
    },
    Page {
        term: "wrong_checksums",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "unanswered packets have wrong checksums",
        on_the_wire: "of the handshake packets captured at one place and going one way, those \
            that nobody answered have wrong checksums, and of those that were answered none has.",
        brought_about_by: &[
            "offload of checksums that does not work for a tunnel",
            "packets redirected before their checksum was filled in",
            "a box that damages packets",
        ],
        told_apart: &[
            apart("path_loss", "there what is lost has right checksums"),
            apart("overload", "there a queue is full"),
        ],
        check: &[CHECKSUM_COUNTERS, OFFLOAD, CAPTURE_AT_SERVER],
        applications: &[TIMED_OUT, DELAYED],
        shown_by: "tcpwhy read FILE",
        see_also: &["wrong_checksum"],
    },
    Page {
        term: "duplicate_address",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "two hosts have one address",
        on_the_wire: "two MAC addresses answer one ARP question or neighbour solicitation for one \
            address, or SYN-ACKs of a port come from the one and RSTs from the other, by turns; connects to it are accepted or refused, as chance has it: by the host whose \
            answer the sender believed last.",
        brought_about_by: &[
            "an address given by hand that DHCP gives to another host",
            "a copied virtual machine or container, an old host that came back",
            "a failover in which the old owner did not let go (split brain)",
            "a router that answers for others (proxy ARP)",
        ],
        told_apart: &[
            apart(
                "one_bad_backend",
                "there one MAC address answers for several hosts",
            ),
            apart("two_responders", "there both answer one SYN"),
        ],
        check: &[WHO_ELSE, NEIGHBOUR, WHERE_IS_IT],
        applications: &[REFUSED, TIMED_OUT],
        shown_by: "tcpwhy read FILE",
        see_also: &["host_down", "ECONNREFUSED"],
    },
    Page {
        term: "dropped_here",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "the packet comes in here, and never leaves",
        on_the_wire: "captured on all interfaces of a router, firewall or bridge: a SYN (or its \
            SYN-ACK) comes in and leaves by none, under its own addresses or translated ones, \
            while others that go the same way do; or, with `tcpwhy live` at the server, it comes in \
            and the kernel counts as many packets that its reverse path filter dropped.",
        brought_about_by: &[
            "a filter of this host (forward chain), with or without a log",
            "a full table of connections, or two connects that were given the same translated \
             port at once (insert_failed)",
            "reverse path filtering, a packet that fits no connection (invalid)",
            "an unanswered question for the next hop's MAC address",
        ],
        told_apart: &[
            apart(
                "source_filtered",
                "there the packet leaves, and is dropped further on",
            ),
            apart("host_silent", "there it leaves, and nothing comes back"),
        ],
        check: &[
            DROP_COUNTERS,
            DROPPING_RULES,
            DROP_REASONS,
            DROPS_OF_CHECK_POINT,
            REVERSE_PATH,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE, of tcpdump -ni any",
        see_also: &["source_filtered", "ETIMEDOUT"],
    },
];
