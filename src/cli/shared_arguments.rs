//! Options that several commands take alike.

use clap::Args;

use super::arguments::ColorChoice;
use super::messages::Messages;
use super::pager::Paging;
use super::wanted_ends::{WantedEnd, parse_wanted_end};

/// Of which connects a report is made.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct EndpointArguments {
    /// Only attempts to this address, network, port or name
    ///
    /// `ADDR[/LEN][:PORT]`, `:PORT` or `NAME[:PORT]`; repeatable. A name is one that the report of
    /// `read` shows: captured files are read twice for it. IPv6 with a port stands in brackets:
    /// `[2001:db8::1]:443`, `[2001:db8::]/32:443`.
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_wanted_end)]
    pub(super) server: Vec<WantedEnd>,

    /// Only attempts from this address, network, port or name
    ///
    /// Repeatable; as --server.
    #[arg(long, value_name = "ENDPOINT", value_parser = parse_wanted_end)]
    pub(super) client: Vec<WantedEnd>,
}

/// How much is told beside the report, and in which colours both are.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct MessageArguments {
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,

    /// Show what is longer than the screen without a pager
    ///
    /// On a terminal it goes through that of `TCPWHY_PAGER` or `PAGER`, or `less`, otherwise.
    #[arg(long)]
    pub(super) no_pager: bool,

    /// No warnings on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// More on standard error: what was set aside
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

impl MessageArguments {
    /// What standard error is told.
    pub(super) fn messages(self) -> Messages {
        Messages {
            is_quiet: self.quiet,
            verbosity: self.verbose,
        }
    }

    /// Whether what people read may go through a pager.
    pub(super) const fn paging(self) -> Paging {
        Paging::unless(self.no_pager)
    }
}
