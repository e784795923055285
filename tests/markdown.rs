//! The Markdown report, rendered as `CommonMark` with tables.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::support::command::{file, run};
use crate::support::harness::{Test, tests};
use crate::support::hostile::capture_of_names;
use crate::support::samples;

pub(crate) const TESTS: &[Test] = tests![
    hostile_names_stay_text,
    no_row_has_more_bare_pipes_than_its_head,
    every_sample_renders_as_headings_tables_and_blocks,
    each_finding_has_the_commands_that_show_its_packets_again,
    it_is_short_unless_told_otherwise,
    it_says_what_it_was_made_from,
    the_same_input_and_arguments_give_the_same_bytes,
];

fn markdown(arguments: &[&str]) -> String {
    let ran = run(&[&["read", "-F", "markdown"], arguments].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout
}

fn events(text: &str) -> Vec<Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect()
}

/// How many cells the rows of each table have.
fn row_lengths(events: &[Event<'_>]) -> Vec<Vec<usize>> {
    let mut tables = Vec::new();
    for event in events {
        match event {
            Event::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                tables.last_mut().unwrap().push(0);
            }
            Event::Start(Tag::TableCell) => *tables.last_mut().unwrap().last_mut().unwrap() += 1,
            _ => {}
        }
    }
    tables
}

fn codes(events: &[Event<'_>]) -> Vec<String> {
    let code = |event: &Event<'_>| match event {
        Event::Code(text) => Some(text.to_string()),
        _ => None,
    };
    events.iter().filter_map(code).collect()
}

/// The only HTML: it folds commands away, and holds nothing that came from a capture.
const FOLDS: [&str; 2] = [
    "<details><summary>Look at the packets again</summary>\n",
    "</details>\n",
];

/// Whether it is nothing but headings, paragraphs, lists, tables, folds, code and plain text.
fn is_harmless(event: &Event<'_>) -> bool {
    match event {
        Event::Html(html) if FOLDS.contains(&html.as_ref()) => true,
        Event::Start(Tag::HtmlBlock) => true,
        Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => false,
        Event::Start(tag) => !matches!(
            tag,
            Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough
        ),
        // Outside of code, mentions, references and addresses become links.
        Event::Text(text) => !text.contains(['@', '#', '<', '>', '[', '`', '~', '_', '|', '\\']),
        _ => true,
    }
}

/// The text in code blocks is left out: nothing means anything there.
fn outside_of_blocks<'a>(events: &'a [Event<'a>]) -> Vec<&'a Event<'a>> {
    let mut is_in_block = false;
    let is_outside = |event: &&Event<'_>| {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_in_block = true,
            Event::End(TagEnd::CodeBlock) => is_in_block = false,
            _ => {}
        }
        !is_in_block
    };
    events.iter().filter(is_outside).collect()
}

const HOSTILE_NAMES: [&str; 12] = [
    "<script>alert(1)</script>",
    "@team",
    "](http://x)",
    "a`b``c",
    "`",
    "a|b|c",
    "a\\|b",
    "![x](http://y/z.png)",
    "x\n# heading",
    "owner/repo#1 &amp; *b*",
    "www.example.net/`|`\\",
    "\u{202e}| --- |",
];

fn hostile_names_stay_text() {
    let capture = file(&capture_of_names(&HOSTILE_NAMES));
    let text = markdown(&[capture.path.to_str().unwrap()]);
    let events = events(&text);
    for event in outside_of_blocks(&events) {
        assert!(is_harmless(event), "{event:?}\n{text}");
    }
    let codes = codes(&events);
    for name in HOSTILE_NAMES {
        let shown = name
            .replace('\n', "\\u{a}")
            .replace('\u{202e}', "\\u{202e}")
            .replace("\\|", "\\\\u{7c}");
        assert!(codes.contains(&shown), "{shown}: {codes:#?}\n{text}");
    }
    for table in row_lengths(&events) {
        assert!(table.iter().all(|cells| *cells == table[0]), "{table:?}");
        assert!(table.len() > 1);
    }
}

