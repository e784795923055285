//! `tcpwhy host`, and `tcpwhy read --host`: real hosts say of themselves what they know, and a
//! capture from a place between is read with it. Truth is how the network was built.

mod misread;
mod reasons;
mod several;
mod told;
pub(crate) mod typed;

use crate::support::harness::Test;
use crate::support::tools::Needs;

pub(crate) const NEEDS: Needs = Needs::networks(&["ip", "nft", "python3", "kill", "tcpdump"]);

pub(crate) const LISTS: &[&[Test]] = &[told::TESTS, reasons::TESTS, misread::TESTS, several::TESTS];
