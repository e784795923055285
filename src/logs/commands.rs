//! Commands that change rules, addresses, routes or services of a host, and those of the same
//! programs that only show them.

use super::record::ChangedThing;

/// So much of a command is told.
const LONGEST: usize = 120;

/// A program, what it changes, and the words of which its command has one when it changes anything;
/// with none of its own every command does.
struct Changing {
    programs: &'static [&'static str],
    thing: ChangedThing,
    words: &'static [&'static str],
    /// Of more words nothing is told: passwords may be among them.
    told: usize,
}

const ALL: usize = usize::MAX;

const COMMANDS: [Changing; 12] = [
    Changing {
        programs: &[
            "iptables-restore",
            "ip6tables-restore",
            "iptables-nft-restore",
            "iptables-legacy-restore",
            "netfilter-persistent",
            "shorewall",
            "ferm",
        ],
        thing: ChangedThing::Rules,
        words: &[],
        told: ALL,
    },
    Changing {
        programs: &[
            "iptables",
            "ip6tables",
            "iptables-nft",
            "ip6tables-nft",
            "iptables-legacy",
            "ip6tables-legacy",
            "ebtables",
            "arptables",
        ],
        thing: ChangedThing::Rules,
        words: &[
            "-A",
            "-I",
            "-D",
            "-R",
            "-F",
            "-P",
            "-X",
            "-N",
            "-E",
            "--append",
            "--insert",
            "--delete",
            "--replace",
            "--flush",
            "--policy",
            "--delete-chain",
            "--new-chain",
        ],
        told: ALL,
    },
    Changing {
        programs: &["nft"],
        thing: ChangedThing::Rules,
        words: &[
            "add", "insert", "delete", "replace", "flush", "create", "destroy", "rename", "-f",
            "--file",
        ],
        told: ALL,
    },
    Changing {
        programs: &["ipset"],
        thing: ChangedThing::Rules,
        words: &[
            "add", "del", "create", "destroy", "flush", "swap", "restore",
        ],
        told: ALL,
    },
    Changing {
        programs: &["ufw"],
        thing: ChangedThing::Rules,
        words: &[
            "allow", "deny", "reject", "limit", "delete", "insert", "prepend", "route", "enable",
            "disable", "reload", "reset", "default",
        ],
        told: ALL,
    },
    Changing {
        programs: &["pfctl"],
        thing: ChangedThing::Rules,
        words: &["-f", "-e", "-d", "-F"],
        told: ALL,
    },
    Changing {
        programs: &["ip"],
        thing: ChangedThing::Network,
        words: &["add", "del", "delete", "change", "replace", "flush", "set"],
        told: ALL,
    },
    Changing {
        programs: &[
            "ifup", "ifdown", "netplan", "tc", "brctl", "route", "ifconfig",
        ],
        thing: ChangedThing::Network,
        words: &[
            "-a", "apply", "add", "del", "delete", "change", "replace", "up", "down", "addif",
            "delif",
        ],
        told: ALL,
    },
    Changing {
        programs: &["nmcli"],
        thing: ChangedThing::Network,
        words: &[
            "up", "down", "modify", "add", "delete", "reload", "off", "on",
        ],
        told: 5,
    },
    Changing {
        programs: &["sysctl"],
        thing: ChangedThing::Network,
        words: &["-w", "-p", "--write", "--load", "--system"],
        told: ALL,
    },
    Changing {
        programs: &["systemctl", "service", "rc-service"],
        thing: ChangedThing::Service,
        words: &[
            "start",
            "stop",
            "restart",
            "reload",
            "try-restart",
            "reload-or-restart",
            "kill",
            "mask",
            "isolate",
        ],
        told: ALL,
    },
    Changing {
        programs: &["docker", "podman", "docker-compose", "nerdctl"],
        thing: ChangedThing::Container,
        words: &[
            "start", "stop", "restart", "kill", "rm", "run", "up", "down",
        ],
        told: 3,
    },
];

/// What a command changes, if it does, and the command as it is told.
pub(super) fn changing(command: &str) -> Option<(ChangedThing, String)> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    let first = words.first_mut()?;
    *first = first.rsplit('/').next().unwrap_or(first);
    let (program, rest) = words.split_first()?;
    if *program == "firewall-cmd" {
        return rest
            .iter()
            .any(|word| is_change_of_firewalld(word))
            .then(|| (ChangedThing::Rules, told(&words, ALL)));
    }
    let known = COMMANDS
        .iter()
        .find(|command| command.programs.contains(program))?;
    let is_checked_only =
        *program == "nft" && rest.iter().any(|word| matches!(*word, "-c" | "--check"));
    let is_change = known.words.is_empty() || rest.iter().any(|word| known.words.contains(word));
    (is_change && !is_checked_only).then(|| (known.thing, told(&words, known.told)))
}

/// `--add-port=5432/tcp`, `--reload`; what lists and asks is no change.
fn is_change_of_firewalld(word: &str) -> bool {
    const BEGINS: [&str; 8] = [
        "--add-",
        "--remove-",
        "--set-",
        "--change-",
        "--reload",
        "--complete-reload",
        "--panic-on",
        "--new-",
    ];
    BEGINS.iter().any(|begin| word.starts_with(begin))
}

fn told(words: &[&str], most: usize) -> String {
    let is_shortened = words.len() > most;
    let mut text = words
        .iter()
        .take(most)
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    let is_cut = text.chars().count() > LONGEST;
    if is_cut {
        text = text.chars().take(LONGEST).collect();
    }
    if is_cut || is_shortened {
        text.push_str(" ...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_change_something_are_told_from_those_that_show_it() {
        use ChangedThing::{Container, Network, Rules, Service};
        for (command, expected) in [
            ("/usr/sbin/iptables -I INPUT 1 -j DROP", Some(Rules)),
            ("iptables -L -n -v", None),
            ("iptables-restore /etc/iptables/rules.v4", Some(Rules)),
            ("nft -f /etc/nftables.conf", Some(Rules)),
            ("nft -c -f /etc/nftables.conf", None),
            ("nft list ruleset", None),
            ("ufw deny 5432/tcp", Some(Rules)),
            ("ufw status numbered", None),
            (
                "firewall-cmd --permanent --remove-port=5432/tcp",
                Some(Rules),
            ),
            ("firewall-cmd --list-all", None),
            ("ip route replace default via 10.0.0.1", Some(Network)),
            ("ip route get 10.0.0.1", None),
            ("systemctl restart nginx", Some(Service)),
            ("systemctl status nginx", None),
            ("docker compose up -d", Some(Container)),
            ("docker ps", None),
            ("cat /etc/shadow", None),
            ("", None),
        ] {
            let found = changing(command).map(|(thing, _)| thing);
            assert_eq!(found, expected, "{command}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_left_out() {
        let (_, told) = changing("/usr/bin/docker run -e PASSWORD=hunter2 db").unwrap();
        assert_eq!(told, "docker run -e ...");
        let (_, told) = changing(&format!("nft add rule {}", "x".repeat(400))).unwrap();
        assert_eq!(told.chars().count(), LONGEST + 4);
    }
}
