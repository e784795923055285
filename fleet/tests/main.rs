//! What `tcpwhy-fleet` promises, tried from outside.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, waits for processes, and looks for tools"
)]

mod cluster;
mod documentation;
mod export;
mod law;
mod sql;
mod storage;
mod support;
