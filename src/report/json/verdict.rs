//! What the capture itself says of packets, as JSON has it.

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::wire::PacketPlace;
use crate::capture::Passage;
use crate::decode::NetfilterHook;
use crate::handshake::{Attempt, AttemptVerdict, Outcome, SpokenOf};

/// What the capture itself says became of packets of an attempt.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Verdict {
    /// Who says it: `pf`, `netfilter`, `drop_capture`, `xdp`, `traffic_control`, `windows`,
    /// `hardware`, `fw_monitor`; `load_balancer` and `reset_text` are the words of a RST.
    teller: &'static str,
    /// What became of them: `dropped`, `said_to_be_dropped` or `said_to_be_rejected` (by the word
    /// of a rule's author), `passed`, `seen`.
    action: &'static str,
    /// The teller's own word: `block`, `rdr`.
    word: Option<String>,
    /// The number of the rule; null for the default rule, and where none is said.
    rule: Option<u32>,
    /// The number of the rule in the anchor.
    sub_rule: Option<u32>,
    /// The anchor of the rule.
    anchor: Option<String>,
    /// The prefix that the rule gives to what it logs.
    prefix: Option<String>,
    /// Why, beyond that a rule matched.
    reason: Option<String>,
    /// The program or component that decided.
    component: Option<String>,
    /// Where in the kernel: `input`, `forward`.
    hook: Option<&'static str>,
    /// Which way the packets went: `in` or `out`.
    direction: Option<&'static str>,
    /// The interface that they came in by.
    came_in_by: Option<String>,
    /// The interface that they were to leave by.
    leaves_by: Option<String>,
    /// The user whose socket it is.
    user: Option<u32>,
    /// The mark that rules gave them.
    mark: Option<u32>,
    /// Whether that is in doubt: the header that says it is not as it should be, or the attempt was
    /// established although each packet of that kind is said to have been stopped.
    in_doubt: bool,
    /// Which packets they are: `syn`, `syn_ack`, `reset`, `icmp_error`, `other`.
    of: &'static str,
    /// How many.
    packets: u32,
    /// The first of them.
    packet: PacketPlace,
    /// The first record that says so: the packet itself, where that stands in a log.
    record: PacketPlace,
}

impl Verdict {
    pub(super) fn of(told: &AttemptVerdict, attempt: &Attempt, outcome: Outcome) -> Self {
        let verdict = told.verdict.clone();
        let rule = verdict.rule.unwrap_or_default();
        Self {
            teller: verdict.teller.name(),
            in_doubt: verdict.is_in_doubt || attempt.contradicts(told, outcome),
            action: verdict.action.name(),
            word: verdict.word,
            rule: rule.number,
            sub_rule: rule.sub_rule,
            anchor: rule.anchor,
            prefix: verdict.prefix,
            reason: verdict.reason,
            component: verdict.component,
            hook: verdict.hook.map(NetfilterHook::name),
            direction: verdict.passage.map(|passage| match passage {
                Passage::In => "in",
                Passage::Out => "out",
            }),
            came_in_by: verdict.came_in_by,
            leaves_by: verdict.leaves_by,
            user: verdict.user,
            mark: verdict.packet_mark,
            of: match told.of {
                SpokenOf::Syn => "syn",
                SpokenOf::SynAck => "syn_ack",
                SpokenOf::Reset => "reset",
                SpokenOf::IcmpError => "icmp_error",
                SpokenOf::Other => "other",
            },
            packets: told.packets,
            packet: place_of(told.packet),
            record: place_of(told.record),
        }
    }
}

fn place_of(place: crate::capture::PacketPlace) -> PacketPlace {
    PacketPlace {
        source: place.source.0,
        packet: place.number.0,
    }
}
