//! Takes a snapshot of this host: as far as this user may ask, and what could not be read is named.

mod commands;
mod conditions;
mod files;
mod iptables;
mod netlink;
mod nft;
mod tcp;

use std::collections::BTreeMap;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use super::snapshot::{
    ClockState, Family, FilterChain, FilterRuleset, HostInterface, HostSnapshot, PacketFilter,
    SCHEMA, Unread,
};
use crate::capture::Timestamp;
use crate::capture::live::HostClock;
use netlink::Links;

/// What is asked for beyond the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// Whether command lines of processes that listen are written: passwords may stand there.
    pub command_lines: bool,
}

/// So much text of one program's rules is written, and so much JSON is read.
const MOST_TEXT: usize = 256 << 10;
const MOST_JSON: usize = 16 << 20;

/// Offloads are asked for so many interfaces.
const MOST_INTERFACES: usize = 64;

/// Takes a snapshot of this host, and of the network namespace of this program.
pub fn take_snapshot(settings: SnapshotSettings) -> HostSnapshot {
    let mut unread = Vec::new();
    let mut snapshot = HostSnapshot {
        schema: SCHEMA.to_owned(),
        tool: format!("tcpwhy {}", env!("CARGO_PKG_VERSION")),
        host: rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
        time: HostClock::new().read().now,
        clock: clock(&mut unread),
        kernel: rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
        user: Some(rustix::process::geteuid().as_raw()),
        network_namespace: network_namespace(),
        unread: Vec::new(),
        interfaces: Vec::new(),
        listeners: None,
        connections: None,
        counters: BTreeMap::new(),
        routing: None,
        neighbours: None,
        conntrack: files::conntrack(),
        settings: BTreeMap::new(),
        packet_filter: None,
    };
    // What changes soonest comes first, next to the time that is said.
    snapshot.take_sockets(settings, &mut unread);
    snapshot.counters = or_unread(files::counters(), "counters", &mut unread).unwrap_or_default();
    snapshot.take_links(&mut unread);
    snapshot.settings = files::settings(&snapshot.interfaces);
    snapshot.connections = snapshot.connections.take().map(|mut connections| {
        connections.port_range = tcp::port_range(&snapshot.settings);
        connections
    });
    snapshot.packet_filter = packet_filter(&mut unread);
    unread.sort();
    unread.dedup();
    snapshot.unread = unread;
    snapshot
}

impl HostSnapshot {
    fn take_sockets(&mut self, settings: SnapshotSettings, unread: &mut Vec<Unread>) {
        let boot = self.clock.since_boot_us;
        let booted = boot.map(|microseconds| {
            let ago = std::time::Duration::from_micros(microseconds);
            self.time.before(ago)
        });
        match tcp::Sockets::take(settings, booted) {
            Ok(sockets) => {
                unread.extend(sockets.unread);
                self.listeners = Some(sockets.listeners);
                self.connections = Some(sockets.connections);
            }
            Err(error) => unread.push(left_unread("sockets", &error)),
        }
    }

    fn take_links(&mut self, unread: &mut Vec<Unread>) {
        let Some(mut links) = or_unread(Links::open(), "interfaces, routes, neighbours", unread)
        else {
            return;
        };
        self.interfaces = or_unread(links.interfaces(), "interfaces", unread).unwrap_or_default();
        let interfaces = &self.interfaces;
        self.routing = or_unread(links.routing(interfaces), "routes", unread);
        self.neighbours = or_unread(links.neighbours(interfaces), "neighbours", unread);
        for interface in self.interfaces.iter_mut().take(MOST_INTERFACES) {
            match offloads(interface) {
                Ok(offloads) => interface.offloads = Some(offloads),
                Err(why) => {
                    unread.push(Unread {
                        what: "offloads of interfaces".to_owned(),
                        why,
                    });
                    break;
                }
            }
        }
    }
}

