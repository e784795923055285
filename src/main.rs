//! The `tcpwhy` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let typed: Vec<_> = std::env::args_os().skip(1).collect();
    tcpwhy::cli::run(&typed).into()
}
