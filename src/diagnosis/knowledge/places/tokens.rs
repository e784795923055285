//! Hosts and ports among the words of a text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// On which side of a connect a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Server,
}

/// A host, with its port where one stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) port: Option<u16>,
    pub(super) role: Option<Role>,
}

impl Host {
    /// `0.0.0.0` or `::`, where something listens on all addresses.
    pub(super) fn is_unspecified(&self) -> bool {
        let address = self.name.parse::<IpAddr>();
        address.is_ok_and(|address| address.is_unspecified())
    }
}

/// A host, or a port that stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Host(Host),
    Port(u16),
}

/// Endings of files whose lines are named as a host's port would be.
const FILE_ENDINGS: [&str; 22] = [
    "go", "js", "mjs", "cjs", "ts", "tsx", "py", "java", "kt", "rb", "rs", "c", "h", "cc", "cpp",
    "cs", "php", "pl", "ex", "erl", "scala", "swift",
];

/// Words before a colon and a number that are no hosts.
const NO_HOSTS: [&str; 24] = [
    "error",
    "errno",
    "code",
    "line",
    "pid",
    "port",
    "status",
    "curl",
    "node",
    "at",
    "exit",
    "number",
    "attempt",
    "retry",
    "took",
    "tid",
    "thread",
    "info",
    "warn",
    "id",
    "errorcode",
    "timeout",
    "conn",
    "main",
];

/// How many words are looked at.
const MOST_WORDS: usize = 2_000;

