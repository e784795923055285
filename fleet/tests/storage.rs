//! Captures in object storage: a server of S3 on loopback, started by the test.

use std::process::Command;

use crate::support::{
    Process, difference, free_port, has, program, said_by_one, samples, stderr, stdout,
    wait_for_port,
};

/// Moto's server, with a bucket of captures in it.
struct Storage {
    _server: Process,
    port: u16,
}

impl Storage {
    fn with(samples_in_it: &[&str]) -> Option<Self> {
        if !has("moto_server") {
            return None;
        }
        let port = free_port();
        let server = Process::start(Command::new("moto_server").args([
            "-H",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]));
        wait_for_port(port);
        let storage = Self {
            _server: server,
            port,
        };
        storage.put("", &[]);
        for name in samples_in_it {
            storage.put(name, &std::fs::read(samples().join(name)).unwrap());
        }
        Some(storage)
    }

    /// An object; without a name, the bucket.
    fn put(&self, name: &str, bytes: &[u8]) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let path = if name.is_empty() {
            "/captures".to_owned()
        } else {
            format!("/captures/day/{name}")
        };
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
            bytes.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn run(&self, arguments: &[&str], secret: &str) -> std::process::Output {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        program(arguments)
            .env("AWS_ENDPOINT", endpoint)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .output()
            .unwrap()
    }
}

#[test]
fn captures_in_a_bucket_are_read() {
    let Some(storage) = Storage::with(&["closed-port.pcap", "service-restart.pcap", "README.md"])
    else {
        return;
    };
    let query = "select count(*) as n from attempts('s3://captures/day/')";
    let output = storage.run(&["sql", "-F", "csv", query], "secret");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let in_bucket = stdout(&output);
    let files = ["closed-port.pcap", "service-restart.pcap"].map(|name| samples().join(name));
    let here: serde_json::Value = serde_json::from_str(&said_by_one(&files)).unwrap();
    let attempts = here["attempts"].as_array().unwrap().len();
    assert_eq!(in_bucket, format!("n\n{attempts}\n"));
    let output = storage.run(
        &["read", "-F", "json", "s3://captures/day/closed-port.pcap"],
        "x",
    );
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let file = samples().join("closed-port.pcap");
    let mut here: serde_json::Value =
        serde_json::from_str(&said_by_one(std::slice::from_ref(&file))).unwrap();
    let found = |report: &serde_json::Value| report["findings"].to_string();
    assert_eq!(difference(&found(&here.take()), &found(&report)), None);
}

#[test]
fn what_is_not_there_is_one_line_without_credentials() {
    let Some(storage) = Storage::with(&[]) else {
        return;
    };
    for place in ["s3://captures/nothing/", "s3://no-such-bucket/a.pcap"] {
        let output = storage.run(&["read", place], "very-secret-key");
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(error.contains(place), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn storage_that_nobody_has_is_one_line() {
    let output = program(&["read", "ftp://somewhere/captures/"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("is in no storage that is known"));
}
