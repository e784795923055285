//! The words for what a finding states and leans on: the same in every format. Hostile text may be
//! among them.

mod backends;
mod evidence;
mod of_cause;
mod outages;
mod troubles;

use std::time::Duration;

use super::counts::counted;
use super::duration_words;
use super::testimony_words;
use super::verdict_words;
use super::{comparison_words, limit_words};
use crate::diagnosis::{Confidence, Finding, FindingEvidence, Statement};
use crate::handshake::{FilteredOut, Outcome};
pub use evidence::evidence;
use troubles::{hung_up, resets_midway, slow_connects, stuck_connections, stuck_midway};

/// How many of these a filter's log names; a log that is limited leaves out the others.
fn stopped_by_log(attempts: u64, named: u64) -> String {
    match attempts.saturating_sub(named) {
        0 if attempts == 1 => "it, by its own log".to_owned(),
        0 => "them, by its own log".to_owned(),
        1 => format!("{named} of them, by its own log, which does not name the other one"),
        others => {
            format!("{named} of them, by its own log, which does not name the other {others}")
        }
    }
}

/// Which packets of so many connects came in and never left: the answers, or the SYNs.
fn never_left(attempts: u64, answers: u64) -> String {
    let connects = counted(attempts, "connect");
    match (answers, attempts.saturating_sub(answers)) {
        (0, _) => connects,
        (_, 0) => format!("the server's answers to {connects}"),
        (_, syns) => {
            let syns = counted(syns, "connect");
            format!("{syns}, and the server's answers to {answers} more,")
        }
    }
}

fn dropped_by_kernel(attempts: u64, answers: u64, reason: &str) -> String {
    let what = match (answers, attempts.saturating_sub(answers)) {
        (0, _) => format!("the SYNs of {}", counted(attempts, "connect")),
        (_, 0) => format!(
            "what came after the SYN of {}",
            counted(attempts, "connect")
        ),
        (_, syns) => format!(
            "the SYNs of {}, and what came after the SYN of {answers} more",
            counted(syns, "connect")
        ),
    };
    format!(
        "this host's kernel says that it dropped {what}: {}",
        testimony_words::kernel::because(reason)
    )
}

