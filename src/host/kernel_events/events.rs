//! The events that are asked for, and what their records say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::format::{EventFormat, Field};
use super::ring_page::number;
use crate::decode::Endpoint;

/// An event of the kernel that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// A packet was dropped: `skb:kfree_skb`. It says why, and not which.
    Dropped,
    /// A packet came in by an interface: tells which one was dropped.
    Received,
    /// TCP sent a RST: who, to whom, why.
    Reset,
    /// TCP met a wrong checksum.
    BadChecksum,
    /// A segment was not signed as its socket wants it.
    SignatureMissing,
    /// A segment was signed, and its socket knows no key.
    SignatureUnexpected,
    /// The signature of a segment was wrong.
    SignatureWrong,
    /// No route was found.
    NoRoute,
}

/// Of IPv4 and of IPv6.
const ETHERTYPES: [u16; 2] = [0x0800, 0x86dd];

/// How long packets are that begin or end a handshake, by their IP header: others are not told
/// apart when they are dropped.
const LENGTHS: (u32, u32) = (40, 160);

/// The table of routes that holds the usual ones.
const MAIN_TABLE: u32 = 254;
/// The kernel's number for "look on in the next table".
const NOT_IN_THIS_TABLE: i32 = -11;

impl Asked {
    pub(super) const ALL: [Self; 8] = [
        Self::Dropped,
        Self::Received,
        Self::Reset,
        Self::BadChecksum,
        Self::SignatureMissing,
        Self::SignatureUnexpected,
        Self::SignatureWrong,
        Self::NoRoute,
    ];

    /// Its folder below `events`.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Dropped => "skb/kfree_skb",
            Self::Received => "net/netif_receive_skb",
            Self::Reset => "tcp/tcp_send_reset",
            Self::BadChecksum => "tcp/tcp_bad_csum",
            Self::SignatureMissing => "tcp/tcp_hash_md5_required",
            Self::SignatureUnexpected => "tcp/tcp_hash_md5_unexpected",
            Self::SignatureWrong => "tcp/tcp_hash_md5_mismatch",
            Self::NoRoute => "fib/fib_table_lookup",
        }
    }

    /// The fields without which it says nothing.
    pub(super) const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Dropped => &["skbaddr", "protocol", "reason"],
            Self::Received => &["skbaddr", "len", "name"],
            Self::Reset => &["saddr", "daddr", "reason"],
            Self::NoRoute => &["tb_id", "err", "proto", "src", "dst", "sport", "dport"],
            _ => &["saddr", "daddr"],
        }
    }

    /// Which kernels have it, for whoever has an older one.
    pub(super) const fn since(self) -> &'static str {
        match self {
            Self::Dropped => "Linux 5.17",
            Self::Reset => "Linux 6.10",
            Self::BadChecksum => "Linux 6.8",
            Self::SignatureMissing | Self::SignatureUnexpected | Self::SignatureWrong => {
                "Linux 6.12"
            }
            Self::Received | Self::NoRoute => "Linux with CONFIG_FTRACE",
        }
    }

    /// What is not known without it; nothing where it only adds to another one.
    pub(super) const fn tells(self) -> &'static str {
        match self {
            Self::Dropped => "why packets are dropped",
            Self::Received => "which packets are dropped",
            Self::Reset => "why TCP refuses",
            Self::BadChecksum => "whose checksums are wrong",
            Self::SignatureMissing | Self::SignatureUnexpected | Self::SignatureWrong => {
                "which segments are signed wrongly"
            }
            Self::NoRoute => "to whom no route leads",
        }
    }

    /// What the kernel is to leave out, in its own language; `None` for nothing.
    pub(super) fn filter(self, format: &EventFormat, interfaces: &[String]) -> Option<String> {
        match self {
            Self::Dropped => {
                let [four, six] = ETHERTYPES;
                let reasons = format.numbers_of(&reasons());
                let reasons: Vec<String> = reasons
                    .iter()
                    .map(|number| format!("reason == {number}"))
                    .collect();
                let protocols = format!("(protocol == {four} || protocol == {six})");
                Some(if reasons.is_empty() {
                    protocols
                } else {
                    format!("{protocols} && ({})", reasons.join(" || "))
                })
            }
            Self::Received => {
                let (shortest, longest) = LENGTHS;
                let lengths = format!("len >= {shortest} && len <= {longest}");
                // A name that its language cannot write, or all interfaces: nothing is left out.
                let is_plain = |name: &String| {
                    name != "any"
                        && name
                            .chars()
                            .all(|one| one.is_ascii_alphanumeric() || "-_.@".contains(one))
                };
                if interfaces.is_empty() || !interfaces.iter().all(is_plain) {
                    return Some(lengths);
                }
                let names: Vec<String> = interfaces
                    .iter()
                    .map(|name| format!("name == \"{name}\""))
                    .collect();
                Some(format!("{lengths} && ({})", names.join(" || ")))
            }
            Self::NoRoute => Some(format!(
                "proto == 6 && sport != 0 && err != 0 && (err != {NOT_IN_THIS_TABLE} || tb_id == {MAIN_TABLE})"
            )),
            _ => None,
        }
    }
}

