//! The words for what the capture itself says of packets: the same in every format. Names and texts
//! are hostile: they stand in quotes, or are of usual characters.

use super::counts::counted;
use super::statement_words::all_of;
use super::testimony_words::name;
use crate::capture::Passage;
use crate::decode::{CaptureVerdict, FilterRule, VerdictAction, VerdictFault, VerdictTeller};
use crate::diagnosis::{FilterRuleHits, Statement};
use crate::handshake::{Attempt, AttemptVerdict, SpokenOf};

/// What is said of packets of an attempt, and where in the capture.
pub(super) fn of_attempt(told: &AttemptVerdict) -> String {
    let verdict = &told.verdict;
    let packets = u64::from(told.packets);
    let of = match told.of {
        SpokenOf::Syn => "SYN",
        SpokenOf::SynAck => "SYN-ACK",
        SpokenOf::Reset => "RST",
        SpokenOf::IcmpError => "ICMP error",
        SpokenOf::Other => "packet",
    };
    let mut words = format!("{}: {}", verdict_in_full(verdict), counted(packets, of));
    if told.is_about_another_packet() {
        let (record, packet) = (told.record.number.0, told.packet.number.0);
        words = format!("{words}, from record {record} on, which is about packet {packet}");
    } else {
        words = format!("{words}, from packet {} on", told.record.number.0);
    }
    if sent_here(told) {
        words.push_str("; the host that logged it sent it: its own TCP, or its own filter");
    }
    words
}

/// All that is said of packets of an attempt, on one line; `None` when nothing is.
pub(super) fn of_all(attempt: &Attempt) -> Option<String> {
    let each = attempt.verdicts.iter();
    let mut words: Vec<String> = each.map(|told| verdict_in_full(&told.verdict)).collect();
    words.dedup();
    (!words.is_empty()).then(|| words.join("; "))
}

/// Whether an answer was logged as it left the host that sent it.
fn sent_here(told: &AttemptVerdict) -> bool {
    use crate::decode::NetfilterHook::Output;
    let is_answer = matches!(
        told.of,
        SpokenOf::SynAck | SpokenOf::Reset | SpokenOf::IcmpError
    );
    is_answer && told.verdict.hook == Some(Output)
}

/// `pf: block, rule 12, in on em0`
fn verdict_in_full(verdict: &CaptureVerdict) -> String {
    let mut parts = vec![verdict_in_brief(verdict)];
    let is_brief_all = matches!(
        verdict.teller,
        VerdictTeller::FwMonitor | VerdictTeller::LoadBalancer | VerdictTeller::ResetText
    );
    if is_brief_all {
        return verdict_in_brief(verdict);
    }
    parts.extend(verdict.reason.as_deref().map(|reason| {
        let reason = name(reason);
        format!("for another reason than a rule: {reason}")
    }));
    parts.extend(way(verdict));
    parts.extend(verdict.user.map(|user| format!("socket of user {user}")));
    parts.extend(verdict.packet_mark.map(|mark| format!("mark {mark:#x}")));
    let doubt = verdict
        .is_in_doubt
        .then_some("in doubt: its header is not as it should be");
    parts.extend(doubt.map(str::to_owned));
    parts.join(", ")
}

/// Beside a packet: `pf: block, rule 12`, `logged as "IN-DROP"`.
pub(super) fn beside_packet(verdict: &CaptureVerdict) -> String {
    match (verdict.teller, &verdict.prefix) {
        (VerdictTeller::Netfilter, Some(prefix)) => {
            format!("logged as {:?}", prefix.trim_end())
        }
        (VerdictTeller::Netfilter, None) => "logged".to_owned(),
        (VerdictTeller::DropCapture, _) => "dropped".to_owned(),
        _ => verdict_in_brief(verdict),
    }
}

