//! What a RST says in words: in its data, as F5's balancers write it where they are told to, or in
//! the trailer that these put behind the packets that they capture themselves.

use super::{CaptureVerdict, ToldVerdict, VerdictAction, VerdictTeller};
use crate::capture::{Packet, Passage};
use crate::decode::Segment;
use crate::decode::fields::{array_at, u8_at, u16_at};

/// How F5's words begin.
const OF_BIG_IP: &[u8] = b"BIG-IP:";

/// So many bytes of a text are kept.
const LONGEST: usize = 160;

/// Shorter ones say nothing to anybody.
const SHORTEST: usize = 4;

/// What `segment` says in words, if it is a RST that does; `data` is what it carries, as far as it
/// was captured, and `behind` what stands in the frame behind the IP packet.
pub(super) fn told(
    packet: &Packet<'_>,
    segment: &Segment,
    (data, behind): (&[u8], &[u8]),
) -> Option<ToldVerdict> {
    if !segment.flags.is_rst() {
        return None;
    }
    let of_data = words(data).map(|reason| {
        let teller = if data.starts_with(OF_BIG_IP) {
            VerdictTeller::LoadBalancer
        } else {
            VerdictTeller::ResetText
        };
        CaptureVerdict {
            reason: Some(reason),
            ..CaptureVerdict::new(teller, VerdictAction::Seen)
        }
    });
    let of_trailer = || trailer(packet.bytes).or_else(|| old_trailer(behind));
    let verdict = of_data.or_else(of_trailer)?;
    Some(ToldVerdict::new(verdict, None))
}

/// The data as text, if all of it can be printed; zeros at its end are padding.
fn words(data: &[u8]) -> Option<String> {
    let end = data.iter().rposition(|byte| *byte != 0)? + 1;
    let text = data.get(..end.min(LONGEST))?;
    let is_text = |byte: &u8| byte.is_ascii_graphic() || b" \t\r\n".contains(byte);
    let is_said = text.len() >= SHORTEST && text.iter().all(is_text);
    is_said.then(|| String::from_utf8_lossy(text).trim().to_owned())
}

/// Where the trailer's own header ends, and that of each of its parts.
const HEADER: usize = 8;
const MAGIC: [u8; 4] = [0xf5, 0xde, 0xb0, 0xf5];

/// The parts of the trailer that are read: what the virtual server is, and why it resets.
const PROVIDER: u16 = 1;
const LOW: u16 = 1;
const MEDIUM: u16 = 2;

/// How many parts are looked at.
const MOST_PARTS: usize = 16;

/// The cause in the trailer of F5's own captures, and the virtual server.
fn trailer(frame: &[u8]) -> Option<CaptureVerdict> {
    let start = frame
        .windows(MAGIC.len())
        .rposition(|window| window == MAGIC)?;
    let trailer = frame.get(start..)?;
    let length = usize::from(u16_at(trailer, 4).ok()?);
    let mut parts = trailer.get(HEADER..length.min(trailer.len()))?;
    let mut verdict = CaptureVerdict::new(VerdictTeller::LoadBalancer, VerdictAction::Seen);
    for _ in 0..MOST_PARTS {
        let Ok([provider, kind, length]) = header(parts) else {
            break;
        };
        let length = usize::from(length);
        let Some(part) = parts.get(HEADER..length) else {
            break;
        };
        match (provider, kind) {
            (PROVIDER, LOW) => note_virtual_server(&mut verdict, part),
            (PROVIDER, MEDIUM) => verdict.reason = reset_cause(part),
            _ => {}
        }
        parts = parts.get(length..).unwrap_or_default();
    }
    verdict.reason.is_some().then_some(verdict)
}

/// The cause in a trailer of a version before 15: parts of type, length of the rest, version, right
/// behind the IP packet. Nothing names them as F5's; so all of them must be as they are known, and
/// end where the frame does.
fn old_trailer(mut parts: &[u8]) -> Option<CaptureVerdict> {
    const BEFORE_REST: usize = 2;
    const SHORTEST_PART: usize = 7;
    const LONGEST_PART: usize = 140;
    let mut verdict = CaptureVerdict::new(VerdictTeller::LoadBalancer, VerdictAction::Seen);
    for _ in 0..MOST_PARTS {
        if parts.is_empty() {
            break;
        }
        let [kind, rest, version] = array_at::<3>(parts, 0).ok()?;
        let length = usize::from(rest) + BEFORE_REST;
        let is_known = (1..=3).contains(&kind) && version <= 3;
        if !is_known || !(SHORTEST_PART..=LONGEST_PART).contains(&length) {
            return None;
        }
        let part = parts.get(..length)?;
        match (kind, version) {
            (1, 1..=3) => note_old_virtual_server(&mut verdict, part),
            // Behind flow numbers, more of them with each version.
            (2, 1) => verdict.reason = cause_at(part, 29),
            (2, 2) => verdict.reason = cause_at(part, 30),
            (2, 3) => verdict.reason = cause_at(part, 34),
            _ => {}
        }
        parts = parts.get(length..)?;
    }
    (parts.is_empty() && verdict.reason.is_some()).then_some(verdict)
}

/// Behind type, length and version: whether it came in, slot, processor, length of the name, name.
fn note_old_virtual_server(verdict: &mut CaptureVerdict, part: &[u8]) {
    if let Some(rest) = part.get(3..) {
        note_virtual_server(verdict, rest);
    }
}

fn header(part: &[u8]) -> Result<[u16; 3], crate::decode::SetAside> {
    Ok([u16_at(part, 0)?, u16_at(part, 2)?, u16_at(part, 4)?])
}

/// Whether it came in, slot, processor, length of the name, name.
fn note_virtual_server(verdict: &mut CaptureVerdict, part: &[u8]) {
    const CAME_IN: u8 = 1;
    let Ok([flags, _, _, length]) = array_at::<4>(part, 0) else {
        return;
    };
    verdict.passage = Some(if flags & CAME_IN != 0 {
        Passage::In
    } else {
        Passage::Out
    });
    let name = part.get(4..4 + usize::from(length));
    verdict.component = name.and_then(words);
}

/// Behind flow numbers and flags: length, whether the peer's side was first, version and line of
/// the program, text. As it would stand in the RST's data.
fn reset_cause(part: &[u8]) -> Option<String> {
    const CAUSE: usize = 31;
    cause_at(part, CAUSE)
}

fn cause_at(part: &[u8], place: usize) -> Option<String> {
    const BEFORE_TEXT: usize = 9;
    const OF_PEER: u8 = 1;
    let length = usize::from(u8_at(part, place).ok()?);
    let cause = part.get(place + 1..place + 1 + length)?;
    let flags = *cause.first()?;
    let [_, version @ .., line_high, line_low] = array_at::<9>(cause, 0).ok()?;
    let version = version
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let line = u16::from_be_bytes([line_high, line_low]);
    let text = words(cause.get(BEFORE_TEXT..)?)?;
    let peer = if flags & OF_PEER == 0 { "" } else { "{peer} " };
    Some(format!("BIG-IP: [{version:#x}:{line}] {peer}{text}"))
}
