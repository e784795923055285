//! What happens in a connection, packet by packet.

use tcpwhy::handshake::Outcome;

use super::connection::Sender;
use super::frame::{ACK, FIN, RST, SYN};
use super::random::Random;

/// One packet of a script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// How long after the packet before.
    pub(super) wait: Wait,
    /// What is sent.
    pub(super) packet: Packet,
    /// The outcome that this packet decides.
    pub(super) decides: Option<Outcome>,
}

/// How long until a packet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// The connection's round-trip time.
    RoundTrip,
    /// So many microseconds.
    Microseconds(u64),
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packet {
    /// A segment without payload.
    Bare(Sender, u8),
    /// A segment with about so many bytes of payload.
    Loaded(Sender, u16),
    /// The router's ICMP error about the client's SYN.
    Rejection,
}

const fn step(wait: Wait, packet: Packet) -> Step {
    Step {
        wait,
        packet,
        decides: None,
    }
}

const fn deciding(wait: Wait, packet: Packet, outcome: Outcome) -> Step {
    Step {
        wait,
        packet,
        decides: Some(outcome),
    }
}

/// How long a host takes to answer by itself, in microseconds.
const REACTION: Wait = Wait::Microseconds(25);

/// How long a server takes to work out a response, in microseconds.
const WORK: Wait = Wait::Microseconds(2000);

const SECOND: u64 = 1_000_000;

const OPENING_SYN: Step = step(Wait::Microseconds(0), Packet::Bare(Sender::Client, SYN));
const ANSWER: Step = step(Wait::RoundTrip, Packet::Bare(Sender::Server, SYN | ACK));
const THIRD_STEP: Step = deciding(
    REACTION,
    Packet::Bare(Sender::Client, ACK),
    Outcome::Established,
);
const REQUEST: Step = step(REACTION, Packet::Loaded(Sender::Client, 200));
const REQUEST_TAKEN: Step = step(Wait::RoundTrip, Packet::Bare(Sender::Server, ACK));
const RESPONSE: Step = step(WORK, Packet::Loaded(Sender::Server, 600));
const RESPONSE_TAKEN: Step = step(REACTION, Packet::Bare(Sender::Client, ACK));
const CLIENT_FIN: Step = step(REACTION, Packet::Bare(Sender::Client, FIN | ACK));
const FIN_TAKEN: Step = step(Wait::RoundTrip, Packet::Bare(Sender::Server, ACK));
const SERVER_FIN: Step = step(Wait::RoundTrip, Packet::Bare(Sender::Server, FIN | ACK));
const LATE_SERVER_FIN: Step = step(WORK, Packet::Bare(Sender::Server, FIN | ACK));

/// A request, a response, and the end: 10 packets.
const EXCHANGE: &[Step] = &[
    OPENING_SYN,
    ANSWER,
    THIRD_STEP,
    REQUEST,
    REQUEST_TAKEN,
    RESPONSE,
    RESPONSE_TAKEN,
    CLIENT_FIN,
    SERVER_FIN,
    RESPONSE_TAKEN,
];

/// The same with an acknowledgement of its own for the client's FIN: 11 packets.
const SLOWLY_CLOSED_EXCHANGE: &[Step] = &[
    OPENING_SYN,
    ANSWER,
    THIRD_STEP,
    REQUEST,
    REQUEST_TAKEN,
    RESPONSE,
    RESPONSE_TAKEN,
    CLIENT_FIN,
    FIN_TAKEN,
    LATE_SERVER_FIN,
    RESPONSE_TAKEN,
];

/// The same with a response in two segments: 12 packets.
const LONGER_EXCHANGE: &[Step] = &[
    OPENING_SYN,
    ANSWER,
    THIRD_STEP,
    REQUEST,
    REQUEST_TAKEN,
    RESPONSE,
    RESPONSE,
    RESPONSE_TAKEN,
    CLIENT_FIN,
    FIN_TAKEN,
    LATE_SERVER_FIN,
    RESPONSE_TAKEN,
];

/// A closed port.
const REFUSED: &[Step] = &[
    OPENING_SYN,
    deciding(
        Wait::Microseconds(300),
        Packet::Bare(Sender::Server, RST | ACK),
        Outcome::Refused,
    ),
];

/// Nothing comes back: SYNs at 0, 1, 3 and 7 s.
const DROPPED: &[Step] = &[
    OPENING_SYN,
    step(
        Wait::Microseconds(SECOND),
        Packet::Bare(Sender::Client, SYN),
    ),
    step(
        Wait::Microseconds(2 * SECOND),
        Packet::Bare(Sender::Client, SYN),
    ),
    step(
        Wait::Microseconds(4 * SECOND),
        Packet::Bare(Sender::Client, SYN),
    ),
];

/// A router says that it is prohibited.
const REJECTED: &[Step] = &[
    OPENING_SYN,
    deciding(
        Wait::Microseconds(500),
        Packet::Rejection,
        Outcome::Rejected,
    ),
];

/// A script for one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    /// Its packets; never empty.
    pub(super) steps: &'static [Step],
    /// Whether nothing will ever answer the SYN.
    pub(super) is_silent: bool,
}

impl Script {
    /// Whether a router answers instead of the server.
    pub(super) fn is_rejected(self) -> bool {
        let is_rejection = |step: &Step| matches!(step.packet, Packet::Rejection);
        self.steps.iter().any(is_rejection)
    }
}

const fn script(steps: &'static [Step]) -> Script {
    Script {
        steps,
        is_silent: false,
    }
}

/// Which scripts a capture is made of, and how fast they follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    /// Scripts and how many of a thousand connections follow each.
    shares: &'static [(u32, Script)],
    /// The mean time between connects, in microseconds.
    pub(super) mean_gap: u32,
}

impl Mix {
    /// Short connections: 10 000 in a second, each for some 0.4 s.
    pub(super) const SHORT: Self = Self {
        shares: &[
            (500, script(EXCHANGE)),
            (250, script(SLOWLY_CLOSED_EXCHANGE)),
            (250, script(LONGER_EXCHANGE)),
        ],
        mean_gap: 100,
    };

    /// Failing connects: 5000 in a second, and five connections that are established.
    pub(super) const FAILING: Self = Self {
        shares: &[
            (1, script(EXCHANGE)),
            (450, script(REFUSED)),
            (
                450,
                Script {
                    steps: DROPPED,
                    is_silent: true,
                },
            ),
            (99, script(REJECTED)),
        ],
        mean_gap: 200,
    };

    /// A script by chance.
    pub(super) fn choose(&self, random: &mut Random) -> Script {
        let mut drawn = random.below(1000);
        for (share, script) in self.shares {
            if drawn < *share {
                return *script;
            }
            drawn -= share;
        }
        script(EXCHANGE)
    }
}
