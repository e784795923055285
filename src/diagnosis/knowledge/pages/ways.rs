//! Findings over ways that end: there, or back.

use super::apart;
use super::checks::{
    CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS, HOST_POWER, NEIGHBOUR,
    OWN_PREFIXES, PROBE_NOW, PROBE_WINDOWS, ROUTE_OF_SENDER, ROUTE_TO_CLIENT,
    ROUTE_TO_CLIENT_WINDOWS, TRACE_TCP,
};
use super::sayings_of_failures::{HOST_UNREACHABLE, NET_UNREACHABLE};
use super::sayings_of_silence::TIMED_OUT;
use crate::diagnosis::knowledge::{Kind, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "no_way_back",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "the server looks for the client where it is not",
        on_the_wire: "SYNs reach the server, which sends no answer and asks on its own link, by \
            ARP or neighbour solicitation, who has the client's address; nobody answers. Seen \
            only on the server's link.",
        brought_about_by: &[
            "a netmask on the server that is too wide: it takes the client for a neighbour",
            "a route to the client without a gateway",
            "a client whose address is forged, or that is gone",
        ],
        told_apart: &[
            apart("host_down", "there the client's side asks for the server"),
            apart("host_silent", "there nothing says what the server does"),
            apart("syn_ack_lost", "there the answer leaves the server"),
        ],
        check: &[
            OWN_PREFIXES,
            ROUTE_TO_CLIENT,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER",
        see_also: &["ETIMEDOUT", "host_silent"],
    },
    Page {
        term: "unreachable",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a router says that it has no way on",
        on_the_wire: "SYNs to one server, and ICMP host or net unreachable, or time exceeded, from \
            a router.",
        brought_about_by: &[
            "no route, or one that says unreachable, on the router that sends the errors",
            "the server is down, or has another address: nobody answers there on its link",
            "two routers that send the packets to each other",
        ],
        told_apart: &[
            apart(
                "host_down",
                "there the questions that nobody answers are in the capture",
            ),
            apart("service_filtered", "there the error is a rule's"),
            apart("one_bad_backend", "there others to the same port succeed"),
        ],
        check: &[
            ROUTE_OF_SENDER,
            NEIGHBOUR,
            HOST_POWER,
            TRACE_TCP,
            CAPTURE_AT_CLIENT,
            PROBE_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[HOST_UNREACHABLE, NET_UNREACHABLE],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["host_unreachable", "net_unreachable", "ttl_exceeded"],
    },
];
