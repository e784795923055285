//! The tools that are offered.

use std::ffi::OsString;

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig};
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::answer::{UNTRUSTED, page_of_report, page_of_text};
use super::files::Folders;
use super::own_program::output_of;

/// So many attempts are looked through for one.
const SEARCHED: &str = "100000";

/// So many attempts are paged through.
const LISTED: &str = "2000";

/// What is answered by.
#[derive(Clone)]
pub(super) struct Server {
    folders: Folders,
    tool_router: ToolRouter<Self>,
}

/// Captures, and which connects in them.
#[derive(Debug, Deserialize, JsonSchema)]
struct ReadParameters {
    /// Captures to read as one (pcap, pcapng, snoop, compressed too), or folders of them.
    files: Vec<String>,
    /// Only connects to this address, port, `address:port` or network.
    #[serde(default)]
    server: Option<String>,
    /// Only connects from this address or network.
    #[serde(default)]
    client: Option<String>,
    /// Only attempts that ended so: `failed`, `refused`, `dropped` and so on, comma-separated.
    #[serde(default)]
    outcome: Option<String>,
    /// Only connects from this time on: RFC 3339, or `+90s` after the capture's start.
    #[serde(default)]
    since: Option<String>,
    /// Only connects before this time.
    #[serde(default)]
    until: Option<String>,
    /// Which page of the answer, from 1.
    #[serde(default)]
    page: Option<usize>,
}

/// One attempt of some captures.
#[derive(Debug, Deserialize, JsonSchema)]
struct AttemptParameters {
    /// The captures, named as for `read`.
    files: Vec<String>,
    /// The attempt's id, as `read` gives it.
    id: String,
}

/// What is to be explained.
#[derive(Debug, Deserialize, JsonSchema)]
struct ExplainParameters {
    /// An outcome, cause, finding, errno, number, or a line of a log.
    text: String,
}

/// Captures of one place on the path.
#[derive(Debug, Deserialize, JsonSchema)]
struct Place {
    /// What the place is called, as `client`, `firewall` or `server`.
    name: String,
    /// Its captures.
    files: Vec<String>,
}

/// Captures of several places on one path.
#[derive(Debug, Deserialize, JsonSchema)]
struct CompareParameters {
    /// From the client to the server.
    places: Vec<Place>,
    /// Which page of the answer, from 1.
    #[serde(default)]
    page: Option<usize>,
}

/// Whom to connect to.
#[derive(Debug, Deserialize, JsonSchema)]
struct ProbeParameters {
    /// `host:port`, or `[address]:port` for IPv6.
    target: String,
}

#[tool_router]
impl Server {
    /// With the folders below which it reads; `allow_probe` whether it may connect.
    pub(super) fn new(folders: Folders, allow_probe: bool) -> Self {
        let mut tool_router = Self::tool_router();
        if !allow_probe {
            tool_router.remove_route("probe");
        }
        Self {
            folders,
            tool_router,
        }
    }

    #[tool(
        description = "Reads packet captures and tells which TCP connects failed and why: outcomes, findings with confidence and what to check next, servers, attempts. Start here.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn read(&self, Parameters(asked): Parameters<ReadParameters>) -> CallToolResult {
        let page = asked.page.unwrap_or(1).max(1);
        told(
            self.report(&asked, LISTED)
                .await
                .map(|report| page_of_report(&report, page).to_string()),
        )
    }

    #[tool(
        description = "One attempt of a capture, with every packet that proves its verdict, its notes and filters for Wireshark and tcpdump.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn attempt(&self, Parameters(asked): Parameters<AttemptParameters>) -> CallToolResult {
        told(self.one_attempt(asked).await)
    }

    #[tool(
        description = "One attempt as a sequence diagram in text: who sent what when, silence, and where the verdict fell.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn ladder(&self, Parameters(asked): Parameters<AttemptParameters>) -> CallToolResult {
        told(self.one_ladder(asked).await)
    }

    #[tool(
        description = "What an outcome, a cause, an errno or a line of a log means, what brings it about, how to tell look-alikes apart, and what to check on which machine.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn explain(&self, Parameters(asked): Parameters<ExplainParameters>) -> CallToolResult {
        if asked.text.trim().is_empty() || asked.text == "-" {
            return told(Err("there is nothing to explain".to_owned()));
        }
        let words = ["explain", "--", &asked.text].map(OsString::from);
        told(
            output_of(words.to_vec())
                .await
                .map(|text| page_of_text(&text, 1)),
        )
    }

    #[tool(
        description = "Judges each connect once over captures from two to eight places on its path: on which stretch packets were lost, made or changed.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn compare(&self, Parameters(asked): Parameters<CompareParameters>) -> CallToolResult {
        let page = asked.page.unwrap_or(1).max(1);
        told(
            self.comparison(&asked)
                .await
                .map(|text| page_of_text(&text, page)),
        )
    }

    #[tool(
        description = "Connects now to one host and port, and tells what came of it and why. Sends a handshake and an orderly close to each address of the name, nothing else.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            open_world_hint = true
        )
    )]
    async fn probe(&self, Parameters(asked): Parameters<ProbeParameters>) -> CallToolResult {
        let words = ["probe", "--format", "json", "--", &asked.target].map(OsString::from);
        told(
            output_of(words.to_vec())
                .await
                .map(|text| page_of_text(&text, 1)),
        )
    }
}