/// Hosts and ports, in the order of the text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let spaced = text.replace("->", " > ");
    let words: Vec<&str> = spaced
        .split(|character: char| character.is_whitespace() || "\"'`,;()<>={}|".contains(character))
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .collect();
    let has_arrow = text.contains("->") || text.contains(" > ");
    let mut tokens: Vec<Token> = Vec::new();
    let mut role_of_port = None;
    for (index, word) in words.iter().enumerate() {
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        let at = |index: Option<usize>| index.and_then(|index| words.get(index)).copied();
        let before = at(index.checked_sub(1)).unwrap_or_default();
        let earlier = at(index.checked_sub(2)).unwrap_or_default();
        let after = at(index.checked_add(1)).unwrap_or_default();
        let lone_name = || behind_a_word(word, [earlier, before], after);
        let dotted = || of_tcpdump(word).filter(|_| has_arrow);
        let found = host(word, before).or_else(lone_name).or_else(dotted);
        if let Some(mut host) = found {
            host.role = role(before, earlier);
            role_of_port = host.role;
            tokens.push(Token::Host(host));
        } else if let Some(port) = port(word).filter(|_| is_before_a_port(before)) {
            add_port(&mut tokens, port, role_of_port);
        } else if let Some(port) = port(word)
            && is_address(before)
            && !has_between(&spaced, before, word, '(')
        {
            add_port(&mut tokens, port, role_of_port);
        }
    }
    if has_arrow && has_any(text, &["[S.]", "[R.]", "[R]", "[SYN, ACK]", "[RST"]) {
        give_roles(&mut tokens, [Role::Server, Role::Client]);
    } else if has_arrow || has_any(text, &["SYN_SENT", "SYN-SENT", "SynSent"]) {
        give_roles(&mut tokens, [Role::Client, Role::Server]);
    } else if has_any(text, &["SYN_RECV", "SYN-RECV", "SYN_RCVD", "SynReceived"]) {
        give_roles(&mut tokens, [Role::Server, Role::Client]);
    }
    tokens
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether the character stands between two parts of the text: `server on '10.0.1.20' (115)` names
/// no port.
fn has_between(text: &str, before: &str, after: &str, character: char) -> bool {
    let start = (before.as_ptr() as usize + before.len()).checked_sub(text.as_ptr() as usize);
    let end = (after.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let between = start.zip(end).and_then(|(start, end)| text.get(start..end));
    between.is_some_and(|between| between.contains(character))
}

/// The port of the host before it, unless that has one.
fn add_port(tokens: &mut Vec<Token>, port: u16, role: Option<Role>) {
    match tokens.last_mut() {
        Some(Token::Host(host)) if host.port.is_none() && host.role == role => {
            host.port = Some(port);
        }
        _ => tokens.push(Token::Port(port)),
    }
}

/// `10.0.0.7:51234 -> 10.0.1.20:5432`: who connected stands first; of sockets, the own end does.
fn give_roles(tokens: &mut [Token], [of_first, of_second]: [Role; 2]) {
    let mut hosts = tokens.iter_mut().filter_map(|token| match token {
        Token::Host(host) if host.port.is_some() && host.role.is_none() => Some(host),
        _ => None,
    });
    if let (Some(first), Some(second)) = (hosts.next(), hosts.next()) {
        first.role = Some(of_first);
        second.role = Some(of_second);
    }
}

fn role(before: &str, earlier: &str) -> Option<Role> {
    let word = before.trim_end_matches(':').to_ascii_lowercase();
    match word.as_str() {
        "client" | "from" | "src" | "saddr" | "source" | "local" | "laddr" | "srcip" | "src_ip" => {
            Some(Role::Client)
        }
        "upstream" | "dst" | "dstip" | "dst_ip" | "dest_ip" | "daddr" | "dest" | "destination"
        | "remote" | "raddr" => Some(Role::Server),
        // "martian source A from B": A is where the packet wanted to go.
        _ if word == "to" && !earlier.eq_ignore_ascii_case("connect") => Some(Role::Server),
        _ => None,
    }
    .filter(|_| !(word == "source" && earlier == "martian"))
}

fn is_before_a_port(before: &str) -> bool {
    let word = before.trim_end_matches(':').to_ascii_lowercase();
    ["port", "dpt", "dport", "dst_port", "dstport", "dest_port"].contains(&word.as_str())
}

fn port(word: &str) -> Option<u16> {
    word.parse().ok().filter(|port| *port != 0)
}

fn is_address(word: &str) -> bool {
    word.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn host(word: &str, before: &str) -> Option<Host> {
    let word = word.split_once("://").map_or(word, |(_, after)| after);
    let word = word.rsplit_once('@').map_or(word, |(_, after)| after);
    let word = word.trim_start_matches('/');
    of_address(word, before)
        .or_else(|| beside_a_slash(word, before))
        .or_else(|| of_name(word))
}

fn found(name: &impl ToString, port: Option<u16>) -> Host {
    Host {
        name: name.to_string(),
        port,
        role: None,
    }
}

/// `10.0.1.20`, `10.0.1.20:5432`, `[::1]:5432`, `fe80::1`, and Node's `::1:3000`.
fn of_address(word: &str, before: &str) -> Option<Host> {
    if let Some((address, rest)) = word.strip_prefix('[').and_then(|word| word.split_once(']')) {
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(found(&address, rest.strip_prefix(':').and_then(port)));
    }
    let word = word.trim_matches(['[', ']']);
    if let Ok(address) = word.parse::<Ipv4Addr>() {
        return Some(found(&address, None));
    }
    let (address, last) = word.rsplit_once(':')?;
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        return Some(found(&address, Some(port(last)?)));
    }
    let is_nodes = before.starts_with('E') && before.bytes().all(|byte| byte.is_ascii_uppercase());
    match (address.parse::<Ipv6Addr>(), port(last)) {
        (Ok(address), Some(port)) if is_nodes => Some(found(&address, Some(port))),
        _ => word
            .parse::<Ipv6Addr>()
            .ok()
            .map(|address| found(&address, None)),
    }
}

/// `10.0.1.20.5432`, as tcpdump has it.
fn of_tcpdump(word: &str) -> Option<Host> {
    let (address, number) = word.rsplit_once('.')?;
    let address: Ipv4Addr = address.parse().ok()?;
    Some(found(&address, Some(port(number)?)))
}

/// `db/10.0.1.20:80` as Java has it, `outside:10.0.0.7/50000` as ASA does, `10.0.1.20:80/path`.
fn beside_a_slash(word: &str, before: &str) -> Option<Host> {
    let (left, right) = word.split_once('/')?;
    if let Some(host) = of_address(right, "") {
        return Some(host);
    }
    let named = left.rsplit_once(':').map_or(left, |(_, address)| address);
    if let (Ok(address), Some(port)) = (named.parse::<IpAddr>(), port(right)) {
        return Some(found(&address, Some(port)));
    }
    of_address(left, before).or_else(|| of_name(left))
}

/// `db:5432`.
fn of_name(word: &str) -> Option<Host> {
    let word = word.trim_matches(['[', ']']);
    let (name, number) = word.split_once(':')?;
    let port = port(number)?;
    (is_name(name) && !NO_HOSTS.contains(&name.to_ascii_lowercase().as_str()))
        .then(|| found(&name, Some(port)))
}

/// `host db`, `server on 'db'`, `connect to db port 80`: a name by what stands around it.
fn behind_a_word(word: &str, before: [&str; 2], after: &str) -> Option<Host> {
    let [earlier, before] = before.map(|word| word.trim_end_matches(':').to_ascii_lowercase());
    let is_behind = match before.as_str() {
        "on" => earlier == "server",
        "to" => earlier.starts_with("connect") && after == "port",
        "host" => after == "port" || word.contains(['.', '-']) || word == "localhost",
        other => other == "hostname",
    };
    let is_common = ["the", "via", "is", "name", "to"].contains(&word);
    (is_behind && is_name(word) && !is_common).then(|| found(&word, None))
}

/// A name that a shell takes as one word, and no command as an option.
fn is_name(word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let ending = word.rsplit_once('.').map(|(_, ending)| ending);
    word.len() <= 253
        && word.starts_with(|character: char| character.is_ascii_alphabetic())
        && word.bytes().all(is_part)
        && !ending.is_some_and(|ending| FILE_ENDINGS.contains(&ending))
}
