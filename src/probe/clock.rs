//! The only clock of this room.

use std::time::Instant;

/// What has passed is measured from here.
#[expect(
    clippy::disallowed_methods,
    reason = "a probe is about what happens now"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}