/// `pf: block, rule 12`
fn verdict_in_brief(verdict: &CaptureVerdict) -> String {
    match verdict.teller {
        VerdictTeller::Pf => {
            let word = verdict.word.as_deref().unwrap_or("seen");
            let mut words = format!("pf: {}", name(word));
            if let Some(rule) = &verdict.rule {
                words = format!("{words}, {}", rule_words(rule));
            }
            words
        }
        VerdictTeller::Netfilter => {
            let which = match &verdict.prefix {
                Some(prefix) => format!("netfilter: the rule that logs {:?}", prefix.trim_end()),
                None => "netfilter: a rule that logs without a prefix".to_owned(),
            };
            let says = match verdict.action {
                VerdictAction::SaidToBeDropped => " and so says that it drops",
                VerdictAction::SaidToBeRejected => " and so says that it rejects",
                _ => "",
            };
            format!("{which}{says}")
        }
        VerdictTeller::DropCapture => {
            "dropped, as all that is in this capture (--drops-only)".to_owned()
        }
        VerdictTeller::Xdp
        | VerdictTeller::TrafficControl
        | VerdictTeller::Windows
        | VerdictTeller::Hardware => by_component(verdict),
        VerdictTeller::FwMonitor => {
            let point = verdict.word.as_deref().unwrap_or_default();
            let interface = verdict.came_in_by.as_ref().or(verdict.leaves_by.as_ref());
            let interface = interface.map(|interface| format!(" on {}", name(interface)));
            format!("fw monitor: {point}{}", interface.unwrap_or_default())
        }
        VerdictTeller::LoadBalancer | VerdictTeller::ResetText => quoted(verdict),
    }
}

/// `XDP: XDP_DROP by eth0:drop_all()@fexit`
fn by_component(verdict: &CaptureVerdict) -> String {
    let teller = match verdict.teller {
        VerdictTeller::Xdp => "XDP, before the kernel's stack",
        VerdictTeller::TrafficControl => "traffic control",
        VerdictTeller::Windows => "inside Windows",
        _ => "the network card",
    };
    let what = match (&verdict.word, verdict.action) {
        (Some(word), _) => word.clone(),
        (None, VerdictAction::Dropped) => "dropped, the reason is not in the file".to_owned(),
        (None, _) if verdict.teller == VerdictTeller::Xdp => "before the program".to_owned(),
        (None, _) => "seen".to_owned(),
    };
    let component = verdict.component.as_deref();
    let by = component.map(|component| format!(", {}", name(component)));
    format!("{teller}: {what}{}", by.unwrap_or_default())
}

/// `the RST says "BIG-IP: [0x2664c65:2574] No local listener": no virtual server ...`
fn quoted(verdict: &CaptureVerdict) -> String {
    let Some(text) = &verdict.reason else {
        return "the RST says why, in words that are left out here".to_owned();
    };
    let mut words = format!("the RST says {text:?}");
    if let Some(server) = &verdict.component {
        words = format!("{words}, of virtual server {}", name(server));
    }
    if verdict.teller == VerdictTeller::LoadBalancer {
        for meaning in balancer_words(text) {
            words = format!("{words}: {meaning}");
        }
    }
    words
}

/// What a box on the way did, and what it says of why.
pub(super) fn made_by_a_box(attempts: u64, statement: &Statement) -> String {
    let Statement::AnswersMadeByABox {
        servers,
        more,
        accepted,
        only_clients,
        said,
    } = statement
    else {
        return String::new();
    };
    let connects = match accepted {
        0 => all_of(attempts),
        accepted => format!("{attempts} of {} connects", attempts + accepted),
    };
    let clients: Vec<String> = only_clients.iter().map(ToString::to_string).collect();
    let clients = if clients.is_empty() {
        String::new()
    } else {
        format!(", all those of {},", clients.join(", "))
    };
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    let more = match more {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let words = said.as_deref().map(|verdict| {
        let words = beside_packet(verdict);
        match attempts {
            1 => format!("; {words}"),
            _ => format!("; {}", words.replacen("the RST", "the first RST", 1)),
        }
    });
    format!(
        "{} to {}{more}{clients} {} reset by a box on the way, not by the host: that says nothing of what listens there{}",
        connects,
        servers.join(", "),
        if attempts == 1 { "was" } else { "were" },
        words.unwrap_or_default(),
    )
}

/// What F5's reasons mean.
fn balancer_words(text: &str) -> impl Iterator<Item = &'static str> {
    const MEANINGS: [(&str, &str); 8] = [
        (
            "No local listener",
            "no virtual server is on this address and port",
        ),
        (
            "No flow found",
            "the balancer knows no such connection (any more)",
        ),
        ("Policy action", "a policy or rule on the balancer rejects"),
        (
            "Flow expired",
            "the balancer's idle time for connections was over",
        ),
        ("Port denied", "the balancer does not serve this port"),
        ("No server selected", "no member of the pool is up"),
        (
            "No route to host",
            "the balancer has no way to the server behind it",
        ),
        (
            "TCP RST from remote system",
            "the balancer got a RST and passed it on",
        ),
    ];
    const OF_PEER: (&str, &str) = ("{peer}", "it came to the balancer's other side first");
    let known = MEANINGS.into_iter().chain([OF_PEER]);
    let says: Vec<_> = known
        .filter(|(reason, _)| text.contains(reason))
        .map(|(_, meaning)| meaning)
        .collect();
    says.into_iter()
}

