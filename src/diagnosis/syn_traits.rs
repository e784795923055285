//! What a SYN shows beside its ends: by such things failing connects are compared with others.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decode::{CaptureFacts, Encapsulation, EncapsulationLayer, TcpFlags, TcpOptions};

/// What a SYN shows beside its ends, in 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SynTraits {
    /// The number of the innermost layer around it that tells tenants apart.
    layer_number: u32,
    /// The interface that it was captured on.
    interface: u16,
    /// The options that it carries, and above them of which kind the layer is.
    bits: u16,
}

/// What a SYN may carry, and not everybody lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SynOption {
    /// Its flags offer ECN.
    Ecn,
    /// A signature: TCP-MD5 or TCP-AO.
    Authentication,
    /// Fast Open.
    FastOpen,
    /// Multipath TCP.
    Multipath,
    /// Timestamps.
    Timestamps,
    /// A window scale.
    WindowScale,
    /// Selective acknowledgements.
    SelectiveAcknowledgement,
    /// The maximum segment size.
    SegmentSize,
}

impl SynOption {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Ecn,
        Self::Authentication,
        Self::FastOpen,
        Self::Multipath,
        Self::Timestamps,
        Self::WindowScale,
        Self::SelectiveAcknowledgement,
        Self::SegmentSize,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for SynOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ecn => "ECN",
            Self::Authentication => "TCP-MD5 or TCP-AO",
            Self::FastOpen => "Fast Open",
            Self::Multipath => "Multipath TCP",
            Self::Timestamps => "timestamps",
            Self::WindowScale => "window scale",
            Self::SelectiveAcknowledgement => "selective acknowledgement",
            Self::SegmentSize => "maximum segment size",
        })
    }
}

/// Where the kind of the layer stands.
const KIND_SHIFT: u16 = 8;

impl SynTraits {
    /// Of a SYN.
    pub(crate) fn of(
        flags: TcpFlags,
        options: &TcpOptions,
        capture: CaptureFacts,
        encapsulation: &Encapsulation,
    ) -> Self {
        let offers_ecn = flags.contains(TcpFlags(TcpFlags::ECE.0 | TcpFlags::CWR.0));
        let carried = [
            (SynOption::Ecn, offers_ecn),
            (SynOption::Authentication, options.authentication),
            (SynOption::FastOpen, options.fast_open),
            (SynOption::Multipath, options.multipath),
            (SynOption::Timestamps, options.timestamps.is_some()),
            (SynOption::WindowScale, options.window_scale.is_some()),
            (SynOption::SelectiveAcknowledgement, options.sack_permitted),
            (
                SynOption::SegmentSize,
                options.maximum_segment_size.is_some(),
            ),
        ];
        let carried = carried.into_iter().filter(|(_, is_there)| *is_there);
        let options = carried.fold(0, |bits, (option, _)| bits | option.bit());
        let layers = encapsulation.layers().filter_map(numbered);
        let (kind, layer_number) = layers.last().unwrap_or_default();
        Self {
            layer_number,
            interface: capture.interface,
            bits: options | kind << KIND_SHIFT,
        }
    }

    /// Whether it carries this.
    pub(crate) fn carries(self, option: SynOption) -> bool {
        self.bits & option.bit() != 0
    }

    /// The interface that it was captured on.
    pub(crate) fn interface(self) -> u16 {
        self.interface
    }

    /// The innermost layer around it that tells tenants apart.
    pub(crate) fn layer(self) -> Option<EncapsulationLayer> {
        let number = self.layer_number;
        let short = || u16::try_from(number).ok();
        match self.bits >> KIND_SHIFT {
            1 => short().map(EncapsulationLayer::Vlan),
            2 => Some(EncapsulationLayer::Vxlan(number)),
            3 => Some(EncapsulationLayer::Geneve(number)),
            4 => Some(EncapsulationLayer::Gre(Some(number))),
            5 => Some(EncapsulationLayer::ProviderBackbone(number)),
            6 => Some(EncapsulationLayer::Mpls(number)),
            _ => None,
        }
    }
}

/// The kind of a layer that tells tenants apart, and its number.
fn numbered(layer: EncapsulationLayer) -> Option<(u16, u32)> {
    Some(match layer {
        EncapsulationLayer::Vlan(identifier) => (1, identifier.into()),
        EncapsulationLayer::Vxlan(identifier) => (2, identifier),
        EncapsulationLayer::Geneve(identifier) => (3, identifier),
        EncapsulationLayer::Gre(Some(key)) => (4, key),
        EncapsulationLayer::ProviderBackbone(service) => (5, service),
        EncapsulationLayer::Mpls(label) => (6, label),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_found_again() {
        assert_eq!(size_of::<SynTraits>(), 8);
        let mut encapsulation = Encapsulation::default();
        assert!(encapsulation.push(EncapsulationLayer::Vlan(12)));
        assert!(encapsulation.push(EncapsulationLayer::Vxlan(0x00ab_cdef)));
        let options = TcpOptions {
            fast_open: true,
            maximum_segment_size: Some(1460),
            ..TcpOptions::default()
        };
        let capture = CaptureFacts {
            interface: 7,
            ..CaptureFacts::default()
        };
        let flags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::ECE.0 | TcpFlags::CWR.0);
        let traits = SynTraits::of(flags, &options, capture, &encapsulation);
        let carried = SynOption::ALL
            .into_iter()
            .filter(|one| traits.carries(*one));
        let expected = [SynOption::Ecn, SynOption::FastOpen, SynOption::SegmentSize];
        assert_eq!(carried.collect::<Vec<_>>(), expected);
        assert_eq!(traits.interface(), 7);
        let layer = EncapsulationLayer::Vxlan(0x00ab_cdef);
        assert_eq!(traits.layer(), Some(layer));
    }
}