fn or_unread<T>(found: std::io::Result<T>, what: &str, unread: &mut Vec<Unread>) -> Option<T> {
    found
        .map_err(|error| unread.push(left_unread(what, &error)))
        .ok()
}

fn left_unread(what: &str, error: &std::io::Error) -> Unread {
    Unread {
        what: what.to_owned(),
        why: error.to_string(),
    }
}

/// `/proc/self/ns/net` leads to `net:[4026531840]`.
fn network_namespace() -> Option<u64> {
    let link = std::fs::read_link("/proc/self/ns/net").ok()?;
    let name = link.to_str()?;
    name.strip_prefix("net:[")?.strip_suffix(']')?.parse().ok()
}

fn clock(unread: &mut Vec<Unread>) -> ClockState {
    let since_boot = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(since_boot.tv_sec).ok();
    let microseconds = u64::try_from(since_boot.tv_nsec / 1000).ok();
    let mut state = ClockState {
        since_boot_us: seconds
            .zip(microseconds)
            .map(|(seconds, more)| seconds * 1_000_000 + more),
        ..ClockState::default()
    };
    match commands::said("chronyc", &["-n", "-c", "tracking"], 4096) {
        Ok(said) => add_tracking(&said.text, &mut state),
        Err(why) => unread.push(Unread {
            what: "how far the clock is off".to_owned(),
            why,
        }),
    }
    state
}

/// A line of `chronyc -c tracking`: the offset is the fifth value, positive when the clock is
/// behind; delay and dispersion of the source are the eleventh and twelfth, in seconds.
fn add_tracking(line: &str, state: &mut ClockState) {
    let values: Vec<&str> = line.trim().split(',').collect();
    let seconds = |place: usize| values.get(place)?.parse::<f64>().ok();
    #[allow(clippy::cast_possible_truncation, reason = "it saturates")]
    let microseconds = |seconds: f64| (seconds * 1e6).round() as i64;
    state.is_synchronised = values.last().map(|leap| *leap != "Not synchronised");
    state.offset_us = seconds(4).map(microseconds);
    state.largest_error_us = (|| {
        let error = seconds(4)?.abs() + seconds(10)? / 2.0 + seconds(11)?;
        u64::try_from(microseconds(error)).ok()
    })();
}

/// Lines such as `tx-checksumming: on`; what these are made of is indented.
fn offloads(interface: &HostInterface) -> Result<BTreeMap<String, bool>, String> {
    let said = commands::said("ethtool", &["-k", &interface.name], 64 << 10)?;
    let lines = said.text.lines().skip(1);
    let told = lines.filter(|line| !line.starts_with('\t'));
    let told = told.filter_map(|line| {
        let (name, state) = line.split_once(": ")?;
        Some((name.to_owned(), state.starts_with("on")))
    });
    Ok(told.collect())
}

fn packet_filter(unread: &mut Vec<Unread>) -> Option<PacketFilter> {
    let mut filter = PacketFilter::default();
    let mut is_known = false;
    match nftables() {
        Ok((text, chains)) => {
            filter.texts.push(text);
            filter.chains = chains;
            is_known = true;
        }
        Err(why) => unread.push(Unread {
            what: "rules of nftables".to_owned(),
            why,
        }),
    }
    let mut of_iptables = Vec::new();
    for (program, family) in [
        ("iptables-save", Family::Ip),
        ("ip6tables-save", Family::Ip6),
    ] {
        match commands::said(program, &[], MOST_JSON) {
            Ok(said) => {
                of_iptables.extend(iptables::chains(&said.text, family));
                if said.text.contains("\n-A ") || said.text.starts_with("-A ") {
                    filter.texts.push(ruleset(program, said.text));
                }
            }
            Err(why) => unread.push(Unread {
                what: format!("rules of {}", program.trim_end_matches("-save")),
                why,
            }),
        }
    }
    // iptables says of its own rules what nftables does not: what their extensions mean.
    let is_told_better = |chain: &FilterChain| {
        let mut others = of_iptables.iter();
        nft::is_of_iptables(chain)
            && others.any(|other: &FilterChain| {
                (other.family, &other.table, &other.name)
                    == (chain.family, &chain.table, &chain.name)
            })
    };
    filter.chains.retain(|chain| !is_told_better(chain));
    is_known |= !of_iptables.is_empty();
    filter.chains.append(&mut of_iptables);
    is_known.then_some(filter)
}

