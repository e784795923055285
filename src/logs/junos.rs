//! What firewalls and routers of Juniper log: sessions of SRX, and terms of filters.

use std::time::Duration;

use super::named::{NamedEnds, named_value, with_slash};
use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};

/// A line about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JunosSession<'a> {
    /// What became of it.
    pub state: JunosState,
    /// Why it ended, where it did.
    pub reason: &'a str,
    /// Whom it names.
    pub ends: NamedEnds,
    /// As it was translated.
    translated: NamedEnds,
    protocol: Option<&'a str>,
    policy: Option<&'a str>,
    /// How long it lasted, where it ended.
    lasted: Option<Duration>,
}

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JunosState {
    /// A policy denied it.
    Denied,
    /// A policy let it through.
    Created,
    /// It ended.
    Closed,
}

const STATES: [(&str, &str, JunosState); 3] = [
    ("RT_FLOW_SESSION_DENY", "session denied", JunosState::Denied),
    (
        "RT_FLOW_SESSION_CREATE",
        "session created",
        JunosState::Created,
    ),
    (
        "RT_FLOW_SESSION_CLOSE",
        "session closed",
        JunosState::Closed,
    ),
];

impl<'a> JunosSession<'a> {
    /// `RT_FLOW_SESSION_DENY: session denied 10.1.1.20/51234->203.0.113.7/443 ...`, or with fields
    /// that have names.
    pub fn of(text: &'a str) -> Option<Self> {
        let (at, (_, says, state)) = STATES
            .iter()
            .find_map(|known| Some((text.find(known.0)?, known)))?;
        let text = text.get(at..)?;
        match text.split_once(says) {
            Some((_, rest)) => Some(Self::of_words(rest, *state)),
            None => Some(Self::of_fields(text, *state)),
        }
    }

    /// As [`Self::of`], of a message whose name stands elsewhere in its line.
    fn of_message(text: &'a str) -> Option<Self> {
        let named = || {
            STATES.iter().find_map(|(_, says, state)| {
                let rest = text.strip_prefix(says)?;
                Some(Self::of_words(rest, *state))
            })
        };
        Self::of(text).or_else(named)
    }

    fn of_words(text: &'a str, state: JunosState) -> Self {
        let (reason, rest) = match state {
            JunosState::Closed => text.split_once(": ").unwrap_or((text, "")),
            _ => ("", text),
        };
        let mut arrows = rest.split_whitespace().filter_map(between);
        let ends = arrows.next().unwrap_or_default();
        let translated = arrows.next().unwrap_or_default();
        let (protocol, policy) = protocol_and_policy(rest, state).unzip();
        let lasted = || {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let of_packets = |word: &&str| word.ends_with(')') && number_of(word).is_some();
            let mut threes = words.windows(3);
            let three = threes.find(|three| three.iter().take(2).all(of_packets))?;
            Some(Duration::from_secs(three.get(2)?.parse().ok()?))
        };
        Self {
            state,
            reason: reason.trim(),
            ends,
            translated,
            protocol,
            policy,
            lasted: (state == JunosState::Closed).then(lasted).flatten(),
        }
    }

    /// Structured: `[junos@2636.1.1.1.2.40 source-address="10.1.1.20" source-port="51234" ...]`.
    fn of_fields(text: &'a str, state: JunosState) -> Self {
        let field = |name: &str| named_value(text, name);
        let lasted = field("elapsed-time").and_then(|text| text.parse().ok());
        Self {
            state,
            reason: field("reason").unwrap_or_default(),
            ends: NamedEnds::new(
                (field("source-address"), field("source-port")),
                (field("destination-address"), field("destination-port")),
            ),
            translated: NamedEnds::new(
                (field("nat-source-address"), field("nat-source-port")),
                (
                    field("nat-destination-address"),
                    field("nat-destination-port"),
                ),
            ),
            protocol: field("protocol-id"),
            policy: field("policy-name"),
            lasted: lasted.map(Duration::from_secs),
        }
    }
}

/// A denied session has the ICMP type behind its protocol: `6(0) deny-all`. Others have the policy,
/// two zones and the number of the session behind it; a name before it may be a number, too.
fn protocol_and_policy(text: &str, state: JunosState) -> Option<(&str, &str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut at = 0..words.len();
    let at = at.find(|at| {
        let word = |behind: usize| words.get(at + behind).copied().unwrap_or_default();
        let Some(number) = number_of(word(0)) else {
            return false;
        };
        match state {
            JunosState::Denied => number != word(0),
            _ => number == word(0) && number_of(word(4)).is_some(),
        }
    })?;
    Some((number_of(words.get(at)?)?, words.get(at + 1)?))
}

/// `6` or `6(0)`.
fn number_of(word: &str) -> Option<&str> {
    let digits = word.split_once('(').map_or(word, |(digits, _)| digits);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(digits)
}

/// `10.1.1.20/51234->203.0.113.7/443`.
fn between(word: &str) -> Option<NamedEnds> {
    let (source, destination) = word.split_once("->")?;
    let ends = NamedEnds::new(with_slash(source), with_slash(destination));
    (ends.source.is_some() && ends.destination.is_some()).then_some(ends)
}