/// What one record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Received {
        buffer: u64,
        length: u32,
        interface: Arc<str>,
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

/// The layouts of the events that this kernel has.
#[derive(Clone, Debug, Default)]
pub(super) struct Formats(Vec<(Asked, EventFormat)>);

/// Set in `common_flags` while packets are received.
const IN_SOFT_INTERRUPT: u64 = 0x10;
const IN_HARD_INTERRUPT: u64 = 0x08;

impl Formats {
    pub(super) fn add(&mut self, asked: Asked, format: EventFormat) {
        self.0.push((asked, format));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, asked: Asked) -> bool {
        self.0.iter().any(|(one, _)| *one == asked)
    }

    /// Reads a record; `None` for one of another event, or that is too short for its layout.
    pub(super) fn read(&self, payload: &[u8]) -> Option<Record> {
        let id = number(payload, 0, 2)?;
        let (asked, format) = self.0.iter().find(|(_, one)| u64::from(one.id) == id)?;
        let reader = Reader { payload, format };
        match asked {
            Asked::Received => Some(Record::Received {
                buffer: reader.number("skbaddr")?,
                length: u32::try_from(reader.number("len")?).ok()?,
                interface: reader.text("name")?,
            }),
            Asked::Dropped => {
                let context = number(payload, 2, 1)?;
                Some(Record::Dropped {
                    buffer: reader.number("skbaddr")?,
                    reason: reader.reason()?,
                    is_at_reception: context & (IN_SOFT_INTERRUPT | IN_HARD_INTERRUPT) != 0,
                })
            }
            Asked::Reset => {
                let (source, destination) = reader.ends()?;
                Some(Record::Reset {
                    source,
                    destination,
                    reason: reader.reason()?,
                })
            }
            Asked::BadChecksum => reader.bad_segment("TCP_CSUM"),
            Asked::SignatureMissing => reader.bad_segment("TCP_MD5NOTFOUND"),
            Asked::SignatureUnexpected => reader.bad_segment("TCP_MD5UNEXPECTED"),
            Asked::SignatureWrong => reader.bad_segment("TCP_MD5FAILURE"),
            Asked::NoRoute => reader.no_route(),
        }
    }
}

/// A record and its layout.
struct Reader<'a> {
    payload: &'a [u8],
    format: &'a EventFormat,
}

impl Reader<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        self.format.field(name)
    }

    fn bytes(&self, name: &str) -> Option<&[u8]> {
        let Field { offset, size } = self.field(name)?;
        self.payload.get(offset..offset.checked_add(size)?)
    }

    fn number(&self, name: &str) -> Option<u64> {
        let Field { offset, size } = self.field(name)?;
        number(self.payload, offset, size)
    }

    /// A text stands elsewhere in the record: a word says where, and how long it is.
    fn text(&self, name: &str) -> Option<Arc<str>> {
        let place = u32::try_from(self.number(name)?).ok()?;
        let (offset, length) = (usize::from(low(place)), usize::from(low(place >> 16)));
        let bytes = self.payload.get(offset..offset.checked_add(length)?)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(Arc::from(&*String::from_utf8_lossy(text)))
    }

    fn reason(&self) -> Option<Arc<str>> {
        let number = self.number("reason")?;
        let named = self.format.reason(number).cloned();
        Some(named.unwrap_or_else(|| Arc::from(format!("reason {number}"))))
    }

    fn ends(&self) -> Option<(Endpoint, Endpoint)> {
        Some((
            socket_address(self.bytes("saddr")?)?,
            socket_address(self.bytes("daddr")?)?,
        ))
    }

    fn bad_segment(&self, reason: &'static str) -> Option<Record> {
        let (source, destination) = self.ends()?;
        Some(Record::BadSegment {
            source,
            destination,
            reason,
        })
    }

    fn no_route(&self) -> Option<Record> {
        let end = |address: &str, port: &str| {
            let bytes: [u8; 4] = self.bytes(address)?.try_into().ok()?;
            Some(Endpoint {
                address: IpAddr::V4(Ipv4Addr::from(bytes)),
                port: u16::try_from(self.number(port)?).ok()?,
            })
        };
        Some(Record::NoRoute {
            source: end("src", "sport")?,
            destination: end("dst", "dport")?,
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(word: u32) -> u16 {
    word as u16
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

/// The reasons for dropping that say something of a connect. Others are of packets for somebody
/// else, of copies, or of what is taken and thrown away as usual.
fn reasons() -> Vec<&'static str> {
    crate::host::kernel_reason::DROPS
        .iter()
        .map(|known| known.name)
        .collect()
}
