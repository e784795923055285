//! See the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpwhy_fleet::commands::run()
}