/// What the finding states, in one sentence.
#[expect(clippy::too_many_lines, reason = "one arm for each statement")]
pub fn statement(finding: &Finding) -> String {
    let server = finding
        .server
        .map_or_else(String::new, |server| server.to_string());
    let attempts = finding.attempts;
    let elsewhere = comparison_words::statement(finding).or_else(|| of_cause::statement(finding));
    if let Some(words) = elsewhere {
        return words;
    }
    match &finding.statement {
        Statement::DownWindow {
            is_refused,
            is_by_host,
            lasted,
            is_after_success,
            is_before_success,
        } => {
            let (what, why) = match (is_refused, is_by_host) {
                (true, true) => ("nothing listened on", ""),
                (true, false) => (
                    "every connect was refused to",
                    ": nothing listened, or a rule reset",
                ),
                (false, _) => ("no connect succeeded to", ""),
            };
            let when = match (is_after_success, is_before_success) {
                (true, true) => "before and after",
                (true, false) => "before",
                (false, _) => "after",
            };
            let lasted = seconds(*lasted);
            format!("{what} {server} for {lasted}{why}; it accepted connects {when}")
        }
        Statement::OneBadBackend { .. } => backends::one_bad_backend(&server, finding),
        Statement::Overload { connects, late } => {
            let silent = attempts.saturating_sub(*late);
            let late = match late {
                0 => String::new(),
                late => format!(", {late} more only when they repeated their SYN,"),
            };
            format!(
                "{server} met {silent} of {connects} connects with silence{late} and accepted others in the same seconds: its queue is full, or a limit drops"
            )
        }
        Statement::OverloadResets { connects } => format!(
            "{server} reset {attempts} of {connects} connects right after the handshake, by a RST \
             without ACK: {}",
            full_queue_or_another(finding.confidence)
        ),
        Statement::AcceptQueueProvedFull => format!(
            "{server} met {} with silence: its accept queue is full, the application does not accept",
            counted(attempts, "connect")
        ),
        Statement::NamePointsNowhere { name } => format!(
            "the DNS answer for {name} led to {server}, where no connect succeeded: the service moved, or the name is out of date"
        ),
        Statement::NeverListening { is_proved } => {
            let or_a_rule = if *is_proved { "" } else { ", or a rule resets" };
            let all = all_of(attempts);
            let testimony = finding.evidence.iter().filter_map(|evidence| match evidence {
                FindingEvidence::Testimony(testimony) => Some(testimony),
                _ => None,
            });
            let telling =
                testimony.filter(|one| *is_proved || testimony_words::is_of_host_file(one));
            match testimony_words::who_listens_elsewhere_only(telling) {
                Some(elsewhere) => format!("{server} refused {all} throughout: {elsewhere}"),
                None => {
                    format!("{server} refused {all} throughout: nothing listens there{or_a_rule}")
                }
            }
        }
        Statement::SourceFiltered {
            clients,
            are_more,
            range,
        } => {
            let clients: Vec<String> = clients.iter().map(ToString::to_string).collect();
            let more = if *are_more { " and others" } else { "" };
            let range = range.map_or_else(String::new, |(address, bits)| {
                format!(" ({address}/{bits} holds them and nobody who gets in)")
            });
            format!(
                "{server} never accepts {}{more}{range}, and accepts others in the same seconds",
                clients.join(", ")
            )
        }
        Statement::LimitedRejects { rejected, dropped } => format!(
            "{rejected} connects to {server} were rejected by ICMP and {dropped} met silence: all are rejected, and the errors are limited in number"
        ),
        Statement::ServiceFiltered => format!(
            "{server} answered {} with silence, although the host lives: a filter on this port",
            all_of(attempts)
        ),
        Statement::StoppedByLog { named } => format!(
            "{} to {server} met silence: a packet filter stopped {}",
            all_of(attempts),
            stopped_by_log(attempts, *named)
        ),
        Statement::ServiceResetByFilter => format!(
            "{} to {server} {} reset by a packet filter, not by its host's TCP: whether anything \
             listens behind it does not show",
            all_of(attempts),
            if attempts == 1 { "is" } else { "are" }
        ),
        Statement::ToldByHost { told, outcome } => {
            let met = match outcome {
                Outcome::Refused => "refused",
                Outcome::HalfOpen => "answered, and never completed",
                _ => "met by silence",
            };
            format!(
                "{} to {server} {} {met}: {}",
                all_of(attempts),
                if attempts == 1 { "was" } else { "were" },
                testimony_words::host_explains(told)
            )
        }
        Statement::ServiceRejected { kinds } => {
            let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
            format!(
                "{} to {server} {} rejected by {}: a rule says no, or a proxy has no target",
                all_of(attempts),
                if attempts == 1 { "was" } else { "were" },
                kinds.join(", ")
            )
        }
        Statement::FeatureDropped => format!(
            "{attempts} connects to {server} were answered only without what their first SYN offered (ECN, Fast Open or Multipath TCP): each was late by its repetition"
        ),
        Statement::WrongChecksums { wrong, answered } => {
            let compared = match answered {
                0 => "and there is nothing answered to compare with (a capture on the sender may show what its network card fills in only later)".to_owned(),
                _ => format!("none of the {answered} answered ones has"),
            };
            let connects = if attempts == 1 { "connect" } else { "connects" };
            if *wrong == 1 {
                format!(
                    "1 unanswered handshake packet of {attempts} {connects} has a wrong checksum, {compared}: whoever receives it throws it away and says nothing"
                )
            } else {
                format!(
                    "{wrong} unanswered handshake packets of {attempts} {connects} have a wrong checksum, {compared}: whoever receives them throws them away and says nothing"
                )
            }
        }
        Statement::DroppedHere { answers, .. } => format!(
            "{} came in here and never left, although others that go the same way did in the same seconds: this host drops them",
            never_left(attempts, *answers as u64)
        ),
        Statement::DroppedByKernel { reason, answers } => dropped_by_kernel(attempts, *answers, reason),
        Statement::DroppedByReversePathFilter => format!(
            "{} to {server} came in here, and meanwhile the reverse path filter of this host dropped as many packets: the way back leads out of another interface than they came in by",
            all_of(attempts)
        ),
        Statement::FilterLog {
            rules,
            blocked,
            without_end,
            others,
        } => verdict_words::filter_log(*rules, (*blocked, *without_end), *others),
        Statement::StaleTupleReuse => format!(
            "{} to {server} met {} of the same addresses and ports: a NAT or client reuses ports too soon",
            counted(attempts, "connect"),
            if attempts == 1 {
                "an older connection"
            } else {
                "older connections"
            },
        ),
        Statement::AnswersMisdirected => format!(
            "{} to {server} {} answered from or to another address or port than the SYN's: addresses are translated in one direction only, or back wrongly",
            all_of(attempts),
            if attempts == 1 { "was" } else { "were" },
        ),
        Statement::AnswersMadeByABox { .. } => verdict_words::made_by_a_box(attempts, &finding.statement),
        Statement::ProxyAnswers => format!(
            "{attempts} connects to {server} were answered by a SYN proxy (window 0): that they succeeded says nothing of the server behind"
        ),
        Statement::FallbackWorked { within } => format!(
            "connects to {server} failed, and within {} ms the same port was reached over the other version of IP: the fallback worked",
            within.as_millis()
        ),
        Statement::HostDown { address, questions } => format!(
            "nobody answers for {address} on its link, asked {questions} times: the host is down, or not on this link"
        ),
        Statement::HostsPerhapsDown {
            addresses,
            more,
            asked_from_elsewhere,
        } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let more = match more {
                0 => String::new(),
                count => format!(" and {count} more addresses"),
            };
            format!(
                "nobody was seen to answer for {}{more}, asked for again and again: down, or the answers did not come by here{}",
                addresses.join(", "),
                outages::asked_from_elsewhere(*asked_from_elsewhere)
            )
        }
        Statement::PathLoss { .. } => outages::path_loss(attempts, &finding.statement),
        Statement::SharedFailure {
            servers,
            at_once,
            lasted,
        } => outages::shared_failure(*servers, at_once, *lasted),
        Statement::HungUp { connects, resets } => hung_up(&server, attempts, *connects, *resets),
        Statement::StuckConnections {
            connects,
            full_size,
        } => stuck_connections(&server, attempts, *connects, *full_size),
        Statement::SlowConnects { .. } => slow_connects(&server, attempts, &finding.statement),
        Statement::PathMtu { .. } => path_mtu(&server, &finding.statement),
        Statement::ResetsMidway { idle } => resets_midway(&server, attempts, *idle),
        Statement::StuckMidway(request) => stuck_midway(&server, attempts, request),
        Statement::UpAndDown {
            outages,
            connects,
            longest,
        } => format!(
            "{attempts} of {connects} connects to {server} were refused, {outages} times for a while, up to {}, and between that all were accepted: it stops and starts again and again, as a program that crashes and is restarted",
            seconds(*longest)
        ),
        Statement::FloodedOut(syns) => format!(
            "{attempts} connects to {server} met silence while it was flooded by {syns} SYNs: its queue for half-open connections is full of those (SYN cookies are off, or a box before it has no room)"
        ),
        Statement::AnsweredTooLate { connects, longest } => format!(
            "{attempts} of {connects} connects to {server} were answered after up to {}, when their client no longer waited and reset the answer: the server, or the way, is slow",
            seconds(*longest)
        ),
        Statement::SynFlood { answered } => {
            let how = if *answered == attempts {
                "were answered and never completed".to_owned()
            } else {
                format!("were never completed, {answered} of them answered")
            };
            let clients = finding.clients;
            let at_least = if finding.is_of_sample { "at least " } else { "" };
            format!(
                "{attempts} connects of {at_least}{clients} clients to {server} {how}: a SYN flood, its sources forged"
            )
        }
        Statement::Backscatter { client, servers } => format!(
            "{servers} servers answer {client}, whose SYNs are not in the capture: somebody forges its address, or one direction is missing"
        ),
        Statement::PortScan {
            scanner,
            ports,
            hosts,
            answered,
        } => format!(
            "{scanner} tried {} on {}, {attempts} connects in all; {answered} were answered: a scan",
            several(*ports, "port"),
            several(*hosts, "host"),
        ),
        Statement::OneSidedCapture { host, others } => {
            let others = match others {
                0 => String::new(),
                count => format!(" and {count} other hosts"),
            };
            format!(
                "connects to {host}{others} succeeded although none of their packets was captured: one direction is missing, and silence says nothing. {CAPTURE_BOTH_WAYS}: {CAPTURE_ALL}"
            )
        }
        Statement::ThirdStepLeftOut => {
            "segments without payload were left out: the third step of handshakes is inferred"
                .to_owned()
        }
        Statement::OnlyControlSegments => {
            "only segments with SYN, FIN or RST were captured: the third step of handshakes is inferred, and ICMP errors would not show".to_owned()
        }
        Statement::FilteredOut(what) => filtered_out(*what, attempts),
        Statement::FilterHidesIcmpErrors { filter } => format!(
            "the capture's filter '{}' lets no ICMP error pass: a rejection would look like silence",
            start_of(filter)
        ),
        Statement::LostPackets { packets } => format!(
            "the capturing host lost {packets} packets: what looks like silence may be among them"
        ),
        Statement::StartedLate => format!(
            "{attempts} SYN-ACKs answer SYNs that are not in the capture: it started while connects were under way, or misses packets"
        ),
        // Those that compare attempts, or lean on their cause alone, have words of their own.
        Statement::FailuresShare { .. }
        | Statement::ConnectionLimit { .. }
        | Statement::StaleState { .. }
        | Statement::DeadPath { .. }
        | Statement::DeadTuples { .. }
        | Statement::PolicyChanged { .. }
        | Statement::RejectedByOne { .. }
        | Statement::SameOfServers { .. }
        | Statement::AcceptsNoMore { .. }
        | Statement::DuplicateAddress { .. }
        | Statement::AnsweringHosts { .. }
        | Statement::HealthChecks { .. }
        | Statement::Traceroute { .. }
        | Statement::NoWayBack { .. }
        | Statement::HostSilent { .. }
        | Statement::Unreachable { .. }
        | Statement::SynAckLost { .. }
        | Statement::InvalidResets { .. }
        | Statement::ClientSilent => String::new(),
        Statement::LimitsHit { limits } => {
            let limits: Vec<String> = limits.iter().copied().map(limit_words::name).collect();
            format!(
                "there was more than is remembered ({}): findings may be missing or lean on a sample",
                limits.join(", ")
            )
        }
    }
}

