//! What says that somebody changed how a host works: rules of its packet filter, its addresses and
//! routes, a service, a container. Commands as `sudo` and `doas` log them, what the kernel audits
//! of rules, and a few sentences of programs, each only as its own program writes it.

use super::commands;
use super::record::{ChangedThing, HostChange, Saying, ServiceChange, ServiceState};

/// What a message of this program says was changed.
pub(super) fn change(program: &str, text: &str) -> Option<Saying> {
    match program {
        "kernel" => of_kernel(text).map(Saying::Changed),
        "audit" => rules(text.strip_prefix("NETFILTER_CFG ")?).map(Saying::Changed),
        "sudo" => of_sudo(text).map(Saying::Changed),
        "doas" => of_doas(text).map(Saying::Changed),
        "systemd-networkd" => of_networkd(text).map(Saying::Changed),
        "dockerd" | "docker" => of_docker(text).map(Saying::Changed),
        _ => of_service(program, text),
    }
}

/// What a kernel without an audit daemon writes itself, and its bridges, which containers come to.
fn of_kernel(text: &str) -> Option<HostChange> {
    // 1325 is AUDIT_NETFILTER_CFG.
    if let Some(rest) = text.strip_prefix("audit: type=1325 ") {
        return rules(rest);
    }
    // `docker0: port 2(veth12ab) entered forwarding state`
    let (bridge, rest) = text.split_once(": port ")?;
    let (_number, rest) = rest.split_once('(')?;
    let (port, state) = rest.split_once(") entered ")?;
    let what = match state.trim_end() {
        "forwarding state" => format!("{port} came up on {bridge}"),
        "disabled state" => format!("{port} went down on {bridge}"),
        _ => return None,
    };
    let is_name = |name: &str| !name.is_empty() && name.len() < 16 && !name.contains(' ');
    let is_port = is_name(bridge) && is_name(port);
    is_port.then(|| changed(ChangedThing::Network, "", what))
}

