//! Errors of the kernel by their names.

/// An error of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(nix::errno::Errno);

impl Errno {
    pub(super) const AFNOSUPPORT: Self = Self(nix::errno::Errno::EAFNOSUPPORT);
    pub(super) const ADDRNOTAVAIL: Self = Self(nix::errno::Errno::EADDRNOTAVAIL);
    pub(super) const ACCES: Self = Self(nix::errno::Errno::EACCES);
    pub(super) const PERM: Self = Self(nix::errno::Errno::EPERM);
    pub(super) const INVAL: Self = Self(nix::errno::Errno::EINVAL);
    pub(super) const HOSTUNREACH: Self = Self(nix::errno::Errno::EHOSTUNREACH);
    pub(super) const NETUNREACH: Self = Self(nix::errno::Errno::ENETUNREACH);
    pub(super) const NETDOWN: Self = Self(nix::errno::Errno::ENETDOWN);
    pub(super) const TIMEDOUT: Self = Self(nix::errno::Errno::ETIMEDOUT);

    pub(super) const REFUSED: Self = Self(nix::errno::Errno::ECONNREFUSED);
    pub(super) const RESET: Self = Self(nix::errno::Errno::ECONNRESET);

    /// Its name, as in `ECONNREFUSED`.
    pub fn name(self) -> String {
        format!("{:?}", self.0)
    }

    /// Whether it is EACCES.
    pub fn is_access(self) -> bool {
        self == Self::ACCES
    }

    /// What `strerror` says for it.
    pub fn words(self) -> &'static str {
        self.0.desc()
    }
}

impl Errno {
    pub(super) fn from_number(number: u32) -> Self {
        let number = i32::try_from(number).unwrap_or_default();
        Self(nix::errno::Errno::from_raw(number))
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Self {
        Self(nix::errno::Errno::from_raw(error.raw_os_error()))
    }
}
