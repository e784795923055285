//! Which of the two formats a client wants.

use crate::live::metrics::TextFormat;

/// By its `Accept` headers: `OpenMetrics`, unless it likes the older format better, or is a
/// browser, which shows that one.
pub(super) fn format<'a>(accept: impl Iterator<Item = &'a str>) -> TextFormat {
    let (mut open_metrics, mut prometheus, mut anything) = (None, None, None);
    for wish in accept.flat_map(|header| header.split(',')) {
        let mut parts = wish.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (mut quality, mut version) = (1000, None);
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => quality = thousandths(value),
                "version" => version = Some(value.to_owned()),
                _ => {}
            }
        }
        let is_version = |known: &str| version.as_deref().is_none_or(|asked| asked == known);
        let wished = match media_type.as_str() {
            "application/openmetrics-text" if is_version("1.0.0") => &mut open_metrics,
            "text/plain" if is_version("0.0.4") => &mut prometheus,
            "text/html" | "text/*" => &mut prometheus,
            "*/*" | "application/*" => &mut anything,
            _ => continue,
        };
        *wished = (*wished).max(Some(quality));
    }
    let open_metrics = open_metrics.or(anything).unwrap_or(0);
    match prometheus {
        Some(quality) if quality > open_metrics => TextFormat::Prometheus,
        _ => TextFormat::OpenMetrics,
    }
}

/// `0.5`: at most three digits; what makes no sense is no wish.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", Ok(_)) => 1000,
        ("0", Ok(thousandths)) => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_gets_what_it_likes_best() {
        let chosen = |accept: &str| format([accept].into_iter());
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let older = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
            text/plain;version=0.0.4;q=0.3";
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(chosen(prometheus), TextFormat::OpenMetrics);
        assert_eq!(chosen(older), TextFormat::Prometheus);
        assert_eq!(chosen(browser), TextFormat::Prometheus);
        assert_eq!(chosen("*/*"), TextFormat::OpenMetrics);
        assert_eq!(chosen("text/plain"), TextFormat::Prometheus);
        assert_eq!(
            chosen("text/plain; version=\"0.0.4\"; q=0.1, */*;q=0.01"),
            TextFormat::Prometheus
        );
        assert_eq!(format(std::iter::empty()), TextFormat::OpenMetrics);
        for nonsense in [
            "",
            ";;;q=,",
            "text/plain;q=x",
            "application/json",
            "a/b;q=99999999999",
        ] {
            assert_eq!(chosen(nonsense), TextFormat::OpenMetrics, "{nonsense}");
        }
    }
}
