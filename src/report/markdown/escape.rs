//! Text that stays text in Markdown: as GitHub and GitLab render it, with their mentions,
//! references and links.

use crate::report::sanitize::terminal_safe;

/// Where a text stands: a pipe ends a table's cell, even within code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Place {
    Paragraph,
    Cell,
}

/// The text as a code span, in which nothing means anything; on one line.
pub(in crate::report) fn code(text: &str, place: Place) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in terminal_safe(text).chars() {
        match character {
            // Renderers differ on what a backslash before an escaped pipe is.
            '|' if place == Place::Cell && safe.ends_with('\\') => safe.push_str("\\u{7c}"),
            '|' if place == Place::Cell => safe.push_str("\\|"),
            other => safe.push(other),
        }
    }
    if safe.is_empty() {
        return "-".to_owned();
    }
    let fence = "`".repeat(longest_run_of_backticks(&safe) + 1);
    let is_padded = safe.starts_with('`')
        || safe.ends_with('`')
        || (safe.starts_with(' ') && safe.ends_with(' '));
    let padding = if is_padded { " " } else { "" };
    format!("{fence}{padding}{safe}{padding}{fence}")
}

/// Sentences: plain words as they are, and everything else (addresses, names, options) as code.
pub(in crate::report) fn prose(text: &str, place: Place) -> String {
    let safe = terminal_safe(text);
    let words: Vec<String> = safe
        .split(' ')
        .enumerate()
        .map(|(index, word)| prose_word(word, index == 0, place))
        .collect();
    words.join(" ")
}

fn prose_word(word: &str, is_first: bool, place: Place) -> String {
    let core = word
        .trim_start_matches(['(', '"', '\''])
        .trim_end_matches([')', '"', '\'', ',', ';', ':', '.']);
    let Some(start) = word.find(core).filter(|_| !core.is_empty()) else {
        return if word.is_empty() {
            String::new()
        } else {
            code(word, place)
        };
    };
    let (before, rest) = word.split_at(start);
    let behind = rest.get(core.len()..).unwrap_or_default();
    let may_start_a_list = is_first && before.is_empty() && is_number(core) && !behind.is_empty();
    if (is_word(core) || is_number(core)) && !may_start_a_list {
        word.to_owned()
    } else {
        format!("{before}{}{behind}", code(core, place))
    }
}

/// Letters, with hyphens and apostrophes between them.
fn is_word(core: &str) -> bool {
    core.split(['-', '\''])
        .all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphabetic()))
}

/// `52`, `1,204`, `36.8`; nothing that looks like an address.
fn is_number(core: &str) -> bool {
    let (whole, fraction) = core.split_once('.').unwrap_or((core, "0"));
    let has_only_digits =
        |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    has_only_digits(fraction) && whole.split(',').all(has_only_digits)
}

/// A block of commands for a shell, one a line.
pub(in crate::report) fn command_block(shell: &str, commands: &[&str]) -> String {
    let lines: Vec<_> = commands.iter().map(|line| terminal_safe(line)).collect();
    let longest = lines
        .iter()
        .map(|line| longest_run_of_backticks(line))
        .max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}{shell}\n{}\n{fence}", lines.join("\n"))
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_backticks_and_pipes() {
        assert_eq!(code("db", Place::Cell), "`db`");
        assert_eq!(code("a`b", Place::Cell), "``a`b``");
        assert_eq!(code("``", Place::Cell), "``` `` ```");
        assert_eq!(code("a|b", Place::Cell), "`a\\|b`");
        assert_eq!(code("a|b", Place::Paragraph), "`a|b`");
        assert_eq!(code("a\\|b", Place::Cell), "`a\\\\u{7c}b`");
        assert_eq!(code("a\nb", Place::Cell), "`a\\u{a}b`");
    }

    #[test]
    fn plain_words_stay_and_all_else_is_code() {
        let prose = |text| prose(text, Place::Paragraph);
        assert_eq!(
            prose("10.0.1.20:5432 refused 52 connects, the host's answers (likely)."),
            "`10.0.1.20:5432` refused 52 connects, the host's answers (likely)."
        );
        assert_eq!(
            prose("@team <b> [x](http://y) 36.8 s"),
            "`@team` `<b>` `[x](http://y` ) 36.8 s".replace("y` )", "y`)")
        );
        assert_eq!(prose("1. x --- #1"), "`1`. x `---` `#1`");
    }
}