impl Server {
    /// The files as the program takes them.
    fn allowed(&self, files: &[String]) -> Result<Vec<OsString>, String> {
        if files.is_empty() {
            return Err("name at least one capture".to_owned());
        }
        let allowed = files
            .iter()
            .map(|file| self.folders.allowed(file).map(OsString::from));
        allowed.collect()
    }

    async fn report(&self, asked: &ReadParameters, listed: &str) -> Result<Value, String> {
        let files = self.allowed(&asked.files)?;
        let mut words = [
            "read",
            "--quiet",
            "--format",
            "json",
            "--max-attempts",
            listed,
        ]
        .map(OsString::from)
        .to_vec();
        let options = [
            ("--server", &asked.server),
            ("--client", &asked.client),
            ("--outcome", &asked.outcome),
            ("--since", &asked.since),
            ("--until", &asked.until),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                // One word, so that no value is ever an option.
                words.push(format!("{option}={value}").into());
            }
        }
        words.push("--".into());
        words.extend(files);
        let text = output_of(words).await?;
        serde_json::from_str(&text).map_err(|error| format!("the report cannot be read: {error}"))
    }

    async fn one_attempt(&self, asked: AttemptParameters) -> Result<String, String> {
        let AttemptParameters { files, id } = asked;
        let everything = ReadParameters {
            files,
            server: None,
            client: None,
            outcome: None,
            since: None,
            until: None,
            page: None,
        };
        let report = self.report(&everything, SEARCHED).await?;
        let attempts = report
            .get("attempts")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_it = |attempt: &&Value| {
            attempt
                .get("id")
                .is_some_and(|own| own.to_string().trim_matches('"') == id)
        };
        let found = attempts.iter().find(is_it);
        found
            .map(Value::to_string)
            .ok_or_else(|| format!("there is no attempt {id}"))
    }

    async fn one_ladder(&self, asked: AttemptParameters) -> Result<String, String> {
        let mut words = vec![OsString::from("ladder"), "--utc".into(), "--".into()];
        words.extend(self.allowed(&asked.files)?);
        words.push(asked.id.into());
        output_of(words).await.map(|text| page_of_text(&text, 1))
    }

    async fn comparison(&self, asked: &CompareParameters) -> Result<String, String> {
        let mut words = vec![OsString::from("compare"), "--utc".into(), "--".into()];
        for place in &asked.places {
            let is_plain =
                |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
            if place.name.is_empty() || !place.name.chars().all(is_plain) {
                return Err(format!(
                    "'{}' is no name for a place: letters, digits, - and _",
                    place.name
                ));
            }
            let files = self.allowed(&place.files)?;
            let files: Vec<String> = files
                .iter()
                .map(|file| file.to_string_lossy().into_owned())
                .collect();
            if files.iter().any(|file| file.contains(',')) {
                return Err("a file with a comma in its name cannot be compared".to_owned());
            }
            words.push(format!("{}={}", place.name, files.join(",")).into());
        }
        output_of(words).await
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let instructions = format!(
            "Reads packet captures below {}, and tells which TCP connects failed and why, with a confidence: possible is no \
             more than that. Begin with read; then attempt or ladder for one connect, explain for a term. {UNTRUSTED}",
            self.folders.names()
        );
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("tcpwhy", env!("CARGO_PKG_VERSION")))
            .with_instructions(instructions)
    }
}

fn told(answer: Result<String, String>) -> CallToolResult {
    match answer {
        Ok(text) => CallToolResult::success(vec![
            ContentBlock::text(UNTRUSTED),
            ContentBlock::text(text),
        ]),
        Err(problem) => CallToolResult::error(vec![ContentBlock::text(problem)]),
    }
}
