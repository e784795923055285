//! What this program may do, and giving it up.

#[cfg(target_os = "linux")]
use rustix::thread::{CapabilitySet, CapabilitySets};

/// What is kept once the interfaces are open: nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// To open interfaces again that were removed and come back.
    pub capture: bool,
    /// To see which process holds a socket, also of other users (`CAP_SYS_PTRACE`,
    /// `CAP_DAC_READ_SEARCH`).
    pub processes: bool,
}

/// One opens the folder of another user's process, the other reads what its open files are: neither
/// does without the other.
#[cfg(target_os = "linux")]
const NAMING: CapabilitySet = CapabilitySet::DAC_READ_SEARCH.union(CapabilitySet::SYS_PTRACE);

/// Whether this program may see which processes hold the sockets of other users.
#[cfg(target_os = "linux")]
pub fn may_name_processes() -> bool {
    rustix::thread::capabilities(None).is_ok_and(|held| held.permitted.contains(NAMING))
}

/// Whether this program may see which processes hold the sockets of other users: nobody asks
/// elsewhere.
#[cfg(not(target_os = "linux"))]
pub fn may_name_processes() -> bool {
    false
}

/// Whether this program may capture at all.
#[cfg(target_os = "linux")]
pub fn may_capture() -> bool {
    rustix::thread::capabilities(None)
        .is_ok_and(|held| held.effective.contains(CapabilitySet::NET_RAW))
}

/// Whether this program may capture at all: elsewhere only opening tells.
#[cfg(not(target_os = "linux"))]
pub fn may_capture() -> bool {
    true
}

/// Gives up every right but those to `keep`, and the way to get new ones, of this thread and those
/// that it starts: to be called before there are others. Also root has none left then, beyond being
/// the owner of its files.
///
/// # Errors
///
/// What the system says, when it does not let go.
#[cfg(target_os = "linux")]
pub fn give_up_rights(keep: Rights) -> std::io::Result<()> {
    let held = rustix::thread::capabilities(None)?;
    let mut kept = CapabilitySet::empty();
    if keep.capture {
        kept |= CapabilitySet::NET_RAW;
    }
    if keep.processes {
        kept |= NAMING;
    }
    kept &= held.permitted;
    rustix::thread::set_no_new_privs(true)?;
    // Kernels before 4.3 do not know the ambient set: there is nothing to clear then.
    let _ = rustix::thread::clear_ambient_capability_set();
    // Nothing can be inherited from it without new privileges; only who may change it can also
    // clear it.
    if held.effective.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().iter() {
            let _ = rustix::thread::remove_capability_from_bounding_set(capability);
        }
    }
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )?;
    Ok(())
}

/// Elsewhere there is nothing that could be given up without giving up the interfaces.
#[cfg(not(target_os = "linux"))]
pub fn give_up_rights(_: Rights) -> std::io::Result<()> {
    Ok(())
}
