//! What can be typed for `tcpwhy mcp`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  tcpwhy mcp /var/captures                         what an assistant's settings name as the command
  tcpwhy mcp /var/captures --allow-probe           it may connect as well, to what it names";

/// Of `tcpwhy mcp`.
#[derive(Debug, Args)]
pub(super) struct McpArguments {
    /// Folders below which captures may be read; nothing else is
    #[arg(required = true, value_name = "FOLDER")]
    pub(super) folders: Vec<PathBuf>,

    /// Also offer the tool probe, which connects to the host and port that it is given
    ///
    /// As `tcpwhy probe` does: one target, a handshake and an orderly close for each of its
    /// addresses. Default: nothing is sent.
    #[arg(long)]
    pub(super) allow_probe: bool,
}
