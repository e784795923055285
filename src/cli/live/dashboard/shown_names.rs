//! Names as the dashboard shows them.

use crate::report::terminal_safe;
use crate::report::words::shortened;

/// The start of a name that came from the wire, safe for a terminal.
pub(super) fn shown(name: &str) -> String {
    shortened(&terminal_safe(name))
}
