//! A size as people type it.

/// `512M`, `2G`, `1.5T` or bytes: powers of 1024; `iB` or `B` may follow. At least `smallest`.
pub(super) fn parse_size(text: &str, smallest: u64) -> Result<u64, String> {
    let units = [('K', 10_u32), ('M', 20), ('G', 30), ('T', 40)];
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.strip_suffix("IB").or(upper.strip_suffix('B'));
    let number = number.unwrap_or(&upper);
    let (number, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((number.strip_suffix(unit)?, shift)))
        .unwrap_or((number, 0));
    let size =
        in_bytes(number.trim(), shift).ok_or_else(|| "not a size such as 512M or 2G".to_owned())?;
    if size < smallest {
        return Err(format!("less than {} MiB is too little", smallest >> 20));
    }
    Ok(size)
}

fn in_bytes(number: &str, shift: u32) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let digits = u32::try_from(fraction.len()).ok()?;
    let whole: u128 = whole.parse().ok()?;
    let part: u128 = fraction.parse().ok()?;
    let bytes = (whole << shift) + (part << shift) / 10_u128.checked_pow(digits)?;
    u64::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_two() {
        let size = |text| parse_size(text, 1 << 20);
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("2g"), Ok(2 << 30));
        assert_eq!(size("1.5GiB"), Ok(3 << 29));
        assert_eq!(size("1048576"), Ok(1 << 20));
        assert_eq!(size("4MB"), Ok(4 << 20));
        for wrong in [
            "",
            "M",
            "-1M",
            "1,5G",
            "1e9",
            "1.G",
            "9999999999999999T",
            "½G",
            "1 2M",
        ] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(size("1023K").unwrap_err().contains("1 MiB"));
    }
}