/// As GitHub does, which makes a cell of all between two bare pipes and drops what is too much.
fn no_row_has_more_bare_pipes_than_its_head() {
    let capture = file(&capture_of_names(&HOSTILE_NAMES));
    let text = markdown(&[capture.path.to_str().unwrap()]);
    let bare_pipes = |line: &str| {
        line.match_indices('|')
            .filter(|(at, _)| !line[..*at].ends_with('\\'))
            .count()
    };
    let mut head = None;
    let mut rows = 0;
    for line in text.lines() {
        if line.starts_with("| ") {
            let expected = *head.get_or_insert(bare_pipes(line));
            assert_eq!(bare_pipes(line), expected, "{line}");
            rows += 1;
        } else {
            head = None;
        }
    }
    // What is alike is one row of the attempts, each server is one of its own.
    assert!(rows > HOSTILE_NAMES.len());
}

fn every_sample_renders_as_headings_tables_and_blocks() {
    for path in samples() {
        let text = markdown(&[path.to_str().unwrap()]);
        let events = events(&text);
        for event in outside_of_blocks(&events) {
            assert!(is_harmless(event), "{}: {event:?}", path.display());
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(codes(&events).first(), Some(&name));
        for table in row_lengths(&events) {
            assert!(table.iter().all(|cells| *cells == table[0]), "{table:?}");
        }
        for event in &events {
            if let Event::Start(Tag::CodeBlock(kind)) = event {
                assert_eq!(*kind, CodeBlockKind::Fenced("sh".into()));
            }
        }
    }
}

fn each_finding_has_the_commands_that_show_its_packets_again() {
    let text = markdown(&["samples/service-restart.pcap"]);
    let fold = text.split(FOLDS[0]).nth(1).unwrap();
    let fold = fold.split(FOLDS[1]).next().unwrap();
    let commands: Vec<&str> = fold.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        commands,
        [
            "```sh",
            "tcpwhy ladder samples/service-restart.pcap 207",
            "wireshark -r samples/service-restart.pcap -Y 'ip.addr==10.0.1.20 && tcp.port==5432 && (tcp.flags.syn==1 || tcp.flags.reset==1 || icmp)'",
            "tcpdump -n -i INTERFACE -w again.pcap '(host 10.0.1.20 and tcp port 5432) or icmp[icmptype] = icmp-unreach or icmp[icmptype] = icmp-timxceed or (arp and host 10.0.1.20)'",
            "```",
        ]
    );
    // In a tunnel no capture filter would catch it, and of an anonymous report there is no file to
    // open.
    let text = markdown(&["samples/vxlan.pcap", "--anonymize", "-q"]);
    assert!(text.contains("wireshark -Y "), "{text}");
    assert!(
        !text.contains("tcpdump -n -i INTERFACE") && !text.contains("tcpwhy ladder"),
        "{text}"
    );
}

fn it_is_short_unless_told_otherwise() {
    let rows = |arguments: &[&str]| {
        let all = [
            "samples/service-restart.pcap",
            "--outcome",
            "established,failed",
        ];
        let text = markdown(&[&all, arguments].concat());
        let attempts = text.split("## Attempts").nth(1).unwrap();
        let table = attempts.split("## ").next().unwrap();
        table.lines().filter(|line| line.starts_with("| ")).count() - 2
    };
    assert_eq!(rows(&[]), 20);
    assert_eq!(rows(&["--max-attempts", "0"]), 60);
}

fn it_says_what_it_was_made_from() {
    let text = markdown(&[
        "samples/closed-port.pcap",
        "--patience",
        "2.5",
        "--server",
        "10.0.0.0/8:23",
        "--server",
        ":80",
        "--max-flows",
        "5000",
    ]);
    for wanted in [
        "`tcpwhy read -F markdown samples/closed-port.pcap --patience 2.5 --server 10.0.0.0/8:23 --server :80 --max-flows 5000`",
        "- patience: `2.5 s`",
        "- undecided attempts followed at once: `5,000`",
        "- only servers: `10.0.0.0/8:23 :80`",
        "- times are the capture's own clock, in UTC",
        "## What this capture cannot show",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let bytes = std::fs::read(crate::support::in_package("samples/closed-port.pcap")).unwrap();
    assert!(text.contains(&crate::support::sha256sum(&bytes)), "{text}");
}

fn the_same_input_and_arguments_give_the_same_bytes() {
    for format in ["markdown", "json", "ndjson", "csv"] {
        let arguments = [
            "read",
            "-F",
            format,
            "--sha256",
            "samples/router-any-sll2.pcap",
            "samples/closed-port.pcap",
        ];
        let (first, second) = (run(&arguments), run(&arguments));
        assert_eq!(first.status, 0, "{}", first.stderr);
        assert!(first.stdout == second.stdout, "{format}");
    }
}
