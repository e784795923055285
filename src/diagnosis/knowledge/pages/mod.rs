//! The pages: data, and nothing else.

mod balancers;
mod beside_captures;
mod checks;
mod comparisons;
mod elsewhere;
mod endings;
mod filter_logs;
mod firewall_signs;
mod kernel_signs;
mod link;
mod local_errors;
mod network_errors;
mod outcomes;
mod path_findings;
mod path_verdicts;
mod rare_errors;
mod refusals;
mod rejections;
mod resource_errors;
mod sayings_of_failures;
mod sayings_of_silence;
mod service_findings;
mod silence;
mod tool_signs;
mod traffic_findings;
mod troubles;
mod ways;
mod words;
mod words_beside_tcp;

use super::{LookAlike, Page, Saying};

/// All pages, in the order of the list of terms.
pub(super) const ALL: &[&[Page]] = &[
    outcomes::PAGES,
    refusals::PAGES,
    rejections::PAGES,
    silence::PAGES,
    ways::PAGES,
    elsewhere::PAGES,
    endings::PAGES,
    link::PAGES,
    balancers::PAGES,
    filter_logs::PAGES,
    service_findings::PAGES,
    traffic_findings::PAGES,
    troubles::PAGES,
    comparisons::PAGES,
    path_verdicts::PAGES,
    path_findings::PAGES,
    network_errors::PAGES,
    rare_errors::PAGES,
    local_errors::PAGES,
    resource_errors::PAGES,
    words::PAGES,
    words_beside_tcp::PAGES,
    kernel_signs::PAGES,
    firewall_signs::PAGES,
    tool_signs::PAGES,
    beside_captures::PAGES,
];

const fn apart(other: &'static str, by: &'static str) -> LookAlike {
    LookAlike { other, by }
}

const fn said(system_or_language: &'static str, text: &'static str) -> Saying {
    Saying {
        system_or_language,
        text,
    }
}