/// Who resets right after the handshake.
fn full_queue_or_another(confidence: Confidence) -> &'static str {
    if confidence == Confidence::Possible {
        "another host behind this address, that does not have the connection, or its accept queue \
         is full, and its kernel does not wait (tcp_abort_on_overflow)"
    } else {
        "its accept queue is full, and its kernel does not wait (tcp_abort_on_overflow)"
    }
}

fn path_mtu(server: &str, statement: &Statement) -> String {
    let Statement::PathMtu {
        sender,
        asked_by,
        mtu,
        connections,
        errors,
        of_one_segment,
    } = statement
    else {
        return String::new();
    };
    let mtu = mtu.map_or_else(String::new, |mtu| format!(" (MTU {mtu})"));
    let several = several(*connections, "connection");
    format!(
        "{asked_by} says {errors} times that packets of {sender} are too large{mtu}, and {sender} sends the same segment up to {of_one_segment} times all the same, on {several} of {server}: the errors do not reach it, or it ignores them"
    )
}

pub(super) fn all_of(attempts: u64) -> String {
    match attempts {
        1 => "the one connect".to_owned(),
        2 => "both connects".to_owned(),
        count => format!("all {count} connects"),
    }
}

fn several(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The start of what may be a long text.
fn start_of(filter: &str) -> String {
    const LONGEST: usize = 80;
    if filter.chars().count() <= LONGEST {
        return filter.to_owned();
    }
    filter.chars().take(LONGEST - 1).chain(['~']).collect()
}

/// `1.902 s`: short outages are told to the millisecond.
fn seconds(duration: Duration) -> String {
    duration_words::to_the_millisecond(duration)
}

/// What a filter left out that verdicts need, and what to capture in its place.
fn filtered_out(what: FilteredOut, attempts: u64) -> String {
    let found = match what {
        FilteredOut::Nothing => return String::new(),
        FilteredOut::AllButSyns => {
            "only SYNs were captured, nearly all of them once: a filter such as 'tcp[13] == 2' left out whether they were answered (were there none, no program would have waited for a second)".to_owned()
        }
        FilteredOut::AllButBeginnings | FilteredOut::AllButSynsAndSynAcks => {
            "only segments with SYN or RST were captured, and SYN-ACKs that nobody repeated: a filter such as 'tcp[tcpflags] & tcp-syn != 0' left out whether the clients went on".to_owned()
        }
        FilteredOut::Syns => format!("{attempts} SYN-ACKs and not one SYN were captured: one direction is missing"),
        FilteredOut::Answers => "connects succeeded although no SYN-ACK was captured: one direction is missing".to_owned(),
    };
    let way = match what {
        FilteredOut::Syns | FilteredOut::Answers => CAPTURE_BOTH_WAYS,
        _ => "Capture again without it",
    };
    format!("{found}. {way}: {CAPTURE_ALL}")
}

/// What to do where one direction is missing.
const CAPTURE_BOTH_WAYS: &str =
    "Capture where both pass, with 'host' in place of 'src host' or 'dst host'";

/// Headers are enough, and without ICMP and ARP some failures look like silence.
const CAPTURE_ALL: &str = "tcpdump -i any -s 128 -w again.pcap 'tcp or icmp or icmp6 or arp'";
