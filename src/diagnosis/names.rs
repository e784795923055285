//! Names of addresses, learned from the capture's own DNS answers and what its files say: never
//! looked up.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::decode::NamedAddresses;

/// How many addresses are named.
const NAMED: usize = 100_000;

/// Which address has which name. The first name that an address was given in the capture is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    by_address: HashMap<IpAddr, String, foldhash::fast::RandomState>,
}

impl Facts for Names {
    /// Who knows a name already keeps it.
    fn merge(&mut self, other: Self) {
        for (address, name) in other.by_address {
            self.add(address, name);
        }
    }
}

impl Names {
    pub(super) fn note(&mut self, named: &NamedAddresses) {
        for address in &named.addresses {
            self.add(*address, named.name.clone());
        }
    }

    pub(crate) fn add(&mut self, address: IpAddr, name: String) {
        if self.by_address.len() < NAMED {
            self.by_address.entry(address).or_insert(name);
        }
    }

    /// How many addresses have a name.
    pub(super) fn count(&self) -> usize {
        self.by_address.len()
    }

    /// All of them, in no order; hostile text.
    #[cfg(feature = "cli")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (IpAddr, &str)> {
        let names = self.by_address.iter();
        names.map(|(address, name)| (*address, name.as_str()))
    }

    /// The name of an address; hostile text.
    pub fn of(&self, address: IpAddr) -> Option<&str> {
        self.by_address.get(&address).map(String::as_str)
    }
}