/// `rule 12`, `rule 2 of anchor "ftp-proxy", called by rule 4`, `the default rule`
fn rule_words(rule: &FilterRule) -> String {
    match (rule.number, rule.sub_rule, &rule.anchor) {
        (None, ..) => "the default rule".to_owned(),
        (Some(number), Some(sub_rule), Some(anchor)) => {
            format!("rule {number}, there rule {sub_rule} of anchor {anchor:?}")
        }
        (Some(number), None, Some(anchor)) => format!("rule {number}, anchor {anchor:?}"),
        (Some(number), Some(sub_rule), None) => format!("rule {number}, there rule {sub_rule}"),
        (Some(number), None, None) => format!("rule {number}"),
    }
}

/// `in on em0`, `at hook forward, in on interface 3, out on interface 5`
fn way(verdict: &CaptureVerdict) -> Option<String> {
    let hook = verdict.hook.map(|hook| format!("at hook {}", hook.name()));
    let on = |way: &str, interface: &Option<String>| {
        let interface = interface.as_deref()?;
        // The number of an interface is two words.
        let shown = if verdict.teller == VerdictTeller::Netfilter {
            interface.to_owned()
        } else {
            name(interface)
        };
        Some(format!("{way} on {shown}"))
    };
    let (came_in, leaves) = (on("in", &verdict.came_in_by), on("out", &verdict.leaves_by));
    let is_without_interface = came_in.is_none() && leaves.is_none() && hook.is_none();
    let passage = verdict.passage.filter(|_| is_without_interface);
    let passage = passage.map(|passage| match passage {
        Passage::In => "in".to_owned(),
        Passage::Out => "out".to_owned(),
    });
    let parts: Vec<String> = [hook, came_in, leaves, passage]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is wrong with so many headers.
pub(super) fn fault(fault: VerdictFault, count: u64) -> &'static str {
    match (fault, count) {
        (VerdictFault::Length, 1) => "has a header of an unknown length, or one cut short",
        (VerdictFault::Length, _) => "have headers of an unknown length, or ones cut short",
        (VerdictFault::Text, 1) => "has a text without its end",
        (VerdictFault::Text, _) => "have texts without their end",
        (VerdictFault::Field, 1) => "has a field that is cut short",
        (VerdictFault::Field, _) => "have fields that are cut short",
        (VerdictFault::Value, 1) => "says what no known filter says",
        (VerdictFault::Value, _) => "say what no known filter says",
    }
}

/// What the records of a filter say together.
pub(super) fn filter_log(rules: usize, (blocked, without_end): (u64, u64), others: u64) -> String {
    let rules = counted(rules as u64, "rule");
    let stopped = match blocked {
        0 => "stopped none of them".to_owned(),
        1 => "stopped 1 connect".to_owned(),
        blocked => format!("stopped {blocked} connects"),
    };
    let stopped = match without_end {
        0 => stopped,
        all if all == blocked => format!("{stopped}, of which the capture shows no end"),
        some => format!("{stopped}, of {some} of which the capture shows no end"),
    };
    let went_on = match others {
        0 => String::new(),
        1 => ", and passed or only logged 1".to_owned(),
        others => format!(", and passed or only logged {others}"),
    };
    format!(
        "a packet filter's log is in this capture: it {stopped}{went_on}, by {rules}; what is not in a log proves nothing, so no silence is judged by it"
    )
}

/// What met one rule.
pub(super) fn rule_hits(hits: &FilterRuleHits) -> String {
    let at_least = if hits.are_more { "at least " } else { "" };
    let mut words = format!(
        "{}: {}",
        verdict_in_full(&hits.verdict),
        counted(hits.packets, "packet")
    );
    if hits.connects > 0 {
        let servers: Vec<String> = hits
            .servers
            .iter()
            .map(|(server, _)| server.to_string())
            .collect();
        let more = match hits.more_servers {
            0 => String::new(),
            more => format!(" and {}", counted(more as u64, "other server")),
        };
        words = format!(
            "{words} of {at_least}{} of {} to {}{more}",
            counted(hits.connects as u64, "connect"),
            counted(hits.clients as u64, "client"),
            servers.join(", ")
        );
    }
    if hits.is_contradicted {
        words = format!(
            "{words}; it does not stop what it logs, as connects that met it were established"
        );
    }
    format!("{words}, from packet {} on", hits.first.number.0)
}
