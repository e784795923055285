//! The words for a note on an attempt: the same in every format.

use std::time::Duration;

use super::evidence_words::duration;
use super::noise_words;
use super::testimony_words;
use crate::decode::{DamagedPart, Endpoint, IpFacts};
use crate::diagnosis::{DiagnosedAttempt, Judged, Note, ResetOrigin, Vantage};
use crate::handshake::{Outcome, Sender};

/// What else is worth knowing of an attempt, one fact each: what the packets tell, and what is
/// known from elsewhere. Hostile text may be among it.
pub fn notes(diagnosed: &DiagnosedAttempt) -> Vec<String> {
    let notes = diagnosed.notes.iter().map(note);
    let testimony = diagnosed.testimony.iter();
    notes
        .chain(testimony.map(testimony_words::of_attempt))
        .collect()
}

/// One note in words.
#[expect(clippy::too_many_lines, reason = "one arm for each note")]
pub fn note(note: &Note) -> String {
    match note {
        Note::ResetOrigin {
            reset,
            own_hops,
            origin,
        } => reset_origin(reset, own_hops, *origin),
        Note::ResetIdentifiedOtherwise { is_zero } => identified_otherwise(*is_zero),
        Note::ResetMark {
            is_of_stack,
            flow_label,
        } => reset_mark(*is_of_stack, *flow_label),
        Note::RejectedBy {
            sender,
            hops,
            after,
            is_late,
        } => rejected_by(&rejecter(*sender, *hops), *after, *is_late),
        Note::MuteSiblings { connections } => format!(
            "{connections} connections to this port were accepted then, asked something, and never got a byte: the application does not serve them"
        ),
        Note::PartOf(noise) => format!(
            "part of {}: not counted with the server",
            noise_words::noise(*noise)
        ),
        Note::OtherCauses(others) => other_causes(others),
        Note::OvertakenError(kind) => format!("{kind} came as well, and did not decide"),
        Note::IgnoredAnswers {
            resets,
            syn_acks,
            bare_acks,
            went_on_waiting,
        } => ignored_answers([*resets, *syn_acks, *bare_acks], *went_on_waiting),
        Note::WrongChecksums {
            wrong,
            packets,
            are_syn_acks,
            are_of_tunnel,
        } => wrong_checksums((*wrong, *packets), *are_syn_acks, *are_of_tunnel),
        Note::Duplicates(packets) => format!("{packets} of its packets were captured again"),
        Note::LeftOut(packets) => format!("{packets} more packets are not shown as evidence"),
        Note::Silence(vantage) => silence(*vantage).to_owned(),
        Note::ResetTooSoon { after, fastest } => reset_too_soon(*after, *fastest),
        Note::ResetShape {
            has_sequence,
            window,
        } => reset_shape(*has_sequence, *window),
        Note::GoesOnAs {
            client,
            server,
            was_answered,
            outcome,
        } => goes_on_as(*client, *server, (*was_answered, *outcome)),
        Note::ForgedClientReset => {
            "a RST in the client's name came another number of hops than its other packets, and the client went on: a box on the way forged it".to_owned()
        }
        Note::AnswerNotRepeated => {
            "the SYN-ACK reached the client's side and was never repeated: the server was satisfied, so an ACK is missing in this capture (or it answers with SYN cookies)".to_owned()
        }
        Note::ResetWindow(window) => reset_window(*window),
        Note::WindowsCountUp { first, last } => windows_count_up(*first, *last),
        Note::LostInChain {
            seen,
            missing,
            interface,
        } => lost_in_chain(*seen, *missing, interface.as_deref()),
        Note::AnsweredElsewhere { from, to } => format!(
            "what answers this SYN goes from {from} to {to}: an address or port is translated in one direction only, or translated back wrongly"
        ),
        Note::MetByAcksOf { from, count } => met_by_acks_of(*from, *count),
        Note::RedirectedHere { asked } => format!(
            "the client had asked {asked}, as which the RST comes back: a rule of its own host redirects the connect to a port where nothing listens (the proxy of a sidecar that is not up, a transparent proxy)"
        ),
        Note::UserModeNetworking { is_pasta } => user_mode_networking(*is_pasta).to_owned(),
        Note::ResetCannotBeTold => {
            "cannot be told from here: closed port, reset rule or a box on the way; any SYN-ACK of this host, or a capture on the server, would tell".to_owned()
        }
        Note::ResetRuleLooksTheSame => {
            "a reset rule on the server itself would look the same; a SYN marked with a DSCP value would tell: only the host's stack echoes it".to_owned()
        }
        Note::OfOutage => {
            "nobody got through to this port then, though others did before or after: no loss of this one".to_owned()
        }
        Note::SentBack => {
            "the SYN came back to its sender as if from itself, where it is dropped: a load balancer that keeps the client's address chose the client as target".to_owned()
        }
        Note::OlderByTimestamp => {
            "of this client's SYNs just those are dropped that have an older timestamp than the last accepted one: several hosts behind one NAT, and a server with tcp_tw_recycle".to_owned()
        }
        Note::SilenceDoubtful => {
            "the capture may have missed an answer: this is less sure than it looks".to_owned()
        }
        Note::ResetAndSynAck {
            is_established: true,
        } => "a RST answered the same initial sequence number before".to_owned(),
        Note::ResetAndSynAck { .. } => "a RST and a SYN-ACK both answer this SYN".to_owned(),
        Note::ThirdStepInferred => {
            "the capture was filtered to SYN, FIN and RST: the client's ACK is inferred from a SYN-ACK that was not repeated".to_owned()
        }
        Note::SynAckUnseen => {
            "the server's SYN-ACK is not in the capture: what the client sent after its SYN proves that it came".to_owned()
        }
        Note::Damaged {
            part,
            frames,
            first,
        } => damaged(*part, *frames, first.0),
        Note::GivenUp => "in the end the client reset the attempt".to_owned(),
        Note::ErrorAboutAnswer => {
            "an ICMP error quotes the server's SYN-ACK: it did not get through".to_owned()
        }
    }
}

