//! The order of the files of a set.

use std::cmp::Ordering;
use std::path::Path;

/// By name, where a run of digits counts as the number that it is: `x.pcap9` before `x.pcap10`, as
/// `tcpdump -C` writes them. Names that differ in leading zeros only are told apart by their bytes.
pub(super) fn compare(left: &Path, right: &Path) -> Ordering {
    let (left, right) = (
        left.as_os_str().as_encoded_bytes(),
        right.as_os_str().as_encoded_bytes(),
    );
    by_number(left, right).then_with(|| left.cmp(right))
}

fn by_number(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        let ((left_number, left_rest), (right_number, right_rest)) = (number(left), number(right));
        if let (Some(left_digits), Some(right_digits)) = (left_number, right_number) {
            let order = (left_digits.len(), left_digits).cmp(&(right_digits.len(), right_digits));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (left_rest, right_rest);
            continue;
        }
        match (left.split_first(), right.split_first()) {
            (Some((left_byte, left_rest)), Some((right_byte, right_rest))) => {
                if left_byte != right_byte {
                    return left_byte.cmp(right_byte);
                }
                (left, right) = (left_rest, right_rest);
            }
            (left, right) => return left.is_some().cmp(&right.is_some()),
        }
    }
}

/// The digits at the start without leading zeros, if there are any, and what follows.
fn number(bytes: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let length = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (digits, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    (
        (length > 0).then(|| digits.get(zeros..).unwrap_or_default()),
        rest,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_stand_in_the_order_in_which_they_were_written() {
        let mut names = ["x10", "x", "x2", "x9", "a/x11", "x010", "x1.gz", "x1"];
        names.sort_by(|left, right| compare(Path::new(left), Path::new(right)));
        assert_eq!(
            names,
            ["a/x11", "x", "x1", "x1.gz", "x2", "x9", "x010", "x10"]
        );
    }
}
