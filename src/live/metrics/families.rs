//! What is told: all families, with their names and what they mean.

use std::collections::BTreeMap;

use super::Metrics;
use super::exposition::{Family, Kind, Sample, Value};
use crate::capture::SourceFacts;
use crate::handshake::Outcome;
use crate::host::KernelCounts;
use crate::live::LiveWatch;
use crate::live::ring::RingTotals;

impl Metrics {
    /// As of now; of a watch that has not begun, what is known of it.
    pub(super) fn families(&self, watch: Option<&LiveWatch>) -> Vec<Family> {
        let mut families = self.of_attempts();
        families.extend(self.of_servers());
        families.extend(self.of_capture(watch.map_or(&[], LiveWatch::sources)));
        families.extend(Self::of_tracking(watch));
        let kernel = watch.and_then(LiveWatch::kernel_counts);
        families.extend(kernel.into_iter().flat_map(of_kernel));
        families.extend(
            self.settings
                .ring
                .iter()
                .flat_map(|totals| of_ring(totals())),
        );
        families
    }

    fn of_attempts(&self) -> Vec<Family> {
        let outcome = |outcome: Outcome| ("outcome", outcome.name().to_owned());
        let attempts = self.attempts.iter().map(|((ended, port), count)| {
            let port = port.map_or_else(|| OTHERS.to_owned(), |port| port.to_string());
            Sample::count(vec![outcome(*ended), ("server_port", port)], *count)
        });
        let noise = self
            .noise
            .iter()
            .map(|(ended, count)| Sample::count(vec![outcome(*ended)], *count));
        let corrections = self.corrections.iter().map(|((before, after), count)| {
            let before = ("before", before.name().to_owned());
            let after = ("after", after.name().to_owned());
            Sample::count(vec![before, after], *count)
        });
        let troubles = self.troubles.iter().map(|((trouble, port), count)| {
            let port = port.map_or_else(|| OTHERS.to_owned(), |port| port.to_string());
            let trouble = ("trouble", trouble.name().to_owned());
            Sample::count(vec![trouble, ("server_port", port)], *count)
        });
        let troubles = counter(
            "tcpwhy_troubles",
            "Established connect attempts that failed for their user, by what went wrong: slow, hung_up, stuck. \
             One may be counted with several.",
            troubles.collect(),
        );
        vec![
            troubles,
            counter(
                "tcpwhy_attempts",
                "Connect attempts by the outcome that was told first, without those that look like parts of scans or floods; \
                 ports beyond the first some hundred are the port other.",
                attempts.collect(),
            ),
            counter(
                "tcpwhy_noise_attempts",
                "Failed connect attempts that look like parts of scans or floods.",
                noise.collect(),
            ),
            counter(
                "tcpwhy_corrections",
                "Attempts of which later evidence showed another outcome than was told before.",
                corrections.collect(),
            ),
            Family {
                name: "tcpwhy_answer_time_seconds",
                help: "Time from the first SYN of an attempt to the first answer that its client accepts, by what answered.",
                unit: Some("seconds"),
                kind: Kind::Histogram,
                samples: self.answer_times.samples(),
            },
        ]
    }

    fn of_servers(&self) -> Vec<Family> {
        let (worst, failing) = self.failing.worst();
        let samples = worst.into_iter().map(|(server, outcome, count)| {
            let server = server.map_or_else(|| OTHERS.to_owned(), |server| server.to_string());
            let outcome = ("outcome", outcome.name().to_owned());
            Sample::count(vec![("server", server), outcome], count)
        });
        vec![
            gauge(
                "tcpwhy_failing_server_attempts",
                "Failed connect attempts of the last window to the fifty servers with the most of them; the rest is the server other.",
                samples.collect(),
            ),
            gauge(
                "tcpwhy_failing_servers",
                "Servers (address and port) to which a connect failed in the last window.",
                vec![Sample::count(Vec::new(), failing as u64)],
            ),
            Family {
                unit: Some("seconds"),
                ..gauge(
                    "tcpwhy_window_seconds",
                    "Over how long a time failing servers are told.",
                    vec![Sample {
                        labels: Vec::new(),
                        value: Value::Number(self.settings.window.as_secs_f64()),
                    }],
                )
            },
        ]
    }

