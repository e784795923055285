//! **Tells which TCP connects in a packet capture failed, and why.**
//!
//! "Connection refused" and "timed out" are all that applications tell. The packets know more:
//! every SYN is matched to its SYN-ACK, RST, ICMP error or silence, each answer is judged as the
//! client's TCP would have judged it, and what many attempts say together becomes a finding. This
//! crate is the program `tcpwhy` and the library that it is made of.
//!
//! # In five lines
//!
//! A capture file (pcap or pcapng, compressed or not), a report for people and one for programs:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tcpwhy::Analysis;
//!
//! let report = Analysis::new().read("samples/closed-port.pcap")?.report();
//! println!("{report}");
//! println!("{}", report.to_json()?);
//! # assert!(report.to_string().contains("refused: nothing listens on this port"));
//! # Ok(())
//! # }
//! ```
//!
//! Packets that a program has already, from wherever they come:
//!
//! ```
//! # use std::time::{Duration, SystemTime};
//! # let syn = [
//! #     2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, // Ethernet
//! #     0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 7, 10, 0, 1, 20, // IPv4
//! #     0xc0, 0, 0x15, 0x38, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0, // TCP
//! # ];
//! # let captured = [0, 1, 3, 7].map(|second| (SystemTime::UNIX_EPOCH + Duration::from_secs(second), &syn));
//! use tcpwhy::{Analysis, LinkType, Packet};
//!
//! let mut analysis = Analysis::new();
//! for (time, bytes) in captured {
//!     analysis.push(Packet::new(time.into(), LinkType::ETHERNET, bytes));
//! }
//! let report = analysis.finish().report();
//! # assert!(report.to_string().contains("dropped: no answer to 4 SYNs over 7.000 s"), "{report}");
//! ```
//!
//! And what a program asks of the result, without reading text:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tcpwhy::diagnosis::{Cause, Confidence};
//! use tcpwhy::{Analysis, Outcome};
//!
//! let analysed = Analysis::new().read("samples/closed-port.pcap")?;
//! let failed = analysed.attempts().find(|attempt| attempt.outcome().is_failure());
//! let failed = failed.ok_or("all went well")?;
//! assert_eq!(failed.outcome(), Outcome::Refused);
//! assert_eq!(failed.decided.attempt.server.to_string(), "10.0.1.20:5432");
//! let why = failed.cause().ok_or("nobody knows why")?;
//! assert_eq!((why.cause, why.confidence), (Cause::ClosedPort, Confidence::Likely));
//! # Ok(())
//! # }
//! ```
//!
//! [`Analysis`] has the settings: patience, which servers and clients, how many attempts are
//! listed, threads. What it means that a connect was refused, and what to check then, is in
//! [`diagnosis::knowledge`].
//!
//! # The rooms
//!
//! A packet passes through these modules from left to right, and each can be used on its own. None
//! reads a clock, so that the same input gives the same bytes; none trusts what came from the wire:
//! a malformed packet is data.
//!
//! ```text
//! capture ──► decode ──► handshake ──► diagnosis ──► report
//! bytes in    what it    who tried     why, how      for people
//!             says       what, what    sure          and programs
//!                        came back
//! ```
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`capture`] | files, streams | [`Packet`]: time, number, link type, bytes |
//! | [`decode`] | a [`Packet`] | [`Observation`](decode::Observation): a TCP segment, an ICMP error, or why it could not be read |
//! | [`handshake`] | observations | [`DecidedAttempt`](handshake::DecidedAttempt): which packets, and its [`Outcome`] |
//! | [`diagnosis`] | decided attempts | [`Diagnosis`](diagnosis::Diagnosis): causes, how sure they are, findings, servers |
//! | [`report`] | one [`Report`] | text, JSON and other formats |
//!
//! [`analysis`] is the way through all of them, with everything that can be set and heard on the
//! way.
//!
//! # Features
//!
//! By default all are on: that is the program. With `default-features = false` the crate is the
//! engine: it reads plain captures, takes packets, and reports as text, Markdown and JSON, with a
//! third of the dependencies and without any C library.
//!
//! | feature | adds |
//! |---|---|
//! | `cli` | the program, with all of the following but `dashboard`, `live` and `probe` |
//! | `compression` | captures compressed by gzip, zstd, lz4 or xz |
//! | `csv` | `report::csv`: attempts for spreadsheets |
//! | `dashboard` | what `tcpwhy live` shows on a terminal; implies `cli` and `live` |
//! | `evidence` | `report::evidence`, `anonymize`: the packets that prove failures as a capture, and anonymous addresses |
//! | `html` | `report::html`: one page with drawings |
//! | `json-schema` | `report::json::schema`: the JSON Schema of reports |
//! | `live` | `live`, `host`, `capture::live`: interfaces by libpcap, metrics, and what this host itself knows |
//! | `probe` | `probe`: connects made now, and what the kernel and the packets say of them (Linux); implies `live` |
//! | `source-hash` | the SHA-256 of files while they are read |
//!
//! What the crate says will grow: enumerations of causes, findings and the like are
//! `non_exhaustive`, while an [`Outcome`] is one of nine for good. Attempts, causes, findings and
//! counts are serialisable with serde, under the names that reports use.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod analysis;
#[cfg(feature = "evidence")]
pub mod anonymize;
pub mod capture;
#[cfg(feature = "cli")]
pub mod cli;
pub mod decode;
pub mod diagnosis;
mod embedding;
pub mod handshake;
pub mod host;
#[cfg(feature = "live")]
pub mod live;
pub mod logs;
pub mod path;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;
pub mod report;

#[doc(no_inline)]
pub use capture::{LinkType, Packet, Timestamp};
pub use embedding::{Analysed, Analysis};
#[doc(no_inline)]
pub use handshake::Outcome;
#[doc(no_inline)]
pub use report::Report;

/// What the README shows in Rust.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
