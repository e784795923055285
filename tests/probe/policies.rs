//! What policies of this host take away from the program itself: programs of its cgroup, as systemd
//! loads them for `IPAddressDeny`, on `connect()` and on packets.

use std::process::Command;

use serde_json::Value;

use super::row::{Row, asked, only, said};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{python, unique_name};

pub(crate) const TESTS: &[Test] = tests![
    a_program_of_the_cgroup_on_connect_is_told,
    a_program_of_the_cgroup_on_packets_is_told_from_silence,
];

/// Loads a program that lets all or nothing through, attaches it to a new cgroup, and goes on there.
/// Ends with 77 where this kernel has no such programs.
const CGROUP: &str = r"
import ctypes,os,struct,sys
libc=ctypes.CDLL(None,use_errno=True)
def bpf(command,attributes):
    room=ctypes.create_string_buffer(attributes,128)
    found=libc.syscall(321 if os.uname().machine=='x86_64' else 280,command,room,128)
    if found<0:
        print(os.strerror(ctypes.get_errno()),file=sys.stderr); sys.exit(77)
    return found
def load(kind,attach,verdict):
    code=ctypes.create_string_buffer(struct.pack('<BBhiBBhi',0xb7,0,0,verdict,0x95,0,0,0))
    license=ctypes.create_string_buffer(b'GPL')
    return bpf(5,struct.pack('<IIQQIIQII16sII',kind,2,ctypes.addressof(code),
        ctypes.addressof(license),0,0,0,0,0,b'verdict',0,attach))
mounts=[line.split() for line in open('/proc/mounts')]
roots=[words[1] for words in mounts if words[2]=='cgroup2']
if not roots: sys.exit(77)
name,what,verdict=sys.argv[1:4]
group=os.path.join(roots[0],name)
os.makedirs(group,exist_ok=True)
folder=os.open(group,os.O_RDONLY|os.O_DIRECTORY)
# CGROUP_SOCK_ADDR on connect4 and connect6; CGROUP_SKB on egress
for kind,attach in {'connect':[(18,10),(18,11)],'egress':[(8,1)]}[what]:
    bpf(8,struct.pack('<IIII',folder,load(kind,attach,int(verdict)),attach,0))
child=os.fork()
if child==0:
    with open(os.path.join(group,'cgroup.procs'),'w') as procs: procs.write(str(os.getpid()))
    os.execvp(sys.argv[4],sys.argv[4:])
status=os.waitstatus_to_exitcode(os.waitpid(child,0)[1])
os.rmdir(group)
sys.exit(status)
";

/// What an ordinary user's probe of the target says in a cgroup with such programs; `None` where
/// this kernel has none.
fn probed_in_cgroup(row: &Row, what: &str, lets_through: bool, target: &str) -> Option<Value> {
    let verdict = if lets_through { "1" } else { "0" };
    let words = [
        "-c",
        CGROUP,
        &unique_name(),
        what,
        verdict,
        "ip",
        "netns",
        "exec",
        &row.client,
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        env!("CARGO_BIN_EXE_tcpwhy"),
        "probe",
        "-F",
        "json",
        target,
    ];
    let output = Command::new(python()).args(words).output().unwrap();
    if output.status.code() == Some(77) {
        return None;
    }
    Some(only(&asked(&output.into())[target]).clone())
}

fn a_program_of_the_cgroup_on_connect_is_told() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    for target in ["10.0.1.20:80", "[2001:db8:0:1::20]:80"] {
        let Some(forbidden) = probed_in_cgroup(&row, "connect", false, target) else {
            return;
        };
        assert_eq!(said(&forbidden), "forbidden_here EPERM", "{target}");
        assert_eq!(forbidden["syn_count"], 0);
        let allowed = probed_in_cgroup(&row, "connect", true, target).unwrap();
        assert_eq!(said(&allowed), "established", "the sound twin");
    }
}

fn a_program_of_the_cgroup_on_packets_is_told_from_silence() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    let target = "10.0.1.20:80";
    let mut denied = None;
    let captured = row.captured_while(|row| {
        denied = probed_in_cgroup(row, "egress", false, target);
    });
    let Some(denied) = denied else {
        return;
    };
    assert!(!captured.contains("10.0.1.20"), "no packet: {captured}");
    assert_eq!(said(&denied), "dropped local_firewall likely ETIMEDOUT");
    let notes = denied["notes"].to_string();
    assert!(notes.contains("IPAddressDeny"), "{notes}");
    let allowed = probed_in_cgroup(&row, "egress", true, target).unwrap();
    assert_eq!(said(&allowed), "established", "the sound twin");
    // On an address of this host nobody else can be blamed, either.
    let client = row.client.clone();
    let serving = super::row::serving("0.0.0.0", &[8080], "pass");
    row.start(&client, &serving);
    let own = probed_in_cgroup(&row, "egress", false, "10.0.0.7:8080").unwrap();
    assert_eq!(said(&own), "dropped local_firewall likely ETIMEDOUT");
}
