//! Which processes hold which sockets, by `/proc`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Process, SocketInode};

/// So many open files are looked at in one walk at most, some 1.5 µs each.
const LOOKED_AT: usize = 1 << 16;

/// Walks over the processes below `proc` in the order of their numbers, until each of these sockets
/// is found, or everything was looked at that this program may see. Of several that share a socket,
/// the first has it: the one that made it, as a rule.
pub(super) fn holders(proc: &Path, sockets: &BTreeSet<SocketInode>) -> Vec<(SocketInode, Process)> {
    let mut sought = sockets.clone();
    let mut found = Vec::new();
    let mut left = LOOKED_AT;
    for id in process_ids(proc) {
        if sought.is_empty() || left == 0 {
            break;
        }
        let folder = proc.join(id.to_string());
        // Not ours to see, or gone meanwhile.
        let Ok(files) = fs::read_dir(folder.join("fd")) else {
            continue;
        };
        for file in files.flatten().take(left) {
            left -= 1;
            let target = fs::read_link(file.path()).ok();
            let inode = target.and_then(|target| socket_inode(target.as_os_str()));
            if let Some(inode) = inode.filter(|inode| sought.remove(inode))
                && let Some(name) = name(&folder)
            {
                found.push((inode, Process { id, name }));
            }
        }
    }
    found
}

fn process_ids(proc: &Path) -> Vec<u32> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut ids: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    ids.sort_unstable();
    ids
}

/// `socket:[4711]`
fn socket_inode(target: &OsStr) -> Option<SocketInode> {
    let target = target.as_bytes().strip_prefix(b"socket:[")?;
    let number = std::str::from_utf8(target.strip_suffix(b"]")?).ok()?;
    number.parse().ok().map(SocketInode)
}

fn name(folder: &Path) -> Option<String> {
    fs::read(folder.join("comm"))
        .ok()
        .map(|bytes| name_of(&bytes))
}

/// The kernel ends the name with a newline; one before it is the process's own.
fn name_of(comm: &[u8]) -> String {
    let name = comm.strip_suffix(b"\n").unwrap_or(comm);
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_to_a_socket_has_its_number() {
        let inode = |target: &str| socket_inode(OsStr::new(target));
        assert_eq!(inode("socket:[4711]"), Some(SocketInode(4711)));
        for other in [
            "/tmp/socket:[4711]",
            "socket:[4711",
            "socket:[]",
            "socket:[-1]",
            "socket:[99999999999]",
            "pipe:[4711]",
            "socket:[4711] (deleted)",
        ] {
            assert_eq!(inode(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_is_taken_as_it_is() {
        assert_eq!(name_of(b"java\n"), "java");
        assert_eq!(name_of(b"a) R 1\n\n"), "a) R 1\n");
        assert_eq!(name_of(b"\x1b]0;x\x07\xff\n"), "\x1b]0;x\x07\u{fffd}");
        assert_eq!(name_of(b""), "");
    }

    /// A folder like `/proc`: processes with their names and what their open files are.
    fn proc(processes: &[(&str, &str, &[&str])]) -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        for (id, name, files) in processes {
            let folder = proc.path().join(id);
            fs::create_dir_all(folder.join("fd")).unwrap();
            fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            for (number, target) in files.iter().enumerate() {
                symlink(target, folder.join("fd").join(number.to_string())).unwrap();
            }
        }
        proc
    }

    #[test]
    fn the_first_process_that_holds_a_socket_has_it() {
        let proc = proc(&[
            ("self", "no process", &["socket:[1]"]),
            ("1200", "worker", &["/dev/null", "socket:[1]", "socket:[2]"]),
            ("812", "master", &["socket:[1]", "pipe:[2]"]),
        ]);
        let sought = BTreeSet::from([SocketInode(1), SocketInode(2), SocketInode(3)]);
        let process = |id, name: &str| Process {
            id,
            name: name.to_owned(),
        };
        assert_eq!(
            holders(proc.path(), &sought),
            [
                (SocketInode(1), process(812, "master")),
                (SocketInode(2), process(1200, "worker")),
            ]
        );
        assert_eq!(holders(Path::new("/nowhere"), &sought), []);
    }
}
