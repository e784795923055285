//! What the records of events say. Where their fields lie is looked up once, not for each record.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::events::Asked;
use super::format::{EventFormat, Field};
use super::ring_page::number;
use crate::decode::Endpoint;

/// What one record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    Received {
        buffer: u64,
        length: u32,
        /// The name of the interface.
        interface: &'a [u8],
    },
    Dropped {
        buffer: u64,
        reason: Arc<str>,
        /// Whether it happened while the packet was received, or later, for a process.
        is_at_reception: bool,
    },
    Reset {
        source: Endpoint,
        destination: Endpoint,
        reason: Arc<str>,
    },
    BadSegment {
        source: Endpoint,
        destination: Endpoint,
        reason: &'static str,
    },
    NoRoute {
        source: Endpoint,
        destination: Endpoint,
    },
}

/// Where the fields of an event lie that are needed, in the order of [`Asked::fields`].
#[derive(Clone, Copy, Debug)]
enum Layout {
    Received([Field; 3]),
    Dropped([Field; 2]),
    Reset([Field; 3]),
    BadSegment([Field; 2], &'static str),
    NoRoute {
        addresses: [Field; 2],
        ports: [Field; 2],
    },
}

/// An event that this kernel has.
#[derive(Clone, Debug)]
struct Known {
    /// The number that its records begin with.
    id: u64,
    asked: Asked,
    layout: Layout,
    format: EventFormat,
}

/// The layouts of the events that this kernel has.
#[derive(Clone, Debug, Default)]
pub(super) struct Formats(Vec<Known>);

/// Set in `common_flags` while packets are received.
const IN_SOFT_INTERRUPT: u64 = 0x10;
const IN_HARD_INTERRUPT: u64 = 0x08;

impl Formats {
    /// Takes an event; one that lacks a field says nothing.
    pub(super) fn add(&mut self, asked: Asked, format: EventFormat) {
        if let Some(layout) = Layout::of(asked, &format) {
            self.0.push(Known {
                id: format.id.into(),
                asked,
                layout,
                format,
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, asked: Asked) -> bool {
        self.0.iter().any(|known| known.asked == asked)
    }

    /// Reads a record; `None` for one of another event, or that is too short for its layout.
    pub(super) fn read<'a>(&self, payload: &'a [u8]) -> Option<Record<'a>> {
        let id = number(payload, 0, 2)?;
        let known = self.0.iter().find(|known| known.id == id)?;
        match known.layout {
            Layout::Received([buffer, length, interface]) => Some(Record::Received {
                buffer: buffer.number(payload)?,
                length: u32::try_from(length.number(payload)?).ok()?,
                interface: text(payload, interface)?,
            }),
            Layout::Dropped([buffer, reason]) => {
                let context = number(payload, 2, 1)?;
                Some(Record::Dropped {
                    buffer: buffer.number(payload)?,
                    reason: known.reason(payload, reason)?,
                    is_at_reception: context & (IN_SOFT_INTERRUPT | IN_HARD_INTERRUPT) != 0,
                })
            }
            Layout::Reset([source, destination, reason]) => Some(Record::Reset {
                source: socket_address(source.bytes(payload)?)?,
                destination: socket_address(destination.bytes(payload)?)?,
                reason: known.reason(payload, reason)?,
            }),
            Layout::BadSegment([source, destination], reason) => Some(Record::BadSegment {
                source: socket_address(source.bytes(payload)?)?,
                destination: socket_address(destination.bytes(payload)?)?,
                reason,
            }),
            Layout::NoRoute { addresses, ports } => Some(Record::NoRoute {
                source: end(payload, addresses[0], ports[0])?,
                destination: end(payload, addresses[1], ports[1])?,
            }),
        }
    }
}

impl Layout {
    fn of(asked: Asked, format: &EventFormat) -> Option<Self> {
        let field = |name| format.field(name);
        let ends = || Some([field("saddr")?, field("daddr")?]);
        Some(match asked {
            Asked::Dropped => Self::Dropped([field("skbaddr")?, field("reason")?]),
            Asked::Received => Self::Received([field("skbaddr")?, field("len")?, field("name")?]),
            Asked::Reset => Self::Reset([field("saddr")?, field("daddr")?, field("reason")?]),
            Asked::BadChecksum => Self::BadSegment(ends()?, "TCP_CSUM"),
            Asked::SignatureMissing => Self::BadSegment(ends()?, "TCP_MD5NOTFOUND"),
            Asked::SignatureUnexpected => Self::BadSegment(ends()?, "TCP_MD5UNEXPECTED"),
            Asked::SignatureWrong => Self::BadSegment(ends()?, "TCP_MD5FAILURE"),
            Asked::NoRoute | Asked::NoRoute6 => Self::NoRoute {
                addresses: [field("src")?, field("dst")?],
                ports: [field("sport")?, field("dport")?],
            },
        })
    }
}

impl Known {
    fn reason(&self, payload: &[u8], field: Field) -> Option<Arc<str>> {
        let number = field.number(payload)?;
        let named = self.format.reason(number).cloned();
        Some(named.unwrap_or_else(|| Arc::from(format!("reason {number}"))))
    }
}

impl Field {
    fn bytes(self, payload: &[u8]) -> Option<&[u8]> {
        payload.get(self.offset..self.offset.checked_add(self.size)?)
    }

    fn number(self, payload: &[u8]) -> Option<u64> {
        number(payload, self.offset, self.size)
    }
}

/// A text stands elsewhere in the record: a word says where, and how long it is.
fn text(payload: &[u8], field: Field) -> Option<&[u8]> {
    let place = u32::try_from(field.number(payload)?).ok()?;
    let (offset, length) = (usize::from(low(place)), usize::from(low(place >> 16)));
    let bytes = payload.get(offset..offset.checked_add(length)?)?;
    bytes.split(|byte| *byte == 0).next()
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(word: u32) -> u16 {
    word as u16
}

/// An address as it stands in a packet, and a port as a number.
fn end(payload: &[u8], address: Field, port: Field) -> Option<Endpoint> {
    let bytes = address.bytes(payload)?;
    let address = match <[u8; 4]>::try_from(bytes) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
    };
    Some(Endpoint {
        address,
        port: u16::try_from(port.number(payload)?).ok()?,
    })
}

/// `sockaddr_in` or `sockaddr_in6`.
fn socket_address(bytes: &[u8]) -> Option<Endpoint> {
    const INTERNET: u64 = 2;
    const INTERNET_6: u64 = 10;
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    let address = match number(bytes, 0, 2)? {
        INTERNET => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(4..8)?).ok()?)),
        INTERNET_6 => {
            let address = <[u8; 16]>::try_from(bytes.get(8..24)?).ok()?;
            IpAddr::V6(Ipv6Addr::from(address)).to_canonical()
        }
        _ => return None,
    };
    Some(Endpoint { address, port })
}
