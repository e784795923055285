//! What this program may do, and giving it up.

#[cfg(target_os = "linux")]
use rustix::thread::{CapabilitySet, CapabilitySets};

/// What is kept once the interfaces are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Nothing.
    None,
    /// To open interfaces again that were removed and come back.
    Capture,
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

/// Gives up every right but those to `keep`, and the way to get new ones, of this thread and those that it starts: to be
/// called before there are others. Also root has none left then, beyond being the owner of its files.
///
/// # Errors
///
/// What the system says, when it does not let go.
#[cfg(target_os = "linux")]
pub fn give_up_rights(keep: Rights) -> std::io::Result<()> {
    let held = rustix::thread::capabilities(None)?;
    let kept = match keep {
        Rights::None => CapabilitySet::empty(),
        Rights::Capture => CapabilitySet::NET_RAW & held.permitted,
    };
    rustix::thread::set_no_new_privs(true)?;
    // Kernels before 4.3 do not know the ambient set: there is nothing to clear then.
    let _ = rustix::thread::clear_ambient_capability_set();
    // Nothing can be inherited from it without new privileges; only who may change it can also clear it.
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
