//! The words for looking up a packet filter's rules.

use super::StepWords;
use crate::report::shell_word::shell_word;

/// Of pf. Rules of an anchor have numbers of their own.
pub(super) fn pf_rule(number: u32, sub_rule: Option<u32>, anchor: Option<&str>) -> StepWords {
    let (of_anchor, indent, number) = match (anchor, sub_rule) {
        (Some(anchor), Some(sub_rule)) => (format!(" -a {}", shell_word(anchor)), "", sub_rule),
        // Its name is not known, or none to be typed: all anchors show their rules, indented.
        (None, Some(sub_rule)) => (" -a '*'".to_owned(), " *", sub_rule),
        (_, None) => (String::new(), "", number),
    };
    StepWords {
        place: "the firewall that logged".to_owned(),
        run: format!("pfctl{of_anchor} -vvsr | grep -A 3 '^{indent}@{number}[( ]'"),
        shell: "sh",
        why: "which rule that is, and how often it was hit: numbers change when rules are loaded"
            .to_owned(),
    }
}

/// Of a Linux firewall.
pub(super) fn log_prefix(prefix: &str) -> StepWords {
    let prefix = shell_word(prefix.trim());
    StepWords {
        place: "the host that logged".to_owned(),
        run: format!(
            "nft -a list ruleset | grep -n -F {prefix}; iptables-save -c | grep -n -F {prefix}"
        ),
        shell: "sh",
        why: "the rule that logs so, and whether it or the next one drops".to_owned(),
    }
}
