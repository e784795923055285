//! ICMP errors that no usual rule sends, from a raw socket: each is told with its code and its
//! sender, to an ordinary user.

use super::row::{Row, SERVER, SERVER6, only, rules, said};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![every_rare_icmp_error_is_told_with_its_sender];

/// Answers each SYN to port 4000 + 100 * type + code with that ICMP error.
const ANSWERING: &str = r"
import socket,struct
def checksum(data):
    if len(data)%2: data+=b'\0'
    total=sum(struct.unpack('!%dH'%(len(data)//2),data))
    while total>>16: total=(total&0xffff)+(total>>16)
    return ~total&0xffff
link=socket.socket(socket.AF_PACKET,socket.SOCK_DGRAM,socket.htons(3))
four=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_ICMP)
six=socket.socket(socket.AF_INET6,socket.SOCK_RAW,socket.IPPROTO_ICMPV6)
print('ready',flush=True)
while True:
    packet,where=link.recvfrom(2048)
    if where[2]==4: continue
    version=packet[0]>>4
    if version==4 and packet[9]==6:
        tcp=packet[(packet[0]&15)*4:]
    elif version==6 and packet[6]==6:
        tcp=packet[40:]
    else: continue
    port,flags=struct.unpack('!H',tcp[2:4])[0],tcp[13]
    if flags&0x3f!=2 or not 4000<=port<9000: continue
    kind,code=divmod(port-4000,100)
    if version==4:
        body=struct.pack('!BBHI',kind,code,0,0)+packet[:28]
        body=body[:2]+struct.pack('!H',checksum(body))+body[4:]
        four.sendto(body,(socket.inet_ntoa(packet[12:16]),0))
    else:
        body=struct.pack('!BBHI',kind,code,0,0)+packet[:72]
        six.sendto(body,(socket.inet_ntop(socket.AF_INET6,packet[8:24]),0))
";

/// Type, code, and what is said.
const RARE: [(u16, u16, &str); 10] = [
    (3, 5, "rejected other_icmp certain EOPNOTSUPP"),
    (3, 6, "rejected net_unreachable certain ENETUNREACH"),
    (3, 7, "rejected host_unreachable certain EHOSTDOWN"),
    (3, 8, "rejected host_unreachable certain ENONET"),
    (3, 11, "rejected net_unreachable certain ENETUNREACH"),
    (3, 12, "rejected host_unreachable certain EHOSTUNREACH"),
    (3, 14, "rejected admin_prohibited certain EHOSTUNREACH"),
    (3, 15, "rejected admin_prohibited certain EHOSTUNREACH"),
    (11, 0, "rejected ttl_exceeded certain EHOSTUNREACH"),
    (12, 0, "rejected other_icmp certain EPROTO"),
];

const RARE6: [(u16, u16, &str); 5] = [
    (1, 2, "rejected other_icmp certain EHOSTUNREACH"),
    (1, 5, "rejected admin_prohibited certain EACCES"),
    (1, 6, "rejected admin_prohibited certain EACCES"),
    (3, 0, "rejected ttl_exceeded certain EHOSTUNREACH"),
    (4, 0, "rejected other_icmp certain EPROTO"),
];

fn every_rare_icmp_error_is_told_with_its_sender() {
    let mut row = Row::new();
    // Its own stack says nothing.
    rules(&row.server, "input", "tcp dport 4000-8999 drop");
    let server = row.server.clone();
    row.start(&server, ANSWERING);
    let mut failures = Vec::new();
    for (host, sender, rare) in [
        (SERVER, "10.0.1.20", &RARE[..]),
        (SERVER6, "2001:db8:0:1::20", &RARE6[..]),
    ] {
        let target = |kind: u16, code: u16| format!("{host}:{}", 4000 + 100 * kind + code);
        let targets: Vec<String> = rare
            .iter()
            .map(|(kind, code, _)| target(*kind, *code))
            .collect();
        let words: Vec<&str> = targets.iter().map(String::as_str).collect();
        let asked = row.asked(&words);
        for (kind, code, expected) in rare {
            let connect = only(&asked[&target(*kind, *code)]);
            let icmp = &connect["icmp"];
            let told = format!("{} {} {}", icmp["type"], icmp["code"], icmp["from"]);
            if told != format!("{kind} {code} \"{sender}\"") || said(connect) != *expected {
                failures.push(format!("{kind}/{code}: {told}: {}", said(connect)));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
