//! Capture filters in libpcap's language.

use std::collections::BTreeMap;

use pcap::{BpfProgram, Capture, Linktype};

use super::{LinkType, Packet};

/// A filter expression, compiled by libpcap for each link type that it meets.
///
/// What is beyond the captured bytes does not match, as in tcpdump. The length on the wire is not
/// known to the compiled program: `greater`, `less` and `len` see the captured length.
pub struct CaptureFilter {
    expression: String,
    /// Or libpcap's message where the expression makes no sense for the link type.
    programs: BTreeMap<LinkType, Result<BpfProgram, String>>,
}

/// libpcap does not understand the expression.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the filter '{expression}': {message}")]
pub struct FilterError {
    expression: String,
    message: String,
}

impl CaptureFilter {
    /// Compiles the expression for Ethernet, to find its mistakes at once.
    ///
    /// # Errors
    ///
    /// When libpcap rejects it; the message is libpcap's own.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let program = compile(expression, LinkType::ETHERNET).map_err(|message| FilterError {
            expression: expression.to_owned(),
            message,
        })?;
        Ok(Self {
            expression: expression.to_owned(),
            programs: BTreeMap::from([(LinkType::ETHERNET, Ok(program))]),
        })
    }

    /// Whether the packet passes. An expression that makes no sense for the packet's link type
    /// passes nothing of it.
    pub fn passes(&mut self, packet: &Packet<'_>) -> bool {
        let Some(link_type) = packet.link_type else {
            return false;
        };
        let Self {
            expression,
            programs,
        } = self;
        programs
            .entry(link_type)
            .or_insert_with(|| compile(expression, link_type))
            .as_ref()
            .is_ok_and(|program| program.filter(packet.bytes))
    }

    /// The link types met so far for which the expression makes no sense, and what libpcap says
    /// about each.
    pub fn refusals(&self) -> impl Iterator<Item = (LinkType, &str)> {
        self.programs.iter().filter_map(|(link_type, program)| {
            let message = program.as_ref().err()?;
            Some((*link_type, message.as_str()))
        })
    }
}

fn compile(expression: &str, link_type: LinkType) -> Result<BpfProgram, String> {
    let number =
        i32::try_from(link_type.0).map_err(|_| format!("link type {link_type} has no filter"))?;
    // Files number raw IP 101, or 14; libpcap's own functions want the number of the platform.
    let number = if [LinkType::RAW, LinkType::RAW_14].contains(&link_type) {
        LinkType::RAW_12.0.cast_signed()
    } else {
        number
    };
    Capture::dead(Linktype(number))
        .and_then(|capture| capture.compile(expression, true))
        .map_err(|error| match error {
            pcap::Error::PcapError(message) => message,
            other => other.to_string(),
        })
}
