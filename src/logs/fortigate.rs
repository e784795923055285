//! Traffic logs of Fortinet's `FortiGate`: fields, `name=value` or `name="value"`.

use std::time::Duration;

use super::named::{NamedEnds, named_value};
use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use super::stamp::{self, Stamp};

/// A line of a traffic log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FortiGateLine<'a> {
    text: &'a str,
    /// What became of the session.
    pub action: &'a str,
    /// Whom it names.
    pub ends: NamedEnds,
}

impl<'a> FortiGateLine<'a> {
    /// The line, if it is one.
    pub fn of(text: &'a str) -> Option<Self> {
        let field = |name: &str| named_value(text, name);
        (field("type")? == "traffic").then_some(())?;
        let source = field("srcip")?;
        Some(Self {
            text,
            action: field("action")?,
            ends: NamedEnds::new(
                (Some(source), field("srcport")),
                (field("dstip"), field("dstport")),
            ),
        })
    }

    /// The value of this name.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        named_value(self.text, name)
    }

    /// When the session began: the line is written at its end.
    fn stamp(&self) -> Option<Stamp> {
        let written = self.field("eventtime").and_then(stamp::of_epoch);
        let written = written.or_else(|| {
            let date_and_time = format!(
                "{}T{}{}",
                self.field("date")?,
                self.field("time")?,
                self.field("tz").unwrap_or_default()
            );
            stamp::whole(&date_and_time)
        })?;
        let lasted = self
            .field("duration")
            .map_or(Some(0), |text| text.parse().ok())?;
        written.before(Duration::from_secs(lasted))
    }
}

/// When the session began, and the SYN that began it.
pub(super) fn filtered(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    let line = FortiGateLine::of(without_cut_word(text))?;
    if line.field("proto")? != "6" {
        return None;
    }
    let action = match line.action {
        "deny" => FilterAction::Blocked,
        // How a session went on that was let through.
        "accept" | "start" | "close" | "timeout" | "client-rst" | "server-rst" | "ip-conn" => {
            FilterAction::Passed
        }
        _ => FilterAction::Unsaid,
    };
    let (source, destination) = line.ends.endpoints()?;
    let interface = |name: &str| line.field(name).map(str::to_owned);
    let text_of = |name: &str| line.field(name).filter(|text| !text.is_empty());
    let policy = text_of("policyname").or_else(|| text_of("policyid"));
    // Translated: `trandisp=snat transip=192.0.2.1 transport=50000`, of the destination `tranip`.
    let translated = NamedEnds::new(
        (
            line.field("transip").or(line.field("srcip")),
            line.field("transport").or(line.field("srcport")),
        ),
        (
            line.field("tranip").or(line.field("dstip")),
            line.field("tranport").or(line.field("dstport")),
        ),
    );
    let packet = FilteredPacket {
        rule: policy.map_or_else(|| "no policy".to_owned(), |name| format!("policy {name}")),
        input: interface("srcintf"),
        output: interface("dstintf"),
        ..FilteredPacket::new(
            FilterKind::FortiGate,
            action,
            LoggedSegment::Syn,
            (source, destination),
        )
    };
    Some((line.stamp(), packet.translated_to(translated.endpoints())))
}

/// A last word without quotes may have been longer.
fn without_cut_word(text: &str) -> &str {
    match text.rsplit_once(' ') {
        Some((before, last)) if !last.ends_with('"') => before,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::StampTime;

    const LINE: &str = "date=2026-11-20 time=14:03:05 devname=\"FGT60F\" \
        eventtime=1795179785123456789 tz=\"+0100\" logid=\"0000000013\" type=\"traffic\" \
        subtype=\"forward\" srcip=10.0.0.7 srcport=50000 srcintf=\"port1\" dstip=10.0.1.20 \
        dstport=443 dstintf=\"port2\" proto=6 action=\"deny\" policyid=0 duration=0 sentbyte=0";

    #[test]
    fn a_session_is_read_by_its_fields() {
        let (stamp, packet) = filtered(LINE).unwrap();
        assert_eq!(packet.source.to_string(), "10.0.0.7:50000");
        assert_eq!(packet.destination.to_string(), "10.0.1.20:443");
        assert_eq!(packet.action, FilterAction::Blocked);
        assert_eq!(packet.rule, "policy 0");
        assert_eq!(packet.output.as_deref(), Some("port2"));
        assert_eq!(packet.translated, None);
        let StampTime::Exact(at) = stamp.unwrap().time else {
            panic!("no moment");
        };
        assert_eq!(at.nanoseconds(), 1_795_179_785_123_456_789);
    }

    #[test]
    fn a_session_that_ended_began_before_and_may_be_translated() {
        let line = LINE
            .replace("deny", "timeout")
            .replace(
                "duration=0",
                "duration=20 transip=192.0.2.1 transport=61000",
            )
            .replace("eventtime=1795179785123456789 ", "");
        let (stamp, packet) = filtered(&line).unwrap();
        assert_eq!(packet.action, FilterAction::Passed);
        let (source, destination) = packet.translated.unwrap();
        assert_eq!(source.to_string(), "192.0.2.1:61000");
        assert_eq!(destination.to_string(), "10.0.1.20:443");
        let StampTime::Exact(at) = stamp.unwrap().time else {
            panic!("no moment");
        };
        assert_eq!(at.nanoseconds(), 1_795_179_764_000_000_000);
    }

    #[test]
    fn what_is_cut_or_of_another_protocol_is_none() {
        assert_eq!(filtered(&LINE.replace("proto=6", "proto=17")), None);
        assert_eq!(filtered("type=\"traffic\" srcip= action=\"deny\""), None);
        assert_eq!(filtered("type=\"traffic"), None);
    }
}
