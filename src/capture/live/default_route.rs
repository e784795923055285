//! The interface that leads to the world.

use std::fs;

/// The interface of the default route: of IPv4, else of IPv6; of several the one with the lowest
/// metric. `None` when there is none, or this is not Linux.
pub fn interface_of_default_route() -> Option<String> {
    let ipv4 = fs::read_to_string("/proc/self/net/route").unwrap_or_default();
    let ipv6 = fs::read_to_string("/proc/self/net/ipv6_route").unwrap_or_default();
    of_ipv4(&ipv4).or_else(|| of_ipv6(&ipv6))
}

const UP: u32 = 1;
const REJECT: u32 = 0x200;

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`: numbers in hexadecimal, the metric
/// in decimal.
fn of_ipv4(table: &str) -> Option<String> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, _, flags, _, _, metric, mask, ..] = fields.as_slice() else {
            return None;
        };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let is_default = *destination == "00000000" && *mask == "00000000";
        let leads_out = flags & UP != 0 && flags & REJECT == 0;
        (is_default && leads_out).then_some((metric.parse().ok()?, *interface))
    });
    lowest(routes)
}

/// `destination length source length next-hop metric references uses flags interface`: numbers in
/// hexadecimal.
fn of_ipv6(table: &str) -> Option<String> {
    let routes = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, length, _, _, _, metric, _, _, flags, interface] = fields.as_slice() else {
            return None;
        };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let leads_out = flags & UP != 0 && flags & REJECT == 0 && *interface != "lo";
        let metric = u64::from_str_radix(metric, 16).ok()?;
        (*length == "00" && leads_out).then_some((metric, *interface))
    });
    lowest(routes)
}

fn lowest<'a>(routes: impl Iterator<Item = (u64, &'a str)>) -> Option<String> {
    routes
        .min_by_key(|(metric, _)| *metric)
        .map(|(_, interface)| interface.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_with_the_lowest_metric_counts() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
            eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
            eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(of_ipv4(table).as_deref(), Some("eth0"));
        assert_eq!(of_ipv4("Iface Destination\n"), None);
    }

    #[test]
    fn an_ipv6_route_that_rejects_leads_nowhere() {
        let zero = "0".repeat(32);
        let line = |metric: &str, flags: &str, interface: &str| {
            format!("{zero} 00 {zero} 00 {zero} {metric} 00000001 00000000 {flags} {interface}\n")
        };
        let table = line("ffffffff", "00200200", "lo") + &line("00000400", "00000003", "eth0");
        assert_eq!(of_ipv6(&table).as_deref(), Some("eth0"));
        assert_eq!(of_ipv6(&line("ffffffff", "00200200", "lo")), None);
    }
}
