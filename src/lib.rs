//! `tcpwhy` reads packet captures and tells which TCP connects failed, and why.

pub mod analysis;
pub mod capture;
pub mod cli;
pub mod decode;
pub mod diagnosis;
pub mod handshake;
pub mod report;
