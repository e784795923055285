//! Metric families as text: `OpenMetrics` 1.0, and the format 0.0.4 of Prometheus before it.
//!
//! A few lines of our own, because the library of the Prometheus project neither escapes what
//! stands in labels nor keeps an order.

use std::fmt::Write;

/// In which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// `OpenMetrics` 1.0.
    OpenMetrics,
    /// Prometheus 0.0.4.
    Prometheus,
}

impl TextFormat {
    /// What HTTP calls it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// All samples of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Without the suffixes of samples; ends with the unit, if there is one.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// `seconds` or `bytes`.
    pub unit: Option<&'static str>,
    /// What kind of samples it has.
    pub kind: Kind,
    /// In the order of the text.
    pub samples: Vec<Sample>,
}

/// The types of `OpenMetrics` that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often a value was how large.
    Histogram,
    /// Facts in labels.
    Info,
}

/// A value and its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values; hostile text.
    pub labels: Vec<(&'static str, String)>,
    /// What was counted or measured.
    pub value: Value,
}

/// What was counted or measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number of things.
    Count(u64),
    /// A measure.
    Number(f64),
    /// Upper ends of buckets and how many values are in each alone, how many are beyond, and the
    /// sum of all.
    Distribution {
        /// In order.
        buckets: Vec<(f64, u64)>,
        /// Beyond the last end.
        beyond: u64,
        /// Of all values.
        sum: f64,
    },
}

impl Sample {
    /// A number of things.
    pub fn count(labels: Vec<(&'static str, String)>, count: u64) -> Self {
        Self {
            labels,
            value: Value::Count(count),
        }
    }
}

/// The families as text.
pub fn text(families: &[Family], format: TextFormat) -> String {
    let mut text = String::new();
    for family in families {
        // Memory takes everything.
        let _ = write_family(&mut text, family, format);
    }
    if format == TextFormat::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_family(text: &mut String, family: &Family, format: TextFormat) -> std::fmt::Result {
    let suffix = match family.kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        Kind::Gauge | Kind::Histogram => "",
    };
    // In the older format, what is said is said of the sample's name.
    let (described, kind) = match (format, family.kind) {
        (TextFormat::OpenMetrics, Kind::Info) => (family.name.to_owned(), "info"),
        (TextFormat::Prometheus, Kind::Info) => (format!("{}{suffix}", family.name), "gauge"),
        (TextFormat::OpenMetrics, Kind::Counter) => (family.name.to_owned(), "counter"),
        (TextFormat::Prometheus, Kind::Counter) => (format!("{}{suffix}", family.name), "counter"),
        (_, Kind::Gauge) => (family.name.to_owned(), "gauge"),
        (_, Kind::Histogram) => (family.name.to_owned(), "histogram"),
    };
    writeln!(text, "# HELP {described} {}", escaped(family.help))?;
    writeln!(text, "# TYPE {described} {kind}")?;
    if let (TextFormat::OpenMetrics, Some(unit)) = (format, family.unit) {
        writeln!(text, "# UNIT {described} {unit}")?;
    }
    for sample in &family.samples {
        match &sample.value {
            Value::Count(count) => {
                write_sample(text, family.name, suffix, &sample.labels, None, count)?;
            }
            Value::Number(number) => {
                let number = float(*number);
                write_sample(text, family.name, suffix, &sample.labels, None, &number)?;
            }
            Value::Distribution {
                buckets,
                beyond,
                sum,
            } => {
                let mut count = 0_u64;
                for (end, more) in buckets {
                    count = count.saturating_add(*more);
                    let end = Some(float(*end));
                    write_sample(text, family.name, "_bucket", &sample.labels, end, &count)?;
                }
                let all = count.saturating_add(*beyond);
                let end = Some("+Inf".to_owned());
                write_sample(text, family.name, "_bucket", &sample.labels, end, &all)?;
                write_sample(text, family.name, "_count", &sample.labels, None, &all)?;
                let sum = float(*sum);
                write_sample(text, family.name, "_sum", &sample.labels, None, &sum)?;
            }
        }
    }
    Ok(())
}

fn write_sample(
    text: &mut String,
    name: &str,
    suffix: &str,
    labels: &[(&'static str, String)],
    end_of_bucket: Option<String>,
    value: &dyn std::fmt::Display,
) -> std::fmt::Result {
    write!(text, "{name}{suffix}")?;
    let end = end_of_bucket.map(|end| ("le", end));
    let mut separator = '{';
    for (label, content) in labels.iter().chain(&end) {
        write!(text, "{separator}{label}=\"{}\"", escaped(content))?;
        separator = ',';
    }
    if separator == ',' {
        text.push('}');
    }
    writeln!(text, " {value}")
}

/// As the formats have it: `0.001`, `1.0`, `1e-7`.
fn float(number: f64) -> String {
    format!("{number:?}")
}

/// Backslashes, quotation marks and line ends are escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn families() -> Vec<Family> {
        let of = |name, unit, kind, samples| Family {
            name,
            help: "Says what it is",
            unit,
            kind,
            samples,
        };
        vec![
            of(
                "t_build",
                None,
                Kind::Info,
                vec![Sample::count(vec![("version", "1.0".to_owned())], 1)],
            ),
            of(
                "t_packets",
                None,
                Kind::Counter,
                vec![Sample::count(
                    vec![("interface", "a\"b\\c\nd".to_owned())],
                    7,
                )],
            ),
            of(
                "t_time_seconds",
                Some("seconds"),
                Kind::Histogram,
                vec![Sample {
                    labels: Vec::new(),
                    value: Value::Distribution {
                        buckets: vec![(0.001, 2), (1.0, 3)],
                        beyond: 1,
                        sum: 4.5,
                    },
                }],
            ),
        ]
    }

    #[test]
    fn open_metrics_has_units_and_an_end() {
        let expected = "# HELP t_build Says what it is\n# TYPE t_build info\nt_build_info{version=\"1.0\"} 1\n\
            # HELP t_packets Says what it is\n# TYPE t_packets counter\n\
            t_packets_total{interface=\"a\\\"b\\\\c\\nd\"} 7\n\
            # HELP t_time_seconds Says what it is\n# TYPE t_time_seconds histogram\n# UNIT t_time_seconds seconds\n\
            t_time_seconds_bucket{le=\"0.001\"} 2\nt_time_seconds_bucket{le=\"1.0\"} 5\n\
            t_time_seconds_bucket{le=\"+Inf\"} 6\nt_time_seconds_count 6\nt_time_seconds_sum 4.5\n# EOF\n";
        assert_eq!(text(&families(), TextFormat::OpenMetrics), expected);
    }

    #[test]
    fn the_older_format_describes_what_it_samples() {
        let text = text(&families(), TextFormat::Prometheus);
        assert!(
            text.contains("# TYPE t_build_info gauge\nt_build_info{"),
            "{text}"
        );
        assert!(
            text.contains("# TYPE t_packets_total counter\nt_packets_total{"),
            "{text}"
        );
        assert!(
            !text.contains("# UNIT") && !text.contains("# EOF"),
            "{text}"
        );
    }
}
