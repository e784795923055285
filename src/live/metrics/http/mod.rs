//! Answers `GET /metrics`: HTTP/1.1, one thread, nothing else.
//!
//! A client gets so much time and room, and there are only so many at once; whoever takes longer or
//! sends more is told so and hung up on. Nothing that a client does costs the watch more than this
//! thread's share of a processor.

mod accepted;
mod connection;
mod listeners;
mod request;
mod response;
mod server;

pub use listeners::{ListenError, Listeners};
pub use server::serve;