/// `audit(1795183331.234:421): table=filter:7 family=2 entries=3 op=nft_register_rule pid=812
/// subj=unconfined comm="nft"`: a record of rules that were registered, replaced or taken away.
pub(super) fn rules(text: &str) -> Option<HostChange> {
    let value = |name: &str| {
        let mut words = text.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let table = value("table")?.split(':').next()?;
    let operation = value("op").unwrap_or("replace");
    // What is only counted anew is no change.
    if operation.contains("reset") || operation == "invalid" {
        return None;
    }
    let family = match value("family") {
        Some("1") => " of all families",
        Some("2") => " of IPv4",
        Some("3") => " of ARP",
        Some("5") => " of devices",
        Some("7") => " of bridges",
        Some("10") => " of IPv6",
        _ => "",
    };
    let by = value("comm").map_or("", |name| name.trim_matches('"'));
    let what = format!("table {table}{family}: {operation}");
    Some(changed(ChangedThing::Rules, by, what))
}

/// `alice : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/nft add rule ip filter input drop`
fn of_sudo(text: &str) -> Option<HostChange> {
    let (user, rest) = text.split_once(" : ")?;
    // What was refused stands where the terminal would.
    let (before, command) = rest.split_once("COMMAND=")?;
    let is_run = before.starts_with("TTY=") || before.starts_with("PWD=");
    if !is_run || !before.contains("USER=") {
        return None;
    }
    of_command(user.trim(), command)
}

/// `alice ran command nft -f /etc/nftables.conf as root from /home/alice`
fn of_doas(text: &str) -> Option<HostChange> {
    let (user, rest) = text.split_once(" ran command ")?;
    let (command, _) = rest.rsplit_once(" as ")?;
    of_command(user, command)
}

fn of_command(user: &str, command: &str) -> Option<HostChange> {
    let (thing, words) = commands::changing(command)?;
    Some(HostChange {
        is_command: true,
        ..changed(thing, user, words)
    })
}

/// `eth0: Lost carrier`, `eth0: DHCPv4 address 10.0.0.7/24, gateway 10.0.0.1 acquired from 10.0.0.1`
fn of_networkd(text: &str) -> Option<HostChange> {
    const TOLD: [&str; 8] = [
        "Lost carrier",
        "Gained carrier",
        "Link DOWN",
        "Link UP",
        "DHCPv4 address ",
        "DHCPv6 address ",
        "DHCP lease lost",
        "Reconfiguring with ",
    ];
    let (interface, what) = text.split_once(": ")?;
    let is_name = !interface.contains(' ') && interface.len() < 16;
    let is_told = TOLD.iter().any(|told| what.starts_with(told));
    (is_name && is_told)
        .then(|| changed(ChangedThing::Network, "systemd-networkd", text.to_owned()))
}

/// `time="..." level=info msg="ignoring event" container=5f1c... topic=/tasks/delete ...`
fn of_docker(text: &str) -> Option<HostChange> {
    let is_end = text.contains("msg=\"ignoring event\"") && text.contains("topic=/tasks/delete");
    let (_, rest) = text.split_once(" container=").filter(|_| is_end)?;
    let what = format!("the container {} ended", short_id(rest)?);
    Some(changed(ChangedThing::Container, "docker", what))
}

/// The first digits of the number of a container, as tools show it.
pub(super) fn short_id(text: &str) -> Option<&str> {
    const SHOWN: usize = 12;
    let id = text.get(..SHOWN)?;
    id.bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then_some(id)
}

/// A program, how a sentence of it begins or what it contains, and what that says.
const SENTENCES: [(&str, &str, ServiceState); 10] = [
    ("nginx", ") received from ", ServiceState::Reloaded),
    ("haproxy", "Reloading HAProxy", ServiceState::Reloaded),
    (
        "haproxy",
        "Reexecuting Master process",
        ServiceState::Reloaded,
    ),
    (
        "sshd",
        "Received SIGHUP; restarting.",
        ServiceState::Reloaded,
    ),
    ("sshd", "Server listening on ", ServiceState::Started),
    (
        "postgres",
        "received SIGHUP, reloading configuration files",
        ServiceState::Reloaded,
    ),
    ("postgres", " shutdown request", ServiceState::Stopped),
    (
        "postgres",
        "database system is ready to accept connections",
        ServiceState::Started,
    ),
    (
        "named",
        "reloading configuration succeeded",
        ServiceState::Reloaded,
    ),
    (
        "redis-server",
        "Ready to accept connections",
        ServiceState::Started,
    ),
];

/// What a service says of itself.
fn of_service(program: &str, text: &str) -> Option<Saying> {
    let mut all = SENTENCES.iter().filter(|(of, ..)| *of == program);
    let (name, _, state) = all.find(|(.., says, _)| text.contains(says))?;
    // nginx has several signals, of which one has it read its configuration again.
    if program == "nginx" && !is_reload_of_nginx(text) {
        return None;
    }
    Some(Saying::Announced(ServiceChange {
        name: (*name).to_owned(),
        state: *state,
    }))
}

/// `[notice] 31#31: signal 1 (SIGHUP) received from 912, reconfiguring`, which only nginx writes so.
pub(super) fn is_reload_of_nginx(text: &str) -> bool {
    text.starts_with("[notice] ")
        && text.contains("signal 1 (SIGHUP) received from ")
        && text.ends_with(", reconfiguring")
}

fn changed(thing: ChangedThing, by: &str, what: String) -> HostChange {
    HostChange {
        thing,
        by: by.to_owned(),
        what,
        is_command: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(program: &str, text: &str) -> Option<(ChangedThing, String, String)> {
        match change(program, text)? {
            Saying::Changed(change) => Some((change.thing, change.by, change.what)),
            Saying::Announced(service) => Some((
                ChangedThing::Service,
                service.name,
                format!("{:?}", service.state),
            )),
            _ => None,
        }
    }

    #[test]
    fn what_changes_rules_networks_and_services_is_read() {
        use ChangedThing::{Container, Network, Rules, Service};
        for (program, text, thing, by, what) in [
            (
                "sudo",
                "   alice : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/iptables -A INPUT -p tcp --dport 5432 -j DROP",
                Rules,
                "alice",
                "iptables -A INPUT -p tcp --dport 5432 -j DROP",
            ),
            (
                "doas",
                "bob ran command ip addr del 10.0.1.20/24 dev eth0 as root from /home/bob",
                Network,
                "bob",
                "ip addr del 10.0.1.20/24 dev eth0",
            ),
            (
                "kernel",
                "audit: type=1325 audit(1795183331.234:421): table=filter:7 family=2 entries=3 op=nft_register_rule pid=812 subj=unconfined comm=\"nft\"",
                Rules,
                "nft",
                "table filter of IPv4: nft_register_rule",
            ),
            (
                "audit",
                "NETFILTER_CFG table=nat family=10 entries=4",
                Rules,
                "",
                "table nat of IPv6: replace",
            ),
            (
                "kernel",
                "docker0: port 2(veth12ab) entered disabled state",
                Network,
                "",
                "veth12ab went down on docker0",
            ),
            (
                "systemd-networkd",
                "eth0: Lost carrier",
                Network,
                "systemd-networkd",
                "eth0: Lost carrier",
            ),
            (
                "dockerd",
                "time=\"2026-11-30T12:01:03Z\" level=info msg=\"ignoring event\" container=5f1c0a9b3d7e11aa22 module=libcontainerd namespace=moby topic=/tasks/delete type=\"*events.TaskDelete\"",
                Container,
                "docker",
                "the container 5f1c0a9b3d7e ended",
            ),
            (
                "nginx",
                "[notice] 31#31: signal 1 (SIGHUP) received from 912, reconfiguring",
                Service,
                "nginx",
                "Reloaded",
            ),
            (
                "postgres",
                "[5-1] 2026-11-30 12:01:03.1 UTC [7] LOG:  received fast shutdown request",
                Service,
                "postgres",
                "Stopped",
            ),
        ] {
            let expected = (thing, by.to_owned(), what.to_owned());
            assert_eq!(said(program, text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_changes_nothing_or_is_written_by_another_is_not() {
        for (program, text) in [
            (
                "sudo",
                "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft list ruleset",
            ),
            (
                "sudo",
                "alice : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft flush ruleset",
            ),
            (
                "app",
                "alice : TTY=pts/0 ; USER=root ; COMMAND=/usr/sbin/nft flush ruleset",
            ),
            ("app", "docker0: port 2(veth12ab) entered disabled state"),
            ("kernel", "docker0: port 2(veth12ab) entered blocking state"),
            (
                "kernel",
                "audit: type=1325 audit(1.2:3): table=filter:7 family=2 entries=3 op=nft_reset_rule",
            ),
            (
                "nginx",
                "[notice] 31#31: signal 17 (SIGCHLD) received from 912",
            ),
            ("kernel", "audit: type=1326 audit(1.2:3): table=x family=2"),
        ] {
            assert_eq!(said(program, text), None, "{text}");
        }
    }
}
