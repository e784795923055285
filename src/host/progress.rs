//! What the kernel has learned of a connect that is under way: its `tcp_info`.

use std::time::Duration;

use netlink_packet_sock_diag::inet::nlas::Nla;

use super::sockets::SocketTable;
use crate::decode::Endpoint;

/// What the kernel has learned of a connect so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectProgress {
    /// How often its SYN was sent, tried or not: one that waits for the neighbour counts.
    pub syns: u32,
    /// Segments that came for it; while it waits for an answer, those that TCP had to ignore.
    pub segments_in: u32,
    /// The time from the SYN to the SYN-ACK, once that came.
    pub round_trip: Option<Duration>,
    /// The largest segment that it sends.
    pub segment_size: u32,
    /// The largest packet that passes, as far as this host knows.
    pub path_mtu: u32,
    /// What both sides agreed on, once it is established.
    pub options: AgreedOptions,
}

/// Options of TCP that both sides agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgreedOptions(u8);

impl AgreedOptions {
    /// By the bits of `tcpi_options`.
    const NAMES: [(u8, &'static str); 4] = [
        (1, "timestamps"),
        (2, "selective_acknowledgments"),
        (4, "window_scaling"),
        (8, "explicit_congestion_notification"),
    ];

    /// Their names in reports.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let agreed = Self::NAMES
            .into_iter()
            .filter(move |(bit, _)| self.0 & bit != 0);
        agreed.map(|(_, name)| name)
    }
}

/// Where the fields stand in `struct tcp_info`, which only grows at its end (`linux/tcp.h`). Those
/// behind what an older kernel fills are not there.
mod offset {
    pub(super) const OPTIONS: usize = 5;
    pub(super) const SEGMENT_SIZE: usize = 16;
    pub(super) const PATH_MTU: usize = 60;
    pub(super) const ROUND_TRIP_US: usize = 68;
    pub(super) const REPETITIONS: usize = 100;
    pub(super) const SEGMENTS_IN: usize = 140;
}

impl ConnectProgress {
    /// Of the attribute that holds it.
    pub(super) fn read(attribute: &Nla) -> Option<Self> {
        match attribute {
            Nla::TcpInfo(bytes) => Self::parse(bytes),
            _ => None,
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let number = |offset: usize| {
            let bytes = bytes.get(offset..offset + 4)?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        let round_trip = number(offset::ROUND_TRIP_US).filter(|time| *time > 0);
        Some(Self {
            syns: number(offset::REPETITIONS)?.saturating_add(1),
            segments_in: number(offset::SEGMENTS_IN).unwrap_or_default(),
            round_trip: round_trip.map(|time| Duration::from_micros(time.into())),
            segment_size: number(offset::SEGMENT_SIZE).unwrap_or_default(),
            path_mtu: number(offset::PATH_MTU).unwrap_or_default(),
            options: AgreedOptions(bytes.get(offset::OPTIONS).copied().unwrap_or_default()),
        })
    }
}

/// Asks the kernel about connects from here, without any right.
#[derive(Debug)]
pub struct ConnectTable(Option<SocketTable>);

impl ConnectTable {
    /// A way to ask; where the kernel was built without it, it knows nothing.
    pub fn open() -> Self {
        Self(SocketTable::open().ok())
    }

    /// How far a connect is; `None` once it is over, or when the kernel does not tell.
    pub fn progress(&mut self, client: Endpoint, server: Endpoint) -> Option<ConnectProgress> {
        self.0.as_mut()?.progress(client, server).ok()?
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_tells_how_far_a_connect_is() {
        let mut table = ConnectTable::open();
        if table.0.is_none() {
            return;
        }
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listening.local_addr().unwrap()).unwrap();
        let ends = [stream.local_addr().unwrap(), stream.peer_addr().unwrap()];
        let [client, server] = ends.map(|end| Endpoint {
            address: end.ip(),
            port: end.port(),
        });
        let progress = table.progress(client, server).unwrap();
        assert_eq!(progress.syns, 1);
        assert!(progress.segments_in >= 1, "{progress:?}");
        assert!(progress.round_trip.is_some() && progress.segment_size > 500);
        assert!(progress.path_mtu > progress.segment_size, "{progress:?}");
        let agreed: Vec<&str> = progress.options.names().collect();
        assert!(agreed.contains(&"selective_acknowledgments"), "{agreed:?}");
        drop((listening, stream));
        assert_eq!(table.progress(client, server), None, "it is over");
    }

    #[test]
    fn an_older_kernel_tells_less() {
        assert_eq!(ConnectProgress::parse(&[1; 100]), None);
        let known = ConnectProgress::parse(&[0; 104]).unwrap();
        assert_eq!((known.syns, known.segments_in), (1, 0));
    }
}
