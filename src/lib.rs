//! `tcpwhy` reads packet captures and tells which TCP connects failed, and why.
//!
//! The modules are the rooms that a packet passes through: [`capture`] gives packets, [`decode`] tells what a packet says,
//! [`handshake`] matches packets to attempts and judges them, [`diagnosis`] tells what they mean, [`report`] writes it
//! down. [`anonymize`] replaces addresses on the way; [`analysis`] is the way through all of them; [`cli`] is the program around it.
//!
//! ```
//! use tcpwhy::analysis::{AnalysisSettings, analyse};
//! use tcpwhy::capture::CaptureSet;
//! use tcpwhy::handshake::Outcome;
//!
//! let mut opened = CaptureSet::open(&["samples/closed-port.pcap".into()]);
//! let (capture, diagnosis) = analyse(&mut opened.captures, &AnalysisSettings::default(), |_packet| true);
//! assert_eq!(capture.packets, 14);
//! assert_eq!(diagnosis.outcomes.of(Outcome::Refused), 1);
//! ```

pub mod analysis;
pub mod anonymize;
pub mod capture;
pub mod cli;
pub mod decode;
pub mod diagnosis;
pub mod handshake;
pub mod host;
#[cfg(feature = "live")]
pub mod live;
pub mod report;
