//! What is told beside the packets, and is no cause by itself.

use super::checks::{APPLICATION_LOG, NFT_RULES, SERVICE_STATE};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

const JOURNAL_BEFORE: Check = Check {
    on: "SERVER",
    run: Some("journalctl -o short-iso-precise -S TIME > journal.log"),
    tells: "starts, reloads, commands by sudo and audited rules, for --log journal.log",
};

const RULES_AUDITED: Check = Check {
    on: "SERVER",
    run: Some("ausearch -i -m NETFILTER_CFG -ts recent"),
    tells: "which program changed rules of the packet filter, and when (auditd)",
};

pub(super) const PAGES: &[Page] = &[Page {
    term: "changes_before",
    kinds: &[Kind::Sign],
    numbers: None,
    title: "what logs say was changed before it failed",
    on_the_wire: "nothing: lines of --log from the 15 minutes before the first connect of a \
        finding. They are told as what changed, never as the cause: what the packets show goes \
        before, and is as sure as without them.",
    brought_about_by: &[
        "a service, container or loader of rules was started, stopped, reloaded or failed \
         (systemd, docker, nginx, postgres and others by their own lines)",
        "somebody ran a command that changes rules, addresses, routes or services (sudo, doas)",
        "rules of a packet filter were registered or replaced (the kernel's audit, type 1325)",
        "a link, a port of a bridge or a lease of an address came or went; a process was killed",
    ],
    told_apart: &[
        apart(
            "service_down_window",
            "a stop and start that fit the window are evidence of it, and not told twice",
        ),
        apart(
            "policy_changed",
            "there the packets themselves show that the answer became another",
        ),
        apart(
            "firewall_log",
            "a line about a packet says what became of it, and names its ends",
        ),
    ],
    check: &[
        JOURNAL_BEFORE,
        RULES_AUDITED,
        NFT_RULES,
        super::checks::IPTABLES_RULES,
        super::checks::IP6TABLES_RULES,
        SERVICE_STATE,
        APPLICATION_LOG,
    ],
    applications: &[Sayings {
        when: "",
        says: &[
            said("systemd", "Reloaded nginx.service - A web server."),
            said(
                "sudo",
                "alice : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/nft ...",
            ),
            said(
                "kernel",
                "audit: type=1325 audit(...): table=filter:7 family=2 op=nft_register_rule",
            ),
        ],
    }],
    shown_by: "tcpwhy read FILE --log journal.log",
    see_also: &["service_down_window", "policy_changed", "firewall_log"],
}];
