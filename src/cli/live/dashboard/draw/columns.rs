//! Text in columns: whatever it holds, it takes as many as it is given.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(super) use crate::report::words::{cut, padded, right};

use crate::report::words::grouped;

/// Columns of the longest count.
pub(super) const COUNT: usize = 7;

/// The text in as many columns, its middle left out where it is too long: of an endpoint the end
/// tells most, of a name the start.
pub(super) fn cut_in_the_middle(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail_room = room.div_ceil(2);
    let tail = taken(text.chars().rev(), tail_room);
    let tail: String = tail.chars().rev().collect();
    let head = taken(text.chars(), room.saturating_sub(tail.width()));
    if columns == 0 {
        return String::new();
    }
    format!("{head}~{tail}")
}

fn taken(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = String::new();
    let mut width = 0;
    for character in characters {
        width += character.width().unwrap_or(0);
        if width > columns {
            break;
        }
        taken.push(character);
    }
    taken
}

/// The text in exactly as many columns, from the left.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    padded(&cut(text, columns), columns)
}

/// As [`fitted`], its middle left out where it is too long.
pub(super) fn fitted_in_the_middle(text: &str, columns: usize) -> String {
    padded(&cut_in_the_middle(text, columns), columns)
}

/// A count in seven columns at most: `999,999`, `12.3M`, `4.56G`.
pub(super) fn count(number: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
    ];
    let unit = UNITS.into_iter().find(|(size, _)| number >= *size);
    let Some((size, unit)) = unit else {
        return grouped(number);
    };
    let hundredths = number / (size / 100);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match whole {
        0..10 => format!("{whole}.{part:02}{unit}"),
        10..100 => format!("{whole}.{}{unit}", part / 10),
        _ => format!("{}{unit}", grouped(whole)),
    }
}

/// A rate in seven columns at most: `-`, `0.3/s`, `12/s`, `1,204/s`.
pub(super) fn rate(tenths_per_second: u64) -> String {
    match tenths_per_second {
        0 => "-".to_owned(),
        1..100 => format!("{}.{}/s", tenths_per_second / 10, tenths_per_second % 10),
        100..100_000 => format!("{}/s", grouped(tenths_per_second / 10)),
        _ => format!("{}k/s", grouped(tenths_per_second / 10_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_keeps_its_port() {
        let endpoint = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535";
        assert_eq!(cut_in_the_middle(endpoint, 21), "[2001:db8:~fff]:65535");
        assert_eq!(cut_in_the_middle("10.0.0.7:80", 21), "10.0.0.7:80");
        for columns in 0..10 {
            assert!(cut_in_the_middle("日本語.example:80", columns).width() <= columns);
        }
    }

    #[test]
    fn no_count_is_wider_than_its_column() {
        let counts = [0, 999_999, 1_000_000, 12_345_678, 999_999_999_999];
        assert_eq!(
            counts.map(count),
            ["0", "999,999", "1.00M", "12.3M", "999G"]
        );
        assert!(count(u64::MAX).len() <= COUNT);
        assert_eq!(
            [0, 3, 124, 12_040].map(rate),
            ["-", "0.3/s", "12/s", "1,204/s"]
        );
        assert!(rate(9_999_999_999).len() <= 11);
    }
}
