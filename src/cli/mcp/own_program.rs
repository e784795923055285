//! This program, started anew for a call.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// For so long a call may take: captures of some 50 GB are read in it.
const LONGEST: Duration = Duration::from_secs(600);

/// So much is taken of what it writes, in bytes.
const MOST: u64 = 64 << 20;

/// What it wrote to standard output; where that is nothing, what it wrote to standard error, as an
/// error.
pub(super) async fn output_of(words: Vec<OsString>) -> Result<String, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find tcpwhy: {error}"))?;
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start tcpwhy: {error}"))?;
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    let read = async {
        let (written, errors) = tokio::join!(text_of(out), text_of(errors));
        let _ = child.wait().await;
        (written, errors)
    };
    let Ok((written, errors)) = timeout(LONGEST, read).await else {
        return Err(format!(
            "it took more than {} s: name fewer captures",
            LONGEST.as_secs()
        ));
    };
    match written {
        Some(text) if !text.is_empty() => Ok(text),
        Some(_) => Err(errors
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "nothing was written".to_owned())),
        None => Err("the answer is too long: narrow it by server, client or time".to_owned()),
    }
}

/// All that is written there; `None` when it is too much.
async fn text_of(pipe: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What cannot be read is as if it had not been written.
        let _ = pipe.take(MOST + 1).read_to_end(&mut bytes).await;
    }
    (bytes.len() as u64 <= MOST).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
