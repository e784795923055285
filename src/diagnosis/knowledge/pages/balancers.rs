//! Resets of load balancers that say why.

use super::apart;
use super::sayings_of_failures::REFUSED;
use crate::diagnosis::knowledge::{Check, Kind, Page};

/// Why an F5 resets.
const RESET_CAUSES: Check = Check {
    on: "the BIG-IP",
    run: Some("tmsh show net rst-cause; tmsh show ltm virtual; tmsh show ltm pool members"),
    tells: "how often it reset for each reason, which virtual servers there are, and which members \
        of the pools are up",
};

/// To have the reason in the RST, where it is not yet.
const RESET_TEXT: Check = Check {
    on: "the BIG-IP",
    run: Some("tmsh modify sys db tm.rstcause.pkt value enable"),
    tells: "from then on its RSTs carry their reason as text",
};

pub(super) const PAGES: &[Page] = &[Page {
    term: "load_balancer_reset",
    kinds: &[Kind::Cause],
    numbers: None,
    title: "a load balancer resets, and says so",
    on_the_wire: "a RST with data, \"BIG-IP: [0x2664c65:2574] No local listener\": F5's balancers \
        write their reason there when tm.rstcause.pkt is enabled (the number behind the colon is a \
        line of their program); in the BIG-IP's own captures (tcpdump with :nnn) the reason and \
        the virtual server stand behind the packet. That is certain. A RST with window 8201, or \
        9100 to 9999, may be NetScaler's, which puts its reason there (8201: a packet of no known \
        connection, 9300: the service is disabled): a window alone is possible, no more. Windows, \
        Linux and the BSDs put no data into RSTs.",
    brought_about_by: &[
        "No local listener: no virtual server on this address and port, or it is disabled",
        "{peer}, TCP RST from remote system: the server behind reset, the balancer passed it on",
        "No flow found for ACK: the balancer failed over, or forgot the connection",
        "Flow expired: the connection was idle for longer than the balancer's profile allows",
        "Policy action, Port denied: a policy, rule or packet filter of the balancer",
        "no member of the pool is up",
    ],
    told_apart: &[
        apart(
            "closed_port",
            "the host's own stack sends no data in a RST, and window 0",
        ),
        apart(
            "middlebox_reset",
            "there a box shows itself by distance, time or shape, and says nothing",
        ),
        apart(
            "server_abort",
            "there the application closed: a RST without data, of a live socket",
        ),
    ],
    check: &[RESET_CAUSES, RESET_TEXT],
    applications: &[REFUSED],
    shown_by: "tcpwhy read capture.pcap --format json",
    see_also: &["answers_made_by_a_box", "ECONNREFUSED", "ECONNRESET"],
}];
