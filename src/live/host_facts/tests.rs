//! Facts from a host that is made up.

use super::*;

/// A host with one socket, that nobody can find twice.
#[derive(Debug, Default)]
struct MadeUpHost {
    connection: Option<OpenSocket>,
    listeners: Vec<Listener>,
    holders: Vec<(SocketInode, Process)>,
    counters: Counters,
}

impl HostTables for MadeUpHost {
    fn connection(&mut self, _: Endpoint, _: Endpoint) -> Option<OpenSocket> {
        self.connection
    }

    fn listeners(&mut self, _: u16) -> Option<Vec<Listener>> {
        Some(self.listeners.clone())
    }

    fn holders(&mut self, sockets: &BTreeSet<SocketInode>) -> Vec<(SocketInode, Process)> {
        let held = self.holders.iter();
        held.filter(|(inode, _)| sockets.contains(inode))
            .cloned()
            .collect()
    }

    fn counters(&mut self) -> Option<Counters> {
        Some(self.counters)
    }

    fn interface_name(&mut self, number: u32) -> Option<String> {
        Some(format!("eth{number}"))
    }
}

fn listener(address: &str, inode: u32, waiting: u32) -> Listener {
    Listener {
        socket: OpenSocket {
            inode: SocketInode(inode),
            user: 33,
        },
        address: address.parse().unwrap(),
        is_only_ipv6: false,
        interface: None,
        waiting,
        most_waiting: 1,
    }
}

fn process(id: u32, name: &str) -> Process {
    Process {
        id,
        name: name.to_owned(),
    }
}

fn server() -> Endpoint {
    Endpoint {
        address: "10.0.1.20".parse().unwrap(),
        port: 8080,
    }
}

fn listening(host: MadeUpHost, outcome: Outcome) -> String {
    let mut facts = HostFacts::of(Some(Box::new(host)));
    let listeners = facts.listeners(8080).unwrap();
    words::who_listens(server(), outcome, &listeners, Duration::from_millis(3))
}

#[test]
fn who_listens_elsewhere_is_named() {
    let host = MadeUpHost {
        listeners: vec![listener("127.0.0.1", 1, 0), listener("::1", 2, 0)],
        holders: vec![(SocketInode(1), process(812, "java"))],
        ..MadeUpHost::default()
    };
    assert_eq!(
        listening(host, Outcome::Refused),
        "nothing listens on 10.0.1.20:8080; java (pid 812) listens on 127.0.0.1:8080, \
         a process of user 33 on [::1]:8080 (this host's socket table, 3.0 ms later)"
    );
}

#[test]
fn nothing_listens_and_silence_is_a_rule_s() {
    assert_eq!(
        listening(MadeUpHost::default(), Outcome::Dropped),
        "nothing listens on 10.0.1.20:8080; silence instead of a RST is a rule's, before TCP \
         (this host's socket table, 3.0 ms later)"
    );
}

#[test]
fn sockets_that_share_a_port_are_told_once_and_few_singly() {
    let workers = (1..=6).map(|inode| Listener {
        interface: (inode == 6).then_some(6),
        ..listener("0.0.0.0", inode, 2)
    });
    let host = MadeUpHost {
        listeners: workers.collect(),
        holders: (1..=6)
            .map(|inode| (SocketInode(inode), process(900 + inode, "nginx: worker")))
            .collect(),
        ..MadeUpHost::default()
    };
    assert_eq!(
        listening(host, Outcome::Dropped),
        "\"nginx: worker\" (pid 901) listens on 0.0.0.0:8080, \"nginx: worker\" (pid 902) on 0.0.0.0:8080, \
         \"nginx: worker\" (pid 903) on 0.0.0.0:8080 and 3 more; its accept queue is full (2 waiting, backlog 1) \
         (this host's socket table, 3.0 ms later)"
    );
}

#[test]
fn names_cannot_pretend() {
    for (name, told) in [
        ("java", "java (pid 7)"),
        ("kworker/0:1", "kworker/0:1 (pid 7)"),
        ("", "\"\" (pid 7)"),
        ("a (pid 1)", "\"a (pid 1)\" (pid 7)"),
        ("\u{1b}[2J\n", "\"\\u{1b}[2J\\n\" (pid 7)"),
        ("\u{202e}x", "\"\\u{202e}x\" (pid 7)"),
    ] {
        assert_eq!(words::holder(Some(&process(7, name)), 0), told);
    }
}

#[test]
fn a_socket_that_was_handed_on_is_looked_for_again() {
    let mut facts = HostFacts::of(Some(Box::new(MadeUpHost::default())));
    facts.seek(SocketInode(1), Duration::ZERO);
    facts.find_holders();
    assert!(facts.sought.is_empty());
    facts.seek(SocketInode(1), Duration::from_secs(59));
    assert!(facts.sought.is_empty());
    facts.seek(SocketInode(1), Duration::from_secs(70));
    assert_eq!(facts.sought.len(), 1);
}

#[test]
fn counters_are_told_with_what_they_mean() {
    let risen = [
        (Counter::ListenOverflows, 4),
        (Counter::ListenDrops, 4),
        (Counter::TcpReqQFullDrop, 1),
    ];
    assert_eq!(
        words::risen(&risen),
        "ListenOverflows +4, ListenDrops +4, TCPReqQFullDrop +1 on this host since just before its first SYN: \
         an accept queue was full, a queue of half-open connects was full"
    );
}