    fn of_capture(&self, sources: &[SourceFacts]) -> Vec<Family> {
        let interface = |source: &SourceFacts| {
            let name = source.path.to_string_lossy().into_owned();
            ("interface", name)
        };
        let packets = sources
            .iter()
            .map(|source| Sample::count(vec![interface(source)], source.packets));
        let dropped = sources.iter().flat_map(|source| {
            let by = [
                ("kernel", source.dropped_by_kernel),
                ("interface", source.dropped_by_interface),
            ];
            by.map(|(by, count)| {
                let labels = vec![interface(source), ("by", by.to_owned())];
                Sample::count(labels, count.unwrap_or(0))
            })
        });
        let up = self.up.iter().map(|(name, is_up)| {
            let labels = vec![("interface", name.clone())];
            Sample::count(labels, u64::from(*is_up))
        });
        vec![
            counter(
                "tcpwhy_packets",
                "Packets that left the kernel for this watch: by default those that verdicts need.",
                packets.collect(),
            ),
            counter(
                "tcpwhy_dropped_packets",
                "Packets that were lost: by the kernel, because this program was too slow, or by the interface.",
                dropped.collect(),
            ),
            gauge(
                "tcpwhy_interface_up",
                "Whether packets can come from the interface.",
                up.collect(),
            ),
            counter(
                "tcpwhy_clock_steps",
                "How often the clock was set, or the host slept: attempts under way were not followed further.",
                vec![Sample::count(Vec::new(), self.clock_steps)],
            ),
        ]
    }

    fn of_tracking(watch: Option<&LiveWatch>) -> Vec<Family> {
        let followed = watch.map_or(0, LiveWatch::open_count);
        let given_up = watch.map_or(0, LiveWatch::given_up_undecided);
        vec![
            gauge(
                "tcpwhy_open_attempts",
                "Attempts that are followed in memory.",
                vec![Sample::count(Vec::new(), followed as u64)],
            ),
            counter(
                "tcpwhy_given_up_attempts",
                "Attempts that were given up undecided, because more were under way than are followed at once.",
                vec![Sample::count(Vec::new(), given_up)],
            ),
            Family {
                kind: Kind::Info,
                ..gauge(
                    "tcpwhy_build",
                    "What runs.",
                    vec![Sample::count(
                        vec![("version", env!("CARGO_PKG_VERSION").to_owned())],
                        1,
                    )],
                )
            },
        ]
    }
}

/// The label of what has no series of its own.
const OTHERS: &str = "other";

fn of_kernel(kernel: &KernelCounts) -> [Family; 5] {
    let by_reason = |counts: &BTreeMap<String, u64>| {
        counts
            .iter()
            .map(|(reason, count)| Sample::count(vec![("reason", reason.clone())], *count))
            .collect()
    };
    let one = |count| vec![Sample::count(Vec::new(), count)];
    [
        counter(
            "tcpwhy_kernel_drops",
            "Packets that this host's kernel dropped, in all network namespaces, by its own reason; \
             reasons that say nothing of a connect are left out.",
            by_reason(&kernel.dropped),
        ),
        counter(
            "tcpwhy_kernel_resets",
            "RSTs that this host's TCP sent, in all network namespaces, by the kernel's own reason.",
            by_reason(&kernel.resets),
        ),
        counter(
            "tcpwhy_kernel_joined_drops",
            "Packets among those that the kernel dropped that are known to be one that was captured.",
            one(kernel.joined),
        ),
        counter(
            "tcpwhy_kernel_lost_events",
            "Events of the kernel that were lost, because they were not read in time: at least.",
            one(kernel.lost),
        ),
        counter(
            "tcpwhy_kernel_unheard_seconds",
            "Whole seconds for which events of the kernel were not heard, because there were too many: \
             of receptions, without which is not known which packets are dropped, drops, resets.",
            (kernel.unheard.iter())
                .map(|(what, time)| {
                    Sample::count(vec![("event", (*what).to_owned())], time.as_secs())
                })
                .collect(),
        ),
    ]
}

fn of_ring(totals: RingTotals) -> [Family; 4] {
    let one = |count| vec![Sample::count(Vec::new(), count)];
    [
        counter(
            "tcpwhy_ring_packets",
            "Packets that were written into the ring.",
            one(totals.packets),
        ),
        counter(
            "tcpwhy_ring_missed_packets",
            "Packets that belong into the ring and could not be written.",
            one(totals.not_kept),
        ),
        gauge(
            "tcpwhy_ring_files",
            "Files of the ring, those of earlier watches among them.",
            one(totals.files),
        ),
        Family {
            unit: Some("bytes"),
            ..gauge(
                "tcpwhy_ring_size_bytes",
                "Size of all files of the ring together.",
                one(totals.bytes),
            )
        },
    ]
}

fn counter(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    Family {
        name,
        help,
        unit: None,
        kind: Kind::Counter,
        samples,
    }
}

fn gauge(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    Family {
        kind: Kind::Gauge,
        ..counter(name, help, samples)
    }
}
