//! Text broken into lines that never exceed their width, whatever it holds.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The pieces, as many to a line as fit; a piece longer than a line is broken at spaces, a word
/// longer than a line within.
pub(crate) fn fill(pieces: &[String], separator: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let ending = if index + 1 < pieces.len() {
            separator
        } else {
            ""
        };
        let piece = format!("{piece}{ending}");
        if line.width() + piece.trim_end().width() <= columns {
            line.push_str(&piece);
            continue;
        }
        finish(&mut lines, &mut line);
        if piece.trim_end().width() <= columns {
            line = piece;
        } else {
            line = broken_at_spaces(&mut lines, &piece, columns);
        }
    }
    finish(&mut lines, &mut line);
    lines
}

fn finish(lines: &mut Vec<String>, line: &mut String) {
    let done = std::mem::take(line);
    let done = done.trim_end();
    if !done.is_empty() {
        lines.push(done.to_owned());
    }
}

/// Adds the lines of a long piece but the last, which it gives.
fn broken_at_spaces(lines: &mut Vec<String>, piece: &str, columns: usize) -> String {
    let mut line = String::new();
    for word in piece.split(' ') {
        if line.width() + word.width() > columns {
            finish(lines, &mut line);
        }
        for character in word.chars() {
            if line.width() + character.width().unwrap_or(0) > columns {
                finish(lines, &mut line);
            }
            line.push(character);
        }
        line.push(' ');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_asked_for() {
        let pieces = [
            "seq 0 (1)",
            "a piece of several words",
            "日本語日本語日本語",
            "x",
        ];
        let lines = fill(&pieces.map(str::to_owned), ", ", 10);
        assert!(lines.iter().all(|line| line.width() <= 10), "{lines:?}");
        assert_eq!(
            lines.concat().replace(' ', ""),
            pieces.join(",").replace(' ', "")
        );
    }
}
