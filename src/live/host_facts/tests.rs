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

fn listener(address: &str, inode: u32) -> Listener {
    Listener {
        socket: OpenSocket {
            inode: SocketInode(inode),
            user: 33,
        },
        address: address.parse().unwrap(),
        is_only_ipv6: false,
        interface: (inode == 2).then_some(6),
        waiting: 0,
        most_waiting: 1,
    }
}

#[test]
fn listeners_are_told_with_their_processes_and_interfaces() {
    let java = Process {
        id: 812,
        name: "java".to_owned(),
    };
    let host = MadeUpHost {
        listeners: vec![listener("127.0.0.1", 1), listener("::1", 2)],
        holders: vec![(SocketInode(1), java.clone())],
        ..MadeUpHost::default()
    };
    let mut facts = HostFacts::of(Some(Box::new(host)));
    let listeners = facts.listeners(8080).unwrap();
    let told: Vec<_> = listeners
        .iter()
        .map(|socket| (socket.process.as_ref(), socket.interface.as_deref()))
        .collect();
    assert_eq!(told, [(Some(&java), None), (None, Some("eth6"))]);
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
