//! **Room 4: diagnosis.** Decided attempts come in; what they mean goes out: for each its cause,
//! how sure that is and what the application saw; for each server how its attempts ended.
//!
//! This room never changes a fact, and says no more than the packets prove.

mod all_attempts;
mod answer_times;
mod app_error;
mod attempt_facts;
mod attempt_list;
mod capture_quality;
mod cause;
mod causes;
mod checked_packet;
mod client_sketch;
mod compact_sets;
mod compared_attempt;
mod comparison;
mod diagnosed_attempt;
mod diagnostician;
mod endpoints;
mod evidence_choice;
mod explainer;
mod facts;
mod finding_kind;
mod findings;
mod fingerprint;
mod fixed_hash;
mod host_words;
mod kernel_word;
mod key_filter;
pub mod knowledge;
mod known_ends;
mod limits;
mod listing;
mod live;
mod log_matching;
mod midway_failures;
mod names;
mod noise;
mod note;
mod notes;
mod offered_features;
mod outcome_counts;
mod own_answer;
mod past_noise;
mod probes;
mod rapid_flood;
mod remembered;
mod selection;
mod service_names;
mod sign;
mod stack;
mod syn_traits;
mod testimony;
mod time_line;
mod told_before;
mod trouble_counts;
mod worth;

pub use all_attempts::Diagnosis;
pub use answer_times::AnswerTimes;
pub use app_error::{UPSTREAM_ERRORS, app_error, error_text};
pub use capture_quality::CaptureQuality;
pub use cause::{Cause, Confidence, Judged};
pub use compared_attempt::ComparedAttempt;
pub use comparison::{Counts, FilterRuleHits, Period, PortRange, Share, Vantage};
pub use diagnosed_attempt::DiagnosedAttempt;
pub use diagnostician::Diagnostician;
pub use endpoints::EndpointSummary;
pub use evidence_choice::EvidenceChoice;
pub use facts::Facts;
pub use finding_kind::FindingKind;
pub use findings::{
    BackendOfFailures, Change, Finding, FindingEvidence, IgnoredFirst, LossPlace, LossTimes,
    NewConnects, NextStep, Proof, SameOfAll, SilentRequest, Situation, Statement, StepKind,
    next_steps_of_cause,
};
pub use fingerprint::Fingerprint;
pub use host_words::{HostFacts, HostNotable, HostWord, HostWords};
pub use kernel_word::{
    AfterAccept, ConnectEnd, KernelVerdict, KernelWord, LocalReason, OwnDrops, judge_kernel_word,
};
pub use limits::{Limit, LimitKind};
pub use listing::{AttemptReplay, AttemptsPutAside, ListedAttempts, ListingKey, ListingOrder};
pub use live::LiveDiagnostician;
pub use log_matching::{ClockBasis, LogFacts, LogMatcher, LogZone, MatchedLog, UnreadLine};
pub use names::Names;
pub use noise::Noise;
pub use note::{Note, ResetOrigin};
pub use outcome_counts::OutcomeCounts;
#[cfg(feature = "live")]
pub(crate) use remembered::Remembered;
pub use selection::{EndpointPattern, Selection};
pub use service_names::service_name;
pub use syn_traits::SynOption;
pub use testimony::{
    ChangesBefore, DroppedPacket, HostDistance, HostSays, HostStatement, KernelDeed,
    KernelDropCounts, KernelDrops, ListenersAtEnd, ListeningSocket, LogPlace, LoggedChange,
    LoggedLine, LoggedOften, LoggedOutage, SocketHolder, StoppingRule, TestifiedFact, Testimony,
    TestimonySource,
};
pub use time_line::{BucketWidth, Count, Event, TimeLine};
pub use told_before::{ANNOTATION, ToldBefore, is_on_evidence, without_annotations};
pub use trouble_counts::TroubleCounts;
