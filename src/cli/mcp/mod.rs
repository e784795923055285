//! `tcpwhy mcp`: a server of the Model Context Protocol on standard input and output.
//!
//! Each call is answered by this program itself, started anew with the words that a person would
//! type: an assistant reads what a person reads, a call that takes too long or too much is ended
//! without the server, and nothing of one capture is left for the next.

mod answer;
mod files;
mod own_program;
mod tools;

use anyhow::Context;
use rmcp::ServiceExt;
use rmcp::transport::stdio;

use super::exit_status::ExitStatus;
use super::mcp_arguments::McpArguments;
use super::messages::Messages;
use files::Folders;
use tools::Server;

/// Serves until the client ends the conversation.
pub(super) fn run(arguments: &McpArguments) -> ExitStatus {
    let folders = match Folders::of(&arguments.folders) {
        Ok(folders) => folders,
        Err(error) => {
            Messages::error(
                format!("{error:#}"),
                Some("name a folder that holds captures: tcpwhy mcp /var/captures"),
            );
            return ExitStatus::Input;
        }
    };
    match serve(Server::new(folders, arguments.allow_probe)) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            let hint = "tcpwhy mcp is started by a program that speaks the protocol, not typed";
            Messages::error(format!("{error:#}"), Some(hint));
            ExitStatus::Input
        }
    }
}

fn serve(server: Server) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start to serve")?;
    let outcome = runtime.block_on(async {
        let service = server
            .serve(stdio())
            .await
            .context("the client did not begin the conversation")?;
        service
            .waiting()
            .await
            .context("the conversation broke off")?;
        Ok(())
    });
    // A read of standard input that is under way cannot be called back.
    runtime.shutdown_background();
    outcome
}
