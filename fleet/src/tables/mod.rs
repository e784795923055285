//! What captures say, as tables for SQL.

mod answers;
mod attempts;
mod captures;
mod columns;
mod findings;
mod functions;
mod packets;
mod views;

pub(crate) use answers::{Answers, Told};
pub use columns::{Column, columns_of, tables};
pub(crate) use functions::register;
pub(crate) use views::VIEWS;