fn damaged(part: DamagedPart, frames: u64, first: u64) -> String {
    let which = match part {
        DamagedPart::Syn => "this SYN",
        DamagedPart::SynAck => "the server's SYN-ACK",
        DamagedPart::Reset => "the server's RST",
    };
    let (frames, place, them) = match frames {
        1 => ("a frame".to_owned(), "packet", ""),
        _ => (format!("{frames} frames"), "from packet", " on"),
    };
    format!(
        "{frames} with {which} arrived damaged, by the interface's own word (a CRC error, or another of the link), and never reached the stack: {place} {first}{them}"
    )
}

fn rejected_by(who: &str, after: Duration, is_late: bool) -> String {
    let late = if is_late {
        ": as long as a router asks for a host that does not answer"
    } else {
        ""
    };
    let after = duration(after);
    format!("rejected by {who}, {after} after the SYN{late}")
}

fn other_causes(others: &[Judged]) -> String {
    let others: Vec<String> = others
        .iter()
        .map(|judged| format!("{} ({})", judged.cause.name(), judged.confidence.name()))
        .collect();
    format!("fits as well: {}", others.join(", "))
}

fn met_by_acks_of(from: Endpoint, count: u32) -> String {
    format!(
        "after {count} of these SYNs, sent again, the same ACK came from {from}, to the same port of the client, although nothing was sent there: one host stands behind both addresses, takes the SYN for a segment of the connection that is open there, and says so from that address (another client port would do)"
    )
}

fn goes_on_as(
    client: Endpoint,
    server: Endpoint,
    (was_answered, outcome): (bool, Outcome),
) -> String {
    let there = match (was_answered, outcome) {
        (_, Outcome::Refused) => "refused there",
        (_, Outcome::Rejected) => "rejected there",
        (true, _) => "answered there",
        (false, _) => "not answered there either",
    };
    format!("translated: it goes on as {client} > {server}, {there}")
}

fn reset_too_soon(after: Duration, fastest: Duration) -> String {
    format!(
        "the RST came {} after the SYN, and this host's fastest answer takes {}: whatever its hops say, it was made nearer",
        duration(after),
        duration(fastest)
    )
}

fn reset_window(window: u16) -> String {
    let meaning = match window {
        8201 => " (8201: a packet of no connection that it knows)",
        9300 => " (9300: the service is disabled)",
        _ => "",
    };
    format!(
        "the RST has window {window}: NetScaler appliances say there why they reset{meaning}; a window alone proves nothing"
    )
}

fn windows_count_up(first: u16, last: u16) -> String {
    format!(
        "the windows of the RSTs count up from {first} to {last}: no stack does so, one injector on the way made them"
    )
}

/// `seen at i on eth0 and never at I: this gateway dropped it in its inbound chain`
fn lost_in_chain(seen: char, missing: char, interface: Option<&str>) -> String {
    let on = interface.map(|interface| format!(" on {}", testimony_words::name(interface)));
    let chain = if seen == 'i' { "inbound" } else { "outbound" };
    format!(
        "seen at {seen}{} and never at {missing}: this gateway dropped it in its {chain} chain; fw ctl zdebug + drop, run while it is tried again, says why",
        on.unwrap_or_default()
    )
}

fn user_mode_networking(is_pasta: bool) -> &'static str {
    if is_pasta {
        "user-mode networking of pasta answers in this host's name: what is refused or unreachable outside is a RST here that the client's kernel ignores, until its time-out; a capture outside shows what happened"
    } else {
        "user-mode networking of slirp answers in this host's name: what is unreachable or forbidden outside is silence here, and silence outside a refusal after some 76 s; a capture outside shows what happened"
    }
}

fn reset_shape(has_sequence: bool, window: u16) -> String {
    let sequence = if has_sequence {
        "a sequence number"
    } else {
        ""
    };
    let window = if window > 0 {
        format!("window {window}")
    } else {
        String::new()
    };
    let has: Vec<&str> = [sequence, window.as_str()]
        .into_iter()
        .filter(|what| !what.is_empty())
        .collect();
    format!(
        "the RST has {}: a TCP stack resets a SYN with sequence number 0 and window 0",
        has.join(" and ")
    )
}

