//! A browser without a window that opens pages and is asked about them, over the pipe of the
//! `DevTools` protocol.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing that the browser is asked takes as long.
const PATIENCE: Duration = Duration::from_secs(180);

/// Chromium, with one tab.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    /// What happened in the tab since a page was opened.
    events: Vec<Value>,
    opened: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        // A shell hands the pipes over as the two file descriptors that Chromium reads and writes.
        let mut process = Command::new("sh")
            .args([
                "-c",
                "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null",
                "sh",
            ])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output
                .read_until(0, &mut message)
                .is_ok_and(|read| read > 0)
            {
                message.pop();
                if sender
                    .send(serde_json::from_slice(&message).unwrap())
                    .is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            process,
            input,
            messages,
            session: None,
            asked: 0,
            events: Vec::new(),
            opened: String::new(),
            _profile: profile,
        };
        browser.open_tab();
        browser
    }

    fn open_tab(&mut self) {
        let target = self.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.ask("Target.attachToTarget", &attach);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Sends a command and waits for its result.
    pub(crate) fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut command = json!({"id": self.asked, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.input
            .write_all(command.to_string().as_bytes())
            .unwrap();
        self.input.write_all(&[0]).unwrap();
        loop {
            let message = self.next_message(method);
            if message["id"] == self.asked {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn next_message(&self, waiting_for: &str) -> Value {
        self.messages
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("the browser does not answer: {waiting_for}"))
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&mut self, page: &Path) {
        self.events.clear();
        self.opened = format!("file://{}", page.display());
        let address = json!({"url": self.opened});
        self.ask("Page.navigate", &address);
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().any(is_loaded) {
            let message = self.next_message("load");
            self.events.push(message);
        }
    }

    /// What an expression of `JavaScript` gives in the page.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.ask("Runtime.evaluate", &parameters);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// The page as it is printed on A4: the text of each sheet, as poppler finds it.
    pub(crate) fn on_paper(&mut self) -> Vec<String> {
        let size = json!({"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": true});
        let printed = self.ask("Page.printToPDF", &size);
        let folder = tempfile::tempdir().unwrap();
        let coded = folder.path().join("page.base64");
        std::fs::write(&coded, printed["data"].as_str().unwrap()).unwrap();
        let text = Command::new("sh")
            .args(["-c", "base64 -d \"$1\" | pdftotext -layout - -", "sh"])
            .arg(&coded)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&text.stderr);
        assert!(!text.stdout.is_empty(), "pdftotext: {said}");
        let text = String::from_utf8(text.stdout).unwrap();
        text.split('\u{c}').map(str::to_owned).collect()
    }

    /// Whether scripts of pages run from now on.
    pub(crate) fn run_scripts(&mut self, run: bool) {
        self.ask(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": !run}),
        );
    }

    /// The screen of a phone.
    pub(crate) fn be_a_phone(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What a page must not do: messages on the console, errors, breaches of its policy, requests.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // Whatever happened before an answer comes before it.
        self.value("0");
        let events = self.events.iter();
        events.filter_map(|event| self.complaint(event)).collect()
    }

    fn complaint(&self, event: &Value) -> Option<String> {
        let parameters = &event["params"];
        let is_bad = match event["method"].as_str()? {
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => true,
            "Audits.issueAdded" => parameters["issue"]["code"] == "ContentSecurityPolicyIssue",
            "Network.requestWillBeSent" => parameters["request"]["url"] != self.opened.as_str(),
            _ => false,
        };
        is_bad.then(|| event.to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
