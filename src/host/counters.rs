//! Counters of the kernel that prove what became of a packet that nobody answered.

use serde::{Deserialize, Serialize};

/// What the kernel counts. All are of the network namespace as a whole, not of one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Counter {
    /// A connect met a full accept queue.
    ListenOverflows,
    /// A connect was dropped by a listener, for whatever reason.
    ListenDrops,
    /// The queue of half-open connects was full: a connect was dropped.
    #[serde(rename = "TCPReqQFullDrop")]
    TcpReqQFullDrop,
    /// It was full: a connect was answered with a SYN cookie.
    #[serde(rename = "TCPReqQFullDoCookies")]
    TcpReqQFullDoCookies,
    /// A SYN cookie was sent.
    SyncookiesSent,
    /// A packet came in by an interface that does not lead back to its source.
    #[serde(rename = "IPReversePathFilter")]
    IpReversePathFilter,
    /// A segment was not signed by RFC 2385, and had to be.
    #[serde(rename = "TCPMD5NotFound")]
    TcpMd5NotFound,
    /// A segment was signed by RFC 2385, and nobody expects that.
    #[serde(rename = "TCPMD5Unexpected")]
    TcpMd5Unexpected,
    /// The signature of RFC 2385 was wrong.
    #[serde(rename = "TCPMD5Failure")]
    TcpMd5Failure,
    /// Connection tracking dropped a packet: its table was full.
    #[serde(rename = "nf_conntrack_drop")]
    ConntrackDrop,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ListenOverflows,
        Self::ListenDrops,
        Self::TcpReqQFullDrop,
        Self::TcpReqQFullDoCookies,
        Self::SyncookiesSent,
        Self::IpReversePathFilter,
        Self::TcpMd5NotFound,
        Self::TcpMd5Unexpected,
        Self::TcpMd5Failure,
        Self::ConntrackDrop,
    ];

    /// Its name in `/proc/net/netstat` and `nstat`; of connection tracking, that of its file in
    /// `/proc/net/stat` and of its column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListenOverflows => "ListenOverflows",
            Self::ListenDrops => "ListenDrops",
            Self::TcpReqQFullDrop => "TCPReqQFullDrop",
            Self::TcpReqQFullDoCookies => "TCPReqQFullDoCookies",
            Self::SyncookiesSent => "SyncookiesSent",
            Self::IpReversePathFilter => "IPReversePathFilter",
            Self::TcpMd5NotFound => "TCPMD5NotFound",
            Self::TcpMd5Unexpected => "TCPMD5Unexpected",
            Self::TcpMd5Failure => "TCPMD5Failure",
            Self::ConntrackDrop => "nf_conntrack_drop",
        }
    }
}

/// The counters at one time; those that this kernel does not know are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters([Option<u64>; Counter::ALL.len()]);

impl Counters {
    /// Reads the text of `/proc/net/netstat`: pairs of lines, names above values.
    pub fn parse(text: &str) -> Self {
        let mut counters = Self::default();
        let mut lines = text.lines();
        while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
            let named = names.split(' ').zip(values.split(' '));
            for (name, value) in named {
                let slots = Counter::ALL.iter().zip(&mut counters.0);
                for (_, slot) in slots.filter(|(counter, _)| counter.name() == name) {
                    *slot = value.parse().ok();
                }
            }
        }
        counters
    }

    /// With what `/proc/net/stat/nf_conntrack` says: names above hexadecimal values, a line for each
    /// processor.
    #[must_use]
    pub fn with_conntrack(self, text: &str) -> Self {
        let mut lines = text.lines().map(str::split_whitespace);
        let Some(place) = lines
            .next()
            .and_then(|mut names| names.position(|name| name == "drop"))
        else {
            return self;
        };
        let of_processors = lines.filter_map(|mut values| values.nth(place));
        let counts = of_processors.filter_map(|value| u64::from_str_radix(value, 16).ok());
        let sum = counts.fold(0_u64, u64::saturating_add);
        self.with(Counter::ConntrackDrop, sum)
    }

    /// With this value for one of them.
    #[must_use]
    pub fn with(mut self, counter: Counter, value: u64) -> Self {
        if let Some(slot) = self.0.get_mut(counter as usize) {
            *slot = Some(value);
        }
        self
    }

    /// Which have risen since then, and by how much.
    pub fn risen_since(&self, before: &Self) -> Vec<(Counter, u64)> {
        let both = Counter::ALL.iter().zip(self.0.iter().zip(&before.0));
        both.filter_map(|(counter, (now, before))| {
            let risen = (*now)?.checked_sub((*before)?)?;
            (risen > 0).then_some((*counter, risen))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of Linux 6.18, shortened.
    const SAMPLE: &str = "\
TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops TCPMD5NotFound IPReversePathFilter TCPReqQFullDoCookies TCPReqQFullDrop
TcpExt: 3 0 14 17 0 2 1 4
IpExt: InNoRoutes InTruncatedPkts
IpExt: 0 0
MPTcpExt: MPCapableSYNRX
MPTcpExt: 0
";

    #[test]
    fn names_stand_above_their_values() {
        let counters = Counters::parse(SAMPLE);
        let risen = counters.risen_since(&Counters::parse(
            "TcpExt: ListenOverflows ListenDrops TCPReqQFullDrop\nTcpExt: 10 17 4\n",
        ));
        assert_eq!(risen, [(Counter::ListenOverflows, 4)]);
        let all = counters.risen_since(
            &Counter::ALL
                .iter()
                .fold(Counters::default(), |all, counter| all.with(*counter, 0)),
        );
        assert_eq!(
            all,
            [
                (Counter::ListenOverflows, 14),
                (Counter::ListenDrops, 17),
                (Counter::TcpReqQFullDrop, 4),
                (Counter::TcpReqQFullDoCookies, 1),
                (Counter::SyncookiesSent, 3),
                (Counter::IpReversePathFilter, 2),
            ]
        );
    }

    #[test]
    fn drops_of_connection_tracking_are_summed_over_processors() {
        // Of Linux 6.18, shortened.
        let text = "entries  clashres found new invalid ignore delete drop early_drop\n\
                    0000012c  00000000 00000000 00000000 00000000 00000000 00000000 0000000a 00000001\n\
                    0000012c  00000000 00000000 00000000 00000001 00000000 00000000 00000005 00000000\n";
        let counters = Counters::default().with_conntrack(text);
        let before = Counters::default().with(Counter::ConntrackDrop, 0);
        let risen = counters.risen_since(&before);
        assert_eq!(risen, [(Counter::ConntrackDrop, 15)]);
        for text in ["", "\n", "entries found\n1 2\n"] {
            assert_eq!(
                Counters::default().with_conntrack(text),
                Counters::default()
            );
        }
    }

    #[test]
    fn what_is_no_such_text_gives_nothing() {
        for text in [
            "",
            "\n\n\n",
            "TcpExt: ListenOverflows",
            "TcpExt: ListenOverflows\nTcpExt: -1\n",
            "TcpExt: ListenOverflows\nTcpExt:\n",
            "TcpExt: ListenOverflows\nTcpExt: 99999999999999999999999\n",
        ] {
            assert_eq!(Counters::parse(text), Counters::default(), "{text:?}");
        }
    }

    #[test]
    fn a_counter_that_fell_has_not_risen() {
        let counters = |value| Counters::default().with(Counter::ListenDrops, value);
        assert_eq!(counters(3).risen_since(&counters(5)), []);
        assert_eq!(counters(3).risen_since(&Counters::default()), []);
    }
}