fn reset_origin(reset: &IpFacts, own_hops: &[u8], origin: ResetOrigin) -> String {
    let (hops, ttl) = (reset.hops_name(), reset.ttl);
    let own: Vec<String> = own_hops.iter().map(ToString::to_string).collect();
    let own = own.join(", ");
    match origin {
        ResetOrigin::NothingToCompare => format!(
            "no other answer of this host is in the capture to hold the RST ({hops} {ttl}) against"
        ),
        ResetOrigin::AsFar => {
            format!("the RST came as far as this host's own answers ({hops} {ttl})")
        }
        ResetOrigin::CapturingHost => {
            "the RST was made on the capturing host, through which this host's answers only pass"
                .to_owned()
        }
        ResetOrigin::Unclear => format!(
            "the RST came with {hops} {ttl}, this host's own answers with {own}: too little to say who made it"
        ),
        ResetOrigin::Nearer => format!(
            "the RST comes from nearer than this host's own answers ({hops} {ttl} against {own}): a box on the way made it"
        ),
        ResetOrigin::Elsewhere => format!(
            "the RST comes from farther than this host's own answers, or from another system ({hops} {ttl} against {own}): another host made it, behind the address or on the way to it"
        ),
        ResetOrigin::SeveralDistances => format!(
            "this host's own answers come from several distances ({hops} {own}), the RST from another ({hops} {ttl})"
        ),
    }
}

fn identified_otherwise(is_zero: bool) -> String {
    let (this, others) = if is_zero {
        ("0", "a count")
    } else {
        ("a count", "0")
    };
    format!(
        "its IP identification is {this}, in this host's SYN-ACKs it is {others}: perhaps another stack"
    )
}

fn reset_mark(is_of_stack: bool, flow_label: Option<u32>) -> String {
    let label = match flow_label {
        Some(0) => "IPv6 flow label 0",
        Some(_) => "it has an IPv6 flow label",
        None if is_of_stack => {
            return "the RST echoes the SYN's traffic class, as a TCP stack does and a packet filter does not".to_owned();
        }
        None => {
            return "the RST does not echo the SYN's traffic class, as a TCP stack does: a packet filter made it".to_owned();
        }
    };
    let maker = if is_of_stack {
        "a TCP stack"
    } else {
        "a packet filter"
    };
    format!("{maker} made the RST ({label})")
}

fn rejecter(sender: Sender, hops: Option<u8>) -> String {
    match (sender, hops) {
        (Sender::Client, _) => "the client's own host: the SYN never left it".to_owned(),
        (Sender::Server, Some(hops)) => {
            format!("the server's address, {} from here", counted(hops))
        }
        (Sender::Server, None) => "the server's address".to_owned(),
        (Sender::Other(address), Some(0)) => format!("{address}, before the first hop from here"),
        (Sender::Other(address), Some(hops)) => {
            format!("{address}, a box on the way, {} from here", counted(hops))
        }
        (Sender::Other(address), None) => format!("{address}, a box on the way"),
    }
}

fn counted(hops: u8) -> String {
    format!("{hops} {}", if hops == 1 { "hop" } else { "hops" })
}

/// The same silence says something else on each side of the network.
fn silence(vantage: Option<Vantage>) -> &'static str {
    match vantage {
        Some(Vantage::Client) => "captured at the client's side: no answer reached it",
        Some(Vantage::Server) => {
            "captured at the server's side: the SYN arrived there, and the server sent nothing"
        }
        Some(Vantage::Between) => "captured on the way: nothing came back past this point",
        Some(Vantage::Filter) => "known by a packet filter's log, which has no silence",
        None => {
            "nothing came back past this point; on which side of the network that is cannot be told without a packet of the server"
        }
    }
}

fn wrong_checksums(
    (wrong, packets): (usize, usize),
    are_syn_acks: bool,
    are_of_tunnel: bool,
) -> String {
    let what = if are_syn_acks { "SYN-ACK" } else { "SYN" };
    let whose = if are_of_tunnel {
        "in the UDP header of the tunnel"
    } else {
        "of TCP or IP"
    };
    format!(
        "{wrong} of {packets} {what}s have a wrong checksum {whose}: whoever checks it throws the packet away and says nothing"
    )
}

fn ignored_answers(counts: [usize; 3], went_on_waiting: bool) -> String {
    let nouns = [
        ("RST", "RSTs"),
        ("SYN-ACK", "SYN-ACKs"),
        ("ACK without SYN", "ACKs without SYN"),
    ];
    let named: Vec<String> = counts
        .into_iter()
        .zip(nouns)
        .filter(|(count, _)| *count > 0)
        .map(|(count, (one, many))| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    let effect = if went_on_waiting {
        "and went on waiting"
    } else {
        "which decided nothing"
    };
    format!(
        "the client's TCP had to ignore {}, {effect}",
        named.join(" and ")
    )
}
