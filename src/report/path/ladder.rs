//! A connect with one lane for each place: what was sent when, how far it came, and where it was
//! lost.

use crate::path::{JudgedConnect, PacketJourney, PacketKind, VerdictKind, Way};

use super::PathReport;

/// One packet on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// When the first place to see it saw it, on the first place's clock, in nanoseconds.
    pub(crate) at: Option<i64>,
    /// What it is.
    pub(crate) label: &'static str,
    /// Which way it goes.
    pub(crate) way: Way,
    /// For each place whether it was seen there.
    pub(crate) seen: Vec<bool>,
    /// For each place its number in the capture there.
    pub(crate) numbers: Vec<Option<u64>>,
    /// What became of it where it was not seen any more.
    pub(crate) end: End,
    /// Whether it began between places: the place nearer to its sender did not see it.
    pub(crate) is_made: bool,
}

/// How the way of a packet ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It came as far as the last place in its direction.
    Arrives,
    /// It was lost before the next place.
    Lost,
    /// What stands between answered it.
    TakenIn,
    /// What became of it is not known.
    Unknown,
}

/// The rows of a connect, in the order of time.
pub(crate) fn rows(report: &PathReport, judged: &JudgedConnect) -> Vec<Row> {
    judged
        .journeys
        .iter()
        .map(|journey| row(report, judged, journey))
        .collect()
}

fn row(report: &PathReport, judged: &JudgedConnect, journey: &PacketJourney) -> Row {
    let comparison = &report.comparison;
    let passed = journey.passed();
    let first = passed.first().copied().unwrap_or(0);
    let last = passed.last().copied().unwrap_or(0);
    let at = journey.at(first).and_then(|packet| {
        let clock = comparison.clocks.get(first)?;
        let known = clock.to_first_place(packet.place.at);
        Some(known.unwrap_or(packet.place.at.nanoseconds()))
    });
    let end_of_path = match journey.way {
        Way::Forth => comparison.places.len().saturating_sub(1),
        Way::Back => 0,
    };
    let says = |kinds: &[VerdictKind], place: usize| {
        judged.verdicts.iter().any(|said| {
            kinds.contains(&said.kind)
                && said.packet == Some(journey.kind)
                && said.between.first() == Some(&place)
        })
    };
    let losses = [
        VerdictKind::SynLost,
        VerdictKind::AnswerLost,
        VerdictKind::AckLost,
    ];
    let end = if last == end_of_path {
        End::Arrives
    } else if says(&losses, last) {
        End::Lost
    } else if says_made(judged, last) {
        End::TakenIn
    } else {
        End::Unknown
    };
    Row {
        at,
        label: label(journey.kind),
        way: journey.way,
        seen: journey.seen.iter().map(Option::is_some).collect(),
        numbers: journey
            .seen
            .iter()
            .map(|packet| packet.as_ref().map(|packet| packet.place.number.0))
            .collect(),
        end,
        is_made: says(&[VerdictKind::MadeBetween], first),
    }
}

/// Whether something behind this place, on the server's side, answers.
fn says_made(judged: &JudgedConnect, place: usize) -> bool {
    judged
        .verdicts
        .iter()
        .any(|said| said.kind == VerdictKind::MadeBetween && said.between.first() == Some(&place))
}

fn label(kind: PacketKind) -> &'static str {
    match kind {
        PacketKind::Syn => "SYN",
        PacketKind::SynAck => "SYN-ACK",
        PacketKind::Reset => "RST",
        PacketKind::IcmpError => "ICMP",
        PacketKind::Ack => "ACK",
        PacketKind::Data => "data",
    }
}

/// The characters of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alphabet {
    line: char,
    seen: char,
    missed: char,
    right: char,
    left: char,
    lost: char,
    unknown: char,
    made: char,
    /// A lane that nothing passes.
    lane: char,
}

impl Alphabet {
    pub(crate) const UNICODE: Self = Self {
        line: '─',
        seen: '●',
        missed: '┼',
        right: '▶',
        left: '◀',
        lost: '✗',
        unknown: '?',
        made: '✱',
        lane: '│',
    };
    pub(crate) const ASCII: Self = Self {
        line: '-',
        seen: 'o',
        missed: '+',
        right: '>',
        left: '<',
        lost: 'X',
        unknown: '?',
        made: '*',
        lane: '|',
    };
}

/// The lanes of a row, so many columns from one to the next.
pub(crate) fn lanes(row: &Row, columns: usize, alphabet: Alphabet) -> String {
    let places = row.seen.len();
    let width = columns * places.saturating_sub(1) + 1;
    let margin = columns / 2;
    // In front of the first lane and behind the last one there is room for where it came from, and
    // where it goes on.
    let mut cells: Vec<char> = vec![' '; width + 2 * margin];
    let mut put = |index: usize, character: char| {
        if let Some(cell) = cells.get_mut(index) {
            *cell = character;
        }
    };
    let lane = |place: usize| margin + place * columns;
    let seen = || {
        row.seen
            .iter()
            .enumerate()
            .filter(|(_, seen)| **seen)
            .map(|(place, _)| place)
    };
    let (Some(first), Some(last)) = (seen().min(), seen().max()) else {
        return String::new();
    };
    for place in 0..places {
        put(lane(place), alphabet.lane);
    }
    for index in lane(first)..=lane(last) {
        put(index, alphabet.line);
    }
    let half = columns / 2;
    let (start, end, ahead): (usize, usize, isize) = match row.way {
        Way::Forth => (lane(first), lane(last), 1),
        Way::Back => (lane(last), lane(first), -1),
    };
    let step = |from: usize, by: usize, forward: bool| {
        let by = isize::try_from(by).unwrap_or(0) * if forward { ahead } else { -ahead };
        from.checked_add_signed(by).unwrap_or(0)
    };
    let stub = half.saturating_sub(1).max(1);
    for by in 1..=stub {
        put(step(end, by, true), alphabet.line);
    }
    let tip = match row.end {
        End::Lost => alphabet.lost,
        End::TakenIn => alphabet.made,
        End::Unknown => alphabet.unknown,
        End::Arrives if row.way == Way::Forth => alphabet.right,
        End::Arrives => alphabet.left,
    };
    put(step(end, stub, true), tip);
    if row.is_made {
        for by in 1..stub {
            put(step(start, by, false), alphabet.line);
        }
        put(step(start, stub, false), alphabet.made);
    }
    for place in first..=last {
        let is_seen = row.seen.get(place).copied().unwrap_or(false);
        put(
            lane(place),
            if is_seen {
                alphabet.seen
            } else {
                alphabet.missed
            },
        );
    }
    let text: String = cells.into_iter().collect();
    text.trim_end().to_owned()
}
