//! What is fuzzed, as plain functions: the fuzzer calls them, and so does the test that runs all
//! seeds and regressions.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use tcpwhy::analysis::{AnalysisSettings, analyse};
use tcpwhy::capture::{
    CaptureSet, LinkType, Packet, PacketNumber, PacketPlace, SourceId, Timestamp,
};
use tcpwhy::decode::{decode as decode_packet, decode_by_layers, told_of};
use tcpwhy::diagnosis::{CaptureQuality, Diagnostician, Selection, knowledge};
use tcpwhy::handshake::{Decisions, Tracker, TrackerSettings};
use tcpwhy::logs::{LogLines, LogReader, WantedPorts};
use tcpwhy::report::{Report, Settings, TimeZoneChoice, Tool, html, json, text};

/// Attempts listed: an input of a few kilobytes has no more.
const LISTED: Option<usize> = Some(100);

fn tracker_settings() -> TrackerSettings {
    TrackerSettings {
        patience: Duration::from_secs(3),
        ..TrackerSettings::default()
    }
}

/// Two bytes of link type, then the packet.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn decode(data: &[u8]) {
    let Some((link_type, bytes)) = data.split_first_chunk::<2>() else {
        return;
    };
    let packet = Packet {
        place: PacketPlace::default(),
        link_type: Some(LinkType(u16::from_be_bytes(*link_type).into())),
        bytes,
        wire_length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        captured_on: tcpwhy::capture::CapturedOn::default(),
        options: None,
    };
    let _ = told_of(&packet);
    assert_eq!(
        decode_packet(&packet),
        decode_by_layers(&packet),
        "the short way and the long one"
    );
}

/// Packets of raw IP, each behind two bytes: its length, and how many times 16 ms after the one
/// before.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn track(mut data: &[u8]) {
    let mut tracker = Tracker::new(tracker_settings());
    let mut decisions = Decisions::default();
    let mut diagnostician = Diagnostician::new(Selection::default(), LISTED);
    let mut at = Timestamp::default();
    let mut number = 0;
    while let Some(([length, delay], rest)) = data.split_first_chunk::<2>() {
        let (bytes, behind) = rest.split_at(usize::from(*length).min(rest.len()));
        data = behind;
        number += 1;
        at = at.after(Duration::from_millis(u64::from(*delay) * 16));
        let place = PacketPlace {
            at,
            source: SourceId(0),
            number: PacketNumber(number),
        };
        let packet = Packet {
            place,
            link_type: Some(LinkType::RAW),
            bytes,
            wire_length: u32::from(*length),
            captured_on: tcpwhy::capture::CapturedOn::default(),
            options: None,
        };
        let observation = decode_packet(&packet);
        diagnostician.observe(&observation);
        tracker.observe(&observation, place);
        tracker.swap_decided(&mut decisions);
        diagnostician.add_all(&mut decisions);
    }
    tracker.finish(|decisions| diagnostician.add_all(decisions));
    let _ = diagnostician.finish(&CaptureQuality::default());
}

/// A file, to text, HTML and JSON.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn read(data: &[u8]) {
    let stream = Box::new(Cursor::new(data.to_vec()));
    let Ok(mut captures) = CaptureSet::of_stream(Path::new("fuzzed"), stream) else {
        return;
    };
    let settings = AnalysisSettings {
        tracker: tracker_settings(),
        selection: Selection::default(),
        listed_attempts: LISTED,
        ..AnalysisSettings::default()
    };
    let (capture, diagnosis) = analyse(&mut captures, &settings);
    let report = Report {
        tool: Tool {
            version: "0.0.0",
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture,
        diagnosis,
        settings: Settings::with_patience(Duration::from_secs(3)),
        shows_names: true,
        handover: tcpwhy::report::Handover::default(),
    };
    let mut page = Vec::new();
    let style = text::TextStyle {
        width: 80,
        color: false,
        zone: TimeZoneChoice::Utc,
        only_failures: false,
    };
    text::write(&report, &style, &mut page).expect("memory takes everything");
    let is_harmless = |byte: &u8| *byte >= b' ' || *byte == b'\n';
    assert!(
        page.iter().all(is_harmless),
        "a control character reached the terminal"
    );
    page.clear();
    html::write(&report, TimeZoneChoice::Utc, &mut page).expect("memory takes everything");
    let mut document = Vec::new();
    json::write(&report, &mut document).expect("memory takes everything");
}

/// Lines of a log.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn logs(data: &[u8]) {
    let stream = Box::new(Cursor::new(data.to_vec()));
    let Ok(mut lines) = LogLines::of_stream(stream) else {
        return;
    };
    let mut reader = LogReader::new(WantedPorts::all());
    while let Ok(Some((_, line))) = lines.next_line() {
        let _ = reader.read(line, |_| true);
    }
}

/// A pasted line.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn explain(data: &[u8]) {
    let line = String::from_utf8_lossy(data);
    let _ = knowledge::find(&line);
    let _ = knowledge::nearest(&line);
}