fn ruleset(command: &str, mut text: String) -> FilterRuleset {
    let is_cut = text.len() > MOST_TEXT;
    if is_cut {
        let end = (0..=MOST_TEXT)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
    }
    FilterRuleset {
        command: command.to_owned(),
        text,
        is_cut,
    }
}

fn nftables() -> Result<(FilterRuleset, Vec<FilterChain>), String> {
    let text = commands::said("nft", &["-a", "list", "ruleset"], MOST_JSON)?;
    let json = commands::said("nft", &["-j", "list", "ruleset"], MOST_JSON)?;
    if json.is_cut || text.is_cut {
        return Err("the rules are longer than 16 MiB".to_owned());
    }
    let value: Value = serde_json::from_str(&json.text)
        .map_err(|error| format!("nft -j writes no JSON ({error})"))?;
    let chains = nft::chains(&value, &text.text);
    Ok((ruleset("nft -a list ruleset", text.text), chains))
}

/// When a process began, by the clock of the host.
fn started(booted: Option<Timestamp>, stat: &str) -> Option<Timestamp> {
    // Its name may have spaces and brackets.
    let (_, rest) = stat.rsplit_once(") ")?;
    let ticks: u64 = rest.split(' ').nth(19)?.parse().ok()?;
    let hertz = rustix::param::clock_ticks_per_second().max(1);
    let milliseconds = ticks.checked_mul(1000)? / hertz;
    Some(booted?.after(std::time::Duration::from_millis(milliseconds)))
}

/// A file of a process.
fn of_process(id: u32, name: &str) -> Option<String> {
    files::read(&Path::new("/proc").join(id.to_string()).join(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_says_what_it_is() {
        let snapshot = take_snapshot(SnapshotSettings::default());
        assert_eq!(snapshot.schema, SCHEMA);
        assert!(snapshot.interfaces.iter().any(|one| one.name == "lo"));
        assert!(snapshot.settings.contains_key("core.somaxconn"));
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            serde_json::from_str::<HostSnapshot>(&text).unwrap(),
            snapshot
        );
    }

    #[test]
    fn when_a_process_began_is_counted_from_the_boot() {
        let stat =
            "7 (a ) b) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 250 99 100 18446744073709551615";
        let booted = Timestamp::from_nanoseconds(1_000_000_000);
        let began = started(Some(booted), stat).unwrap();
        // With 100 ticks a second, as Linux has it everywhere that matters.
        assert_eq!(began, Timestamp::from_nanoseconds(3_500_000_000));
        assert_eq!(started(None, stat), None);
        assert_eq!(started(Some(booted), "7 (sh"), None);
    }

    #[test]
    fn chrony_tells_how_far_the_clock_is_off() {
        let line = "A9FEA97B,169.254.169.123,4,1764529200.1,-0.000012000,0.0,0.0,1.2,0.0,0.1,0.000200000,0.000050000,16.1,Normal\n";
        let mut state = ClockState::default();
        add_tracking(line, &mut state);
        assert_eq!(state.offset_us, Some(-12));
        assert_eq!(state.largest_error_us, Some(162));
        assert_eq!(state.is_synchronised, Some(true));
    }

    #[test]
    fn text_is_cut_between_characters() {
        let cut = ruleset("nft", "ü".repeat(MOST_TEXT));
        assert!(cut.is_cut && cut.text.len() <= MOST_TEXT);
        assert!(!ruleset("nft", "table".to_owned()).is_cut);
    }
}
