//! What is serialised comes back, under the names that reports use.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Analysed, Analysis};
use crate::decode::SetAside;
use crate::diagnosis::knowledge::{self, Kind};
use crate::diagnosis::{Cause, Confidence, DiagnosedAttempt, FindingKind, Noise, OutcomeCounts};
use crate::diagnosis::{TimeLine, Vantage};
use crate::handshake::Outcome;
use crate::host::Counter;

fn analysed(sample: &str) -> Analysed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    Analysis::new().read(folder.join(sample)).unwrap()
}

fn name(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap().to_owned()
}

/// Through JSON, where fields have names, and through postcard, where they have none.
fn returned<T: Serialize + DeserializeOwned>(value: &T) -> [T; 2] {
    let text = serde_json::to_string(value).unwrap();
    let bytes = postcard::to_stdvec(value).unwrap();
    [
        serde_json::from_str(&text).unwrap(),
        postcard::from_bytes(&bytes).unwrap(),
    ]
}

#[test]
fn names_are_those_of_reports() {
    for outcome in Outcome::ALL {
        assert_eq!(name(outcome), outcome.name());
    }
    for cause in Cause::ALL {
        assert_eq!(name(cause), cause.name());
    }
    for confidence in [
        Confidence::Possible,
        Confidence::Likely,
        Confidence::Certain,
    ] {
        assert_eq!(name(confidence), confidence.name());
    }
    for vantage in [
        Vantage::Client,
        Vantage::Server,
        Vantage::Between,
        Vantage::Filter,
    ] {
        assert_eq!(name(vantage), vantage.name());
    }
    for noise in [
        Noise::Scan,
        Noise::Flood,
        Noise::Backscatter,
        Noise::Traceroute,
        Noise::HealthChecks,
    ] {
        assert_eq!(name(noise), noise.name());
    }
    for counter in Counter::ALL {
        assert_eq!(name(counter), counter.name());
    }
    for reason in SetAside::ALL {
        assert_eq!(name(reason), reason.name());
    }
}

#[test]
fn every_kind_of_finding_is_known_by_its_name() {
    let pages = knowledge::pages().filter(|page| page.kinds.contains(&Kind::Finding));
    let terms: Vec<&str> = pages.map(|page| page.term).collect();
    assert!(terms.len() > 15, "{terms:?}");
    for term in terms {
        let kind: FindingKind = serde_json::from_value(term.into()).unwrap();
        assert_eq!(kind.name(), term);
    }
}

#[test]
fn attempts_and_counts_come_back() {
    for sample in ["service-restart.pcap", "router-any-sll2.pcap"] {
        let analysed = analysed(sample);
        let diagnosis = analysed.diagnosis();
        assert!(!diagnosis.attempts.is_empty(), "{sample}");
        let attempts: &Vec<DiagnosedAttempt> = &diagnosis.attempts;
        for back in returned(attempts) {
            assert_eq!(&back, attempts, "{sample}");
        }
        for back in returned::<OutcomeCounts>(&diagnosis.outcomes) {
            assert_eq!(back, diagnosis.outcomes, "{sample}");
        }
        for back in returned::<TimeLine>(&diagnosis.over_time) {
            assert_eq!(back, diagnosis.over_time, "{sample}");
        }
    }
}

#[test]
fn findings_are_objects_with_names() {
    let analysed = analysed("service-restart.pcap");
    let finding = serde_json::to_value(analysed.findings().next().unwrap()).unwrap();
    assert_eq!(finding["kind"], "service_down_window");
    assert_eq!(
        finding["server"],
        serde_json::json!({"address": "10.0.1.20", "port": 5432})
    );
}

#[test]
fn a_width_that_does_not_exist_is_held_at_the_widest() {
    let width: crate::diagnosis::BucketWidth = serde_json::from_str("4000000000").unwrap();
    let at = crate::capture::Timestamp::default();
    assert_eq!(width.start_around(at), at);
}
