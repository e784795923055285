//! What sources tell beside their packets.

use super::packet::SourceId;
use super::packet_comment::{self, PacketComment};
use super::resolved_name::{self, ResolvedName};
use super::source::Source;

/// What the sources that are done told beside their packets.
#[derive(Default)]
pub(super) struct Told {
    pub(super) names: Vec<ResolvedName>,
    pub(super) comments: Vec<PacketComment>,
}

impl Told {
    /// Takes what this source told.
    pub(super) fn keep(&mut self, id: SourceId, source: &mut Source) {
        let room = resolved_name::KEPT.saturating_sub(self.names.len());
        self.names
            .extend(source.take_names().into_iter().take(room));
        let room = packet_comment::KEPT.saturating_sub(self.comments.len());
        let comments = source.take_comments().into_iter().take(room);
        self.comments
            .extend(comments.map(|(number, text)| PacketComment {
                source: id,
                number,
                text,
            }));
    }
}
