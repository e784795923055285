//! What firewalls and clouds write of packets and connections.

use super::checks::{
    CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, ENDPOINT_SLICES, IP6TABLES_RULES, IPTABLES_RULES,
    NETWORK_POLICY, NFT_RULES, ROUTE_TO_CLIENT, SECURITY_GROUP, WINDOWS_FIREWALL,
};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "firewall_log",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a rule of a firewall logged a packet",
        on_the_wire: "with SYN alone: a connect that then meets silence (drop, deny) or a \
            rejection (reject: RST or ICMP). Without SYN: a late packet of a connection that is \
            over.",
        brought_about_by: &[
            "no rule allows the port, for that source or at that interface",
            "the default policy at the end of the chain; most logs of ufw are that",
            "late FIN, RST or ACK of closed connections, which conntrack calls invalid: no harm",
            "scans from the internet: sources that nobody knows, ports that nobody uses",
        ],
        told_apart: &[
            apart("port_filtered", "what clients of a dropping rule see"),
            apart("admin_prohibited", "what clients of firewalld's reject see"),
            apart(
                "closed_port",
                "there the packet was let in, and nothing listened",
            ),
        ],
        check: &[
            Check {
                on: "SERVER",
                run: Some("ufw status verbose; firewall-cmd --list-all"),
                tells: "whether the port is allowed, from where, and what happens to the rest",
            },
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "ufw",
                    "kernel: [UFW BLOCK] IN=eth0 OUT= MAC=... SRC=10.0.0.7 DST=10.0.1.20 LEN=60 \
                     ... PROTO=TCP SPT=50000 DPT=5432 ... SYN URGP=0",
                ),
                said("firewalld", "kernel: FINAL_REJECT: IN=eth0 OUT= ..."),
                said(
                    "iptables, nftables",
                    "the prefix of the rule, then IN= OUT= SRC= DST=",
                ),
                said(
                    "FortiGate",
                    "type=\"traffic\" srcip=... dstip=... action=\"deny\"",
                ),
                said(
                    "pf",
                    "rule 4/0(match): block in on em0: ...; filterlog: 4,,,...",
                ),
                said("Junos", "RT_FLOW_SESSION_DENY, PFE_FW_SYSLOG_IP"),
                said("Check Point", "fw_log_drop_ex: ... Reason: Rulebase drop"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT --server SERVER:PORT",
        see_also: &[
            "port_filtered",
            "source_filtered",
            "admin_prohibited",
            "firewall_reset",
        ],
    },
    Page {
        term: "asa_log",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "Cisco ASA or Firepower logged a connection",
        on_the_wire: "a deny (106023, 106001) drops in silence unless \"service resetinbound\" \
            is set: the client repeats its SYN. 302014 tells how one ended that was let through.",
        brought_about_by: &[
            "an access list or a missing translation (106023, 106001, 305005)",
            "a packet of a connection that the firewall does not know (106015): idle too long, \
             or the SYN took another way",
            "the server behind it: SYN Timeout is silence, TCP Reset a refusal",
        ],
        told_apart: &[
            apart("port_filtered", "what clients of a deny see"),
            apart(
                "stale_connection",
                "what comes before 106015 after a long pause",
            ),
            apart(
                "closed_port",
                "302014 with TCP Reset of the server's side within milliseconds",
            ),
        ],
        check: &[
            Check {
                on: "firewall (Cisco ASA)",
                run: Some("packet-tracer input IFACE tcp CLIENT 50000 SERVER PORT"),
                tells: "which step would drop such a SYN, and by which rule",
            },
            Check {
                on: "firewall (Cisco ASA)",
                run: Some("show asp drop; show conn address SERVER"),
                tells: "what it drops by reason, and the state of connections to that server",
            },
            CAPTURE_AT_SERVER,
            ROUTE_TO_CLIENT,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Cisco ASA",
                    "%ASA-4-106023: Deny tcp src outside:10.0.0.7/50000 dst inside:10.0.1.20/443 \
                     by access-group \"outside_in\"",
                ),
                said(
                    "Cisco ASA",
                    "%ASA-6-302014: Teardown TCP connection 1 for outside:... to inside:... \
                     duration 0:00:30 bytes 0 SYN Timeout",
                ),
                said(
                    "Cisco ASA",
                    "%ASA-6-106015: Deny TCP (no connection) from ... to ... flags ACK",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT --server SERVER:PORT",
        see_also: &["port_filtered", "stale_connection", "refused", "dropped"],
    },
    Page {
        term: "palo_alto_log",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a firewall of Palo Alto logged a session",
        on_the_wire: "drop and deny are silence, or a RST where the rule or the service says so; \
            reset-client, -server and -both are RSTs of the firewall; allow with aged-out and \
            application incomplete is a handshake that never completed behind it.",
        brought_about_by: &[
            "no rule allows it: interzone-default drops what no other rule met",
            "a rule allows the application only on its default port (application-default)",
            "allowed, and the server does not answer: aged-out, incomplete",
        ],
        told_apart: &[
            apart("port_filtered", "what clients of drop see"),
            apart(
                "middlebox_reset",
                "what clients of reset-client and reset-both see",
            ),
            apart(
                "dropped",
                "allowed and aged-out: the server or the way behind it is silent",
            ),
        ],
        check: &[
            Check {
                on: "firewall (Palo Alto)",
                run: Some("show session all filter destination SERVER destination-port PORT"),
                tells: "sessions and their states; \"test security-policy-match\" tells which rule \
                    such a connect would meet",
            },
            Check {
                on: "firewall (Palo Alto)",
                run: Some("show counter global filter delta yes severity drop"),
                tells: "what it drops, by reason, since the last time of asking",
            },
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("PAN-OS", "...,TRAFFIC,drop,...,tcp,deny,...,policy-deny"),
                said(
                    "PAN-OS",
                    "...,TRAFFIC,end,...,incomplete,...,tcp,allow,...,aged-out",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT --server SERVER:PORT",
        see_also: &["port_filtered", "middlebox_reset", "dropped", "refused"],
    },
    Page {
        term: "flow_log",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a cloud's or Windows' firewall logged a flow",
        on_the_wire: "REJECT and DROP are silence for the client. ACCEPT and ALLOW say that a \
            rule let it through, not that anything answered.",
        brought_about_by: &[
            "no inbound rule of the security group, or of the Windows firewall, for that source \
             and port",
            "a network ACL without state: it needs a rule for the answers too (ports 1024 to \
             65535)",
            "answers that come after the flow was forgotten: REJECT beside an ACCEPT",
        ],
        told_apart: &[
            apart("port_filtered", "what the client sees"),
            apart("closed_port", "ACCEPT, and the host itself refused"),
            apart("host_silent", "ACCEPT, and nothing answers at all"),
        ],
        check: &[SECURITY_GROUP, WINDOWS_FIREWALL, CAPTURE_AT_SERVER],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Amazon VPC",
                    "2 123456789010 eni-0a1 10.0.0.7 10.0.1.20 50000 5432 6 3 180 1700000000 \
                     1700000060 REJECT OK",
                ),
                said(
                    "Windows",
                    "DROP TCP 10.0.0.7 10.0.1.20 50000 445 52 S ... RECEIVE",
                ),
                said(
                    "Windows",
                    "event 5157: The Windows Filtering Platform has blocked a connection",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT --server SERVER:PORT",
        see_also: &["port_filtered", "source_filtered", "local_firewall"],
    },
    Page {
        term: "cilium_drop",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "Cilium dropped a packet, for the reason it says",
        on_the_wire: "silence: Cilium drops in the node's kernel, at the client's or the server's \
            node, without an answer.",
        brought_about_by: &[
            "Policy denied: a network policy selects the pod and does not name the other side, \
             its port, or DNS",
            "Service backend not found: no ready pod behind the Service",
            "CT: Map insertion failed, No mapping for NAT masquerade: a table or the ports of the \
             node are full",
            "Stale or unroutable IP, Unknown L3 target address: the pod is gone, its address is \
             still used",
        ],
        told_apart: &[
            apart("port_filtered", "what the client of a dropped SYN sees"),
            apart(
                "conntrack_full",
                "the table of the kernel; Cilium has its own",
            ),
            apart(
                "closed_port",
                "there the packet reached the pod, and nothing listened",
            ),
        ],
        check: &[
            Check {
                on: "a host with kubectl",
                run: Some(
                    "kubectl -n kube-system exec ds/cilium -- hubble observe --verdict DROPPED",
                ),
                tells: "what is dropped now, with both pods, port and reason; on the node of the \
                    pod: cilium-dbg monitor --type drop",
            },
            NETWORK_POLICY,
            Check {
                on: "a host with kubectl",
                run: Some("kubectl get ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies -A"),
                tells: "Cilium's own policies, besides those of Kubernetes",
            },
            ENDPOINT_SLICES,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "cilium monitor",
                    "xx drop (Policy denied) flow 0x... to endpoint 12, ... identity 1->2: \
                     10.0.0.7:50000 -> 10.0.1.20:80 tcp SYN",
                ),
                said(
                    "hubble",
                    "... <> ... policy-verdict:none DENIED; Policy denied DROPPED",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped",
        see_also: &["port_filtered", "source_filtered", "conntrack_full"],
    },
];
