//! `--filter`.

use crate::capture::Packet;

/// Lets packets through: all of them, or those that an expression in libpcap's language is for.
pub(super) struct PacketFilter {
    #[cfg(feature = "live")]
    filter: Option<crate::capture::CaptureFilter>,
}

#[cfg(feature = "live")]
impl PacketFilter {
    /// For what was typed, or libpcap's message.
    pub(super) fn new(expression: Option<&str>) -> Result<Self, String> {
        let filter = expression
            .map(crate::capture::CaptureFilter::new)
            .transpose()
            .map_err(|error| error.to_string())?;
        Ok(Self { filter })
    }

    /// Whether there is anything to ask.
    pub(super) fn is_in_use(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether the packet passes.
    pub(super) fn passes(&mut self, packet: &Packet<'_>) -> bool {
        self.filter
            .as_mut()
            .is_none_or(|filter| filter.passes(packet))
    }

    /// On which packets it could not be used, and why.
    pub(super) fn refusals(&self) -> Vec<String> {
        let refusals = self
            .filter
            .iter()
            .flat_map(crate::capture::CaptureFilter::refusals);
        refusals
            .map(|(link_type, message)| {
                format!("the filter lets no packet of link type {link_type} through: {message}")
            })
            .collect()
    }
}

#[cfg(not(feature = "live"))]
#[expect(clippy::unused_self, reason = "with libpcap there is something to ask")]
impl PacketFilter {
    /// Without libpcap there is none.
    pub(super) fn new(expression: Option<&str>) -> Result<Self, String> {
        match expression {
            None => Ok(Self {}),
            Some(_) => Err(
                "cannot use --filter: this build is without libpcap (feature 'live')".to_owned(),
            ),
        }
    }

    /// There is nothing to ask.
    pub(super) fn is_in_use(&self) -> bool {
        false
    }

    /// Every packet passes.
    pub(super) fn passes(&mut self, _: &Packet<'_>) -> bool {
        true
    }

    /// None.
    pub(super) fn refusals(&self) -> Vec<String> {
        Vec::new()
    }
}