/// How long before the line the session began, and the SYN that began it.
pub(super) fn of_session(text: &str) -> Option<(Duration, FilteredPacket)> {
    let session = JunosSession::of_message(text)?;
    if session.protocol? != "6" {
        return None;
    }
    let (action, lasted) = match session.state {
        JunosState::Denied => (FilterAction::Blocked, Duration::ZERO),
        JunosState::Created => (FilterAction::Passed, Duration::ZERO),
        JunosState::Closed => (FilterAction::Passed, session.lasted?),
    };
    let packet = FilteredPacket {
        rule: format!("policy {}", session.policy?),
        ..FilteredPacket::new(
            FilterKind::Junos,
            action,
            LoggedSegment::Syn,
            session.ends.endpoints()?,
        )
    };
    Some((lasted, packet.translated_to(session.translated.endpoints())))
}

/// A packet that a term of a filter logged; it is not said of which flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JunosTerm<'a> {
    /// `D`, `R` or `A`: discarded, rejected, accepted.
    pub action: &'a str,
    interface: Option<&'a str>,
    /// Whom it names.
    pub ends: NamedEnds,
}

impl<'a> JunosTerm<'a> {
    /// `PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 10.1.1.20 203.0.113.7 51234 443 (1 packets)`.
    pub fn of(text: &'a str) -> Option<Self> {
        let (_, rest) = text.split_once("PFE_FW_SYSLOG_IP")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let at = fields.iter().position(|field| *field == "tcp")?;
        let action = fields.get(at.checked_sub(1)?)?;
        let interface = at.checked_sub(2).and_then(|before| fields.get(before));
        let field = |offset: usize| fields.get(at + offset).copied();
        Some(Self {
            action,
            interface: interface.copied(),
            ends: NamedEnds::new((field(1), field(3)), (field(2), field(4))),
        })
    }
}

pub(super) fn of_filter(text: &str) -> Option<FilteredPacket> {
    let term = JunosTerm::of(text)?;
    let action = match term.action {
        "D" => FilterAction::Blocked,
        "R" => FilterAction::Rejected,
        "A" => FilterAction::Passed,
        _ => return None,
    };
    Some(FilteredPacket {
        rule: "a term of a filter".to_owned(),
        input: term.interface.map(str::to_owned),
        ..FilteredPacket::new(
            FilterKind::Junos,
            action,
            LoggedSegment::Unsaid,
            term.ends.endpoints()?,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARROW: &str = "10.0.0.7/50000->10.0.1.20/443 0x0 junos-https";

    #[test]
    fn sessions_are_read_in_words_and_in_fields() {
        let in_words =
            format!("RT_FLOW_SESSION_DENY: session denied {ARROW} 6(0) deny-all trust untrust");
        let in_fields = "RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.40 source-address=\"10.0.0.7\" \
            source-port=\"50000\" destination-address=\"10.0.1.20\" destination-port=\"443\" \
            service-name=\"junos-https\" protocol-id=\"6\" policy-name=\"deny-all\"]";
        for line in [&*in_words, in_fields] {
            let (lasted, packet) = of_session(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(lasted, Duration::ZERO);
            assert_eq!(packet.source.to_string(), "10.0.0.7:50000", "{line}");
            assert_eq!(packet.destination.to_string(), "10.0.1.20:443");
            assert_eq!(packet.rule, "policy deny-all");
            assert_eq!(packet.action, FilterAction::Blocked);
        }
        assert_eq!(of_session(&in_words.replace(" 6(0)", " 17(0)")), None);
    }

    #[test]
    fn a_session_that_ended_began_before_and_may_be_translated() {
        let line = format!(
            "RT_FLOW_SESSION_CLOSE: session closed idle Timeout: {ARROW} \
             192.0.2.1/61000->10.0.1.20/443 0x0 source rule 1 N/A N/A 6 allow-web trust untrust \
             29131 3(180) 0(0) 20 UNKNOWN UNKNOWN N/A(N/A) ge-0/0/1.0 UNKNOWN"
        );
        let (lasted, packet) = of_session(&line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(lasted, Duration::from_secs(20));
        assert_eq!(packet.action, FilterAction::Passed);
        assert_eq!(packet.translated.unwrap().0.to_string(), "192.0.2.1:61000");
        // How long it lasted was cut off: when it began is not known.
        let cut = line.split(" 20 UNKNOWN").next().unwrap();
        assert_eq!(of_session(cut), None);
    }

    #[test]
    fn a_term_of_a_filter_says_no_flags() {
        let line =
            "PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 10.0.0.7 10.0.1.20 50000 443 (1 packets)";
        let packet = of_filter(line).unwrap();
        assert_eq!(packet.segment, LoggedSegment::Unsaid);
        assert_eq!(packet.source.to_string(), "10.0.0.7:50000");
        assert_eq!(packet.input.as_deref(), Some("ge-0/0/0.0"));
        assert_eq!(of_filter("PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp"), None);
        assert_eq!(of_filter("PFE_FW_SYSLOG_IP: tcp"), None);
    }
}
