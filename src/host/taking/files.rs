//! What the kernel says in files below `/proc`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::host::snapshot::{Conntrack, HostInterface};

/// No such file is longer.
const MOST_TEXT: u64 = 1 << 20;

/// Settings that matter to connects, below `/proc/sys/net`.
const SETTINGS: [&str; 25] = [
    "core.somaxconn",
    "core.netdev_max_backlog",
    "ipv4.ip_forward",
    "ipv4.ip_local_port_range",
    "ipv4.ip_local_reserved_ports",
    "ipv4.icmp_ratelimit",
    "ipv4.icmp_ratemask",
    "ipv4.icmp_msgs_per_sec",
    "ipv4.tcp_abort_on_overflow",
    "ipv4.tcp_ecn",
    "ipv4.tcp_fastopen",
    "ipv4.tcp_fin_timeout",
    "ipv4.tcp_max_syn_backlog",
    "ipv4.tcp_max_tw_buckets",
    "ipv4.tcp_rfc1337",
    "ipv4.tcp_syn_retries",
    "ipv4.tcp_synack_retries",
    "ipv4.tcp_syncookies",
    "ipv4.tcp_timestamps",
    "ipv4.tcp_tw_reuse",
    "ipv6.bindv6only",
    "ipv6.conf.all.disable_ipv6",
    "ipv6.conf.all.forwarding",
    "netfilter.nf_conntrack_tcp_loose",
    "netfilter.nf_conntrack_tcp_be_liberal",
];

/// Settings that each interface has.
const OF_INTERFACES: [&str; 4] = ["rp_filter", "accept_local", "arp_ignore", "src_valid_mark"];

/// More interfaces have no settings written: a host of containers has thousands.
const MOST_INTERFACES: usize = 256;

/// Files of counters: a line of names, a line of values.
const COUNTERS: [&str; 2] = ["netstat", "snmp"];

/// Of `snmp` only these say something of TCP.
const PREFIXES: [&str; 4] = ["TcpExt:", "IpExt:", "Tcp:", "Ip:"];

pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MOST_TEXT)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Settings by name, as far as this kernel has them.
pub(super) fn settings(interfaces: &[HostInterface]) -> BTreeMap<String, String> {
    let own = SETTINGS.iter().map(|name| (*name).to_owned());
    let names = interfaces.iter().take(MOST_INTERFACES);
    let names = names.map(|interface| interface.name.as_str());
    let each = names.chain(["all", "default"]).flat_map(|interface| {
        OF_INTERFACES.map(|setting| format!("ipv4.conf.{interface}.{setting}"))
    });
    let found = own.chain(each).filter_map(|name| {
        let value = read(&path_of(&name)?).ok()?;
        let words: Vec<&str> = value.split_whitespace().collect();
        Some((name, words.join(" ")))
    });
    found.collect()
}

/// The name of an interface may have dots of its own.
fn path_of(name: &str) -> Option<std::path::PathBuf> {
    let base = Path::new("/proc/sys/net");
    let Some(rest) = name.strip_prefix("ipv4.conf.") else {
        return Some(base.join(name.replace('.', "/")));
    };
    let (interface, setting) = rest.rsplit_once('.')?;
    Some(base.join("ipv4/conf").join(interface).join(setting))
}

/// Counters that are not 0.
pub(super) fn counters() -> io::Result<BTreeMap<String, u64>> {
    let mut counters = BTreeMap::new();
    for file in COUNTERS {
        let text = read(&Path::new("/proc/self/net").join(file))?;
        add_counters(&text, &mut counters);
    }
    Ok(counters)
}

fn add_counters(text: &str, counters: &mut BTreeMap<String, u64>) {
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let mut names = names.split(' ');
        if !names
            .next()
            .is_some_and(|prefix| PREFIXES.contains(&prefix))
        {
            continue;
        }
        for (name, value) in names.zip(values.split(' ').skip(1)) {
            if let Some(value) = value.parse().ok().filter(|value| *value > 0) {
                counters.insert(name.to_owned(), value);
            }
        }
    }
}

/// The table of tracked connections; `None` where there is none.
pub(super) fn conntrack() -> Option<Conntrack> {
    let number = |name: &str| -> Option<u64> {
        let path = Path::new("/proc/sys/net/netfilter").join(name);
        read(&path).ok()?.trim().parse().ok()
    };
    let counters = read(Path::new("/proc/self/net/stat/nf_conntrack"));
    Some(Conntrack {
        count: number("nf_conntrack_count")?,
        limit: number("nf_conntrack_max")?,
        counters: counters.map_or_else(|_| BTreeMap::new(), |text| tracking_counters(&text)),
    })
}

/// Names once, and a line of hexadecimal numbers for each processor.
fn tracking_counters(text: &str) -> BTreeMap<String, u64> {
    const TOLD: [&str; 4] = ["drop", "early_drop", "insert_failed", "invalid"];
    let mut lines = text.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let mut sums = BTreeMap::new();
    for line in lines {
        for (name, value) in names.iter().zip(line.split_whitespace()) {
            if TOLD.contains(name)
                && let Ok(value) = u64::from_str_radix(value, 16)
                && value > 0
            {
                *sums.entry((*name).to_owned()).or_insert(0) += value;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_all_processors_are_added() {
        let text = "entries  clashres found drop early_drop\n\
                    00000010  00000000 00000001 00000002 00000000\n\
                    00000010  00000000 00000001 0000000a 00000000\n";
        let sums = tracking_counters(text);
        assert_eq!(
            sums.into_iter().collect::<Vec<_>>(),
            [("drop".to_owned(), 12)]
        );
    }

    #[test]
    fn counters_that_are_0_are_left_out() {
        let mut counters = BTreeMap::new();
        let text =
            "TcpExt: A ListenOverflows\nTcpExt: 0 4\nIcmp: B\nIcmp: 7\nTcp: RtoMin\nTcp: 200\n";
        add_counters(text, &mut counters);
        let told: Vec<_> = counters.into_iter().collect();
        assert_eq!(
            told,
            [
                ("ListenOverflows".to_owned(), 4),
                ("RtoMin".to_owned(), 200)
            ]
        );
    }

    #[test]
    fn interfaces_may_have_dots() {
        let path = path_of("ipv4.conf.eth0.100.rp_filter").unwrap();
        assert_eq!(
            path,
            Path::new("/proc/sys/net/ipv4/conf/eth0.100/rp_filter")
        );
        let path = path_of("netfilter.nf_conntrack_tcp_loose").unwrap();
        assert_eq!(
            path,
            Path::new("/proc/sys/net/netfilter/nf_conntrack_tcp_loose")
        );
    }
}
