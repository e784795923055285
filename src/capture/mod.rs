//! **Room 1: capture.** Bytes come in, from files, streams and (live) interfaces; [`Packet`]s go
//! out, each with its number, source, capture time, link type, bytes and length on the wire.
//!
//! This room never looks into a packet. A record that cannot be read ends its source with a
//! [`SourceProblem`] that says where; everything before it has been given. Nothing that a file
//! claims is believed before its bytes are there.

mod as_written;
mod byte_order;
mod capture_set;
mod compression;
mod expanded_paths;
mod filter_expression;
mod foreign_format;
mod interface;
mod link_type;
mod named_source;
mod open_sources;
mod packet;
mod packet_comment;
#[cfg(feature = "evidence")]
mod packet_spool;
mod path_order;
mod pcap_file;
mod pcap_variant;
mod pcapng_blocks;
mod pcapng_file;
mod pcapng_framing;
mod pcapng_writer;
mod problem;
mod record;
mod record_buffer;
mod record_options;
mod reopened_file;
mod resolved_name;
mod snoop_file;
mod source;
#[cfg(feature = "source-hash")]
mod source_hash;
#[cfg(not(feature = "source-hash"))]
#[path = "no_source_hash.rs"]
mod source_hash;
mod text_file;
mod time_unit;
mod timestamp;
mod told;
mod unread_source;
mod window;

#[cfg(feature = "live")]
mod filter;
#[cfg(feature = "live")]
mod interface_list;
#[cfg(feature = "live")]
pub mod live;

pub use capture_set::{CaptureSet, Opened};
pub use compression::Compression;
#[cfg(feature = "live")]
pub use filter::{CaptureFilter, FilterError};
pub use interface::Interface;
#[cfg(feature = "live")]
pub use interface_list::{ListedInterface, list_interfaces};
pub use link_type::LinkType;
pub use named_source::{NamedSource, SourceInput};
pub use packet::{CapturedOn, Packet, PacketNumber, PacketPlace, Passage, SaidOfPacket, SourceId};
pub use packet_comment::PacketComment;
#[cfg(feature = "evidence")]
pub use packet_spool::{PacketSpool, RecordedPackets};
pub use pcapng_writer::{PcapngWriter, WrittenStatistics};
pub use problem::{OpenError, ProblemKind, SourceProblem};
pub(crate) use record_buffer::RecordBuffer;
pub use record_options::RecordOptions;
pub use resolved_name::ResolvedName;
pub use source::{STANDARD_INPUT, SourceFacts};
#[cfg(feature = "cli")]
pub(crate) use source_hash::sha256_of_file;
pub(crate) use text_file::{open_text, text_of};
pub use timestamp::Timestamp;
pub use unread_source::UNKNOWN_FORMAT;
