//! The events that are asked for, and what of them.

use super::format::EventFormat;

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
    /// No route was found, of IPv4.
    NoRoute,
    /// The same of IPv6.
    NoRoute6,
}

/// The reason for dropping what TCP refuses, or what no socket of another protocol wants.
const NOBODY_LISTENS: &str = "NO_SOCKET";

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
    /// In the order in which they are turned on.
    pub(super) const ALL: [Self; 9] = [
        Self::Reset,
        Self::Dropped,
        Self::Received,
        Self::BadChecksum,
        Self::SignatureMissing,
        Self::SignatureUnexpected,
        Self::SignatureWrong,
        Self::NoRoute,
        Self::NoRoute6,
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
            Self::NoRoute6 => "fib6/fib6_table_lookup",
        }
    }

    /// The fields without which it says nothing.
    pub(super) const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Dropped => &["skbaddr", "protocol", "reason"],
            Self::Received => &["skbaddr", "len", "name"],
            Self::Reset => &["saddr", "daddr", "reason"],
            Self::NoRoute | Self::NoRoute6 => {
                &["tb_id", "err", "proto", "src", "dst", "sport", "dport"]
            }
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
            Self::Received | Self::NoRoute | Self::NoRoute6 => "Linux with CONFIG_FTRACE",
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
            Self::NoRoute6 => "to whom no route of IPv6 leads",
        }
    }

    /// What the kernel is to leave out, in its own language; `None` for nothing. Where it tells why
    /// its TCP refuses, `hears_resets`, that nobody listened is not to be said once more.
    pub(super) fn filter(
        self,
        format: &EventFormat,
        interfaces: &[String],
        hears_resets: bool,
    ) -> Option<String> {
        match self {
            Self::Dropped => Some(of_drops(format, hears_resets)),
            Self::Received => Some(of_receptions(interfaces)),
            Self::NoRoute => Some(format!(
                "proto == 6 && sport != 0 && err != 0 && (err != {NOT_IN_THIS_TABLE} || tb_id == {MAIN_TABLE})"
            )),
            // Of the other tables as well it says that nothing leads there.
            Self::NoRoute6 => Some(format!(
                "proto == 6 && sport != 0 && err != 0 && tb_id == {MAIN_TABLE}"
            )),
            _ => None,
        }
    }
}

fn of_drops(format: &EventFormat, hears_resets: bool) -> String {
    let [four, six] = ETHERTYPES;
    let protocols = format!("(protocol == {four} || protocol == {six})");
    let reasons = crate::host::kernel_reason::DROPS.iter();
    let reasons: Vec<&str> = reasons
        .map(|known| known.name)
        .filter(|name| !(hears_resets && *name == NOBODY_LISTENS))
        .collect();
    // Each part of it costs the kernel time, of every packet that it throws away.
    let reasons: Vec<String> = ranges(&format.numbers_of(&reasons))
        .iter()
        .map(|(first, last)| {
            if first == last {
                format!("reason == {first}")
            } else {
                format!("(reason >= {first} && reason <= {last})")
            }
        })
        .collect();
    if reasons.is_empty() {
        protocols
    } else {
        format!("{protocols} && ({})", reasons.join(" || "))
    }
}

/// Numbers in order, those that follow each other together.
fn ranges(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    ranges
}

fn of_receptions(interfaces: &[String]) -> String {
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
        return lengths;
    }
    let names: Vec<String> = interfaces
        .iter()
        .map(|name| format!("name == \"{name}\""))
        .collect();
    format!("{lengths} && ({})", names.join(" || "))
}
