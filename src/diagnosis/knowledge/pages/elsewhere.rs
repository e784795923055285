//! Answers that the asked host did not make, or that its client does not get.

use super::apart;
use super::checks::{
    CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS, CONNTRACK, CONNTRACK_VIP,
    PROBE_PATH, ROUTE_TO_CLIENT, RULES_OF_ROUTER, SECURITY_GROUP, TRACE_TCP,
};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{RESET, TIMED_OUT};
use crate::diagnosis::knowledge::{Kind, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "answer_to_other_address",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the answer goes to another address or port",
        on_the_wire: "each SYN is followed by a SYN-ACK or RST that acknowledges it and echoes its \
            timestamp, addressed to another port or address than the SYN came from; that one \
            resets it, and the client goes on repeating its SYN.",
        brought_about_by: &[
            "a translation of addresses or ports that is undone wrongly (a NAT, a load balancer, \
             the network of a virtual machine or of WSL in mirrored mode)",
            "two clients whose connections a NAT mixes up",
        ],
        told_apart: &[
            apart(
                "answer_from_other_address",
                "there the client gets the answer, from somebody it did not ask",
            ),
            apart("port_filtered", "there nothing acknowledges the SYN"),
        ],
        check: &[
            CONNTRACK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["answers_misdirected", "ETIMEDOUT"],
    },
    Page {
        term: "unknown_to_client",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the client's kernel does not know of the connect",
        on_the_wire: "each SYN-ACK is answered by a bare RST at the number that it acknowledges, \
            and the SYN goes on being repeated all the same: who resets is not who asks.",
        brought_about_by: &[
            "the SYN carries a source address that is another host's: a wrong source NAT, a \
             forged address, an address used twice",
            "an address or port is translated on the way back, so that the answer reaches a \
             socket that does not exist",
        ],
        told_apart: &[
            apart(
                "client_reset",
                "there the SYN is not repeated after the RST",
            ),
            apart(
                "half_open_scan",
                "a scanner's kernel resets so as well, once for each port",
            ),
        ],
        check: &[
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT,
            CONNTRACK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["aborted", "answer_to_other_address"],
    },
    Page {
        term: "answers_misdirected",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "answers come from or go to other ends than the SYNs",
        on_the_wire: "SYNs whose SYN-ACK or RST has the right numbers, and another address or port \
            on one side.",
        brought_about_by: &[
            "translation in one direction only: hairpin NAT, direct return by mistake, a masked \
             service port",
            "translation that is undone with another connection's entry",
        ],
        told_apart: &[
            apart("service_filtered", "there nothing comes back at all"),
            apart(
                "capture_started_late",
                "there the answered SYN was sent before the capture",
            ),
        ],
        check: &[
            CONNTRACK_VIP,
            ROUTE_TO_CLIENT,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE",
        see_also: &["answer_from_other_address", "answer_to_other_address"],
    },
    Page {
        term: "answers_made_by_a_box",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a box on the way resets in the host's name",
        on_the_wire: "RSTs that come from nearer, or sooner, than the host's own packets, or that \
            are followed by the host's own SYN-ACK.",
        brought_about_by: &[
            "a firewall or intrusion prevention that rejects with a reset",
            "a load balancer without a healthy member, a proxy, an injector on the path",
        ],
        told_apart: &[
            apart("never_listening", "there the host's own stack refuses"),
            apart(
                "closed_port",
                "there the RST comes as far as the host's other packets",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            TRACE_TCP,
            RULES_OF_ROUTER,
            SECURITY_GROUP,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_PATH,
        ],
        applications: &[REFUSED, RESET],
        shown_by: "tcpwhy read FILE",
        see_also: &["middlebox_reset", "two_responders"],
    },
];
