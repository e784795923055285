//! The words for what went wrong with a connect that was established: the same in every format.

use super::counts::grouped;
use super::evidence_words::duration;
use crate::diagnosis::TroubleCounts;
use crate::handshake::{DecidedAttempt, Role, Trouble};

/// Its name as people read it: `hung up`.
pub(crate) fn shown_name(trouble: Trouble) -> String {
    trouble.name().replace('_', " ")
}

/// What stands behind the number of established connects: ` (3 slow, 1 stuck)`, or nothing.
pub(super) fn beside(counts: &TroubleCounts) -> String {
    let words = counted(counts);
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({words})")
    }
}

/// `3 slow, 1 stuck`.
pub(super) fn counted(counts: &TroubleCounts) -> String {
    let words: Vec<String> = counts
        .iter()
        .map(|(trouble, count)| format!("{} {}", grouped(count), shown_name(trouble)))
        .collect();
    words.join(", ")
}

/// One sentence for each trouble of the attempt.
pub(crate) fn troubles(decided: &DecidedAttempt) -> Vec<String> {
    let words = |trouble| match trouble {
        Trouble::Slow => slow(decided),
        Trouble::HungUp => hung_up(decided),
        Trouble::Stuck => stuck(decided),
    };
    decided.judgement.troubles.iter().map(words).collect()
}

fn slow(decided: &DecidedAttempt) -> String {
    let attempt = &decided.attempt;
    let took = duration(decided.judgement.at.since(attempt.started_at()));
    let how = match (attempt.syn_count, attempt.syn_ack_count) {
        (0 | 1, 0 | 1) => String::new(),
        (0 | 1, answers) => format!(", SYN-ACK sent {answers} times"),
        (syns, _) => format!(", SYN sent {syns} times"),
    };
    format!("slow: connected after {took}{how}")
}

fn hung_up(decided: &DecidedAttempt) -> String {
    let attempt = &decided.attempt;
    let after = attempt.hung_up_at.map_or_else(String::new, |closed| {
        format!(" {} later", duration(closed.since(decided.judgement.at)))
    });
    let sent = if attempt.client_data.is_sent {
        ", on a client that had sent data"
    } else {
        ""
    };
    format!("hung up{after}: FIN without one byte{sent}")
}

fn stuck(decided: &DecidedAttempt) -> String {
    let attempt = &decided.attempt;
    let repeated = |whose: &str, times: u8| {
        format!(
            "stuck: first data of the {whose} sent {} times, never acknowledged",
            u32::from(times) + 1
        )
    };
    let (client, server) = (attempt.client_data, attempt.server_data);
    let adjusted = if attempt.packets_as(&[Role::IcmpAboutData]).next().is_some() {
        ": too large for the way (ICMP)"
    } else {
        ""
    };
    if client.repetitions > 1 && !client.is_acknowledged {
        repeated("client", client.repetitions) + adjusted
    } else if server.repetitions > 1 && !server.is_acknowledged {
        repeated("server", server.repetitions) + adjusted
    } else {
        "stuck: SYN-ACK repeated after it was acknowledged".to_owned()
    }
}
