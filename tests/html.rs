//! The page of HTML in a browser: it loads nothing, its tables sort and filter, and what came from
//! a capture stays text.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use etherparse::IpNumber;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::command::run;
use crate::support::frames::{IpPlan, SegmentPlan};
use crate::support::harness::{Test, tests};
use crate::support::in_package;
use crate::support::pcap::{CapturedPacket, pcap_file, pcapng_block, section_header};

pub(crate) const TESTS: &[Test] = tests![
    samples_open_sort_filter_and_unfold_without_a_complaint needs "chromium",
    a_phone_shows_it_without_scrolling_aside needs "chromium",
    without_scripts_all_is_there needs "chromium",
    paper_shows_what_a_reader_would_unfold_and_keeps_tables_readable needs "chromium" "pdftotext",
    the_marks_of_a_down_window_stand_in_its_box,
    the_watch_sees_what_a_page_must_not_do needs "chromium",
    the_same_input_gives_the_same_bytes,
    a_hundred_thousand_attempts_stay_quick needs "chromium",
    hostile_text_stays_text needs "chromium",
];

const SYN: u16 = 0x02;
const RST_ACK: u16 = 0x14;

/// The page about a capture, in a folder that goes away with it.
struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

#[track_caller]
fn page_of(capture: &Path, with: &[&str]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let names = ["read", "-q", "-F", "html", "--utc", "-o"];
    let places = [path.to_str().unwrap(), capture.to_str().unwrap()];
    let ran = run(&[&names[..], &places, with].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    Made {
        _folder: folder,
        path,
    }
}

fn sample(name: &str) -> PathBuf {
    in_package("samples").join(name)
}

/// The texts of a column of the attempts that are shown.
fn column(browser: &mut Browser, index: usize) -> Vec<String> {
    let texts = browser.value(&format!(
        "[...document.querySelectorAll('#attempts tbody tr')].map(row => row.cells[{index}].textContent)"
    ));
    let texts = texts.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// Types into the filter of the attempts, and waits for what it does.
fn filter(browser: &mut Browser, words: &str) -> String {
    let status = browser.value(&format!(
        "(async () => {{
            const input = document.querySelector('#attempts input');
            input.value = {words:?};
            input.dispatchEvent(new Event('input'));
            await new Promise(done => setTimeout(done, 1000));
            return document.querySelector('#attempts [role=status]').textContent;
        }})()"
    ));
    status.as_str().unwrap().to_owned()
}

/// Clicks on the head of a column of the attempts; gives how it is sorted then.
fn sort(browser: &mut Browser, index: usize) -> Value {
    browser.value(&format!(
        "(() => {{
            const head = document.querySelectorAll('#attempts th')[{index}];
            head.querySelector('button').click();
            return head.getAttribute('aria-sort');
        }})()"
    ))
}

/// Unfolds the first ladder, which must be hidden before and seen then; gives what it says.
#[track_caller]
fn unfold(browser: &mut Browser) -> String {
    let seen = browser.value(
        "(async () => {
            const fold = document.querySelector('#attempts tbody details');
            const isSeen = () => fold.querySelector('.ladder')?.checkVisibility() ?? false;
            const before = isSeen();
            fold.querySelector('summary').click();
            await new Promise(done => setTimeout(done, 200));
            return [before, isSeen(), fold.querySelector('.ladder').textContent];
        })()",
    );
    assert_eq!(
        (&seen[0], &seen[1]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    seen[2].as_str().unwrap().to_owned()
}

fn samples_open_sort_filter_and_unfold_without_a_complaint() {
    let mut browser = Browser::start();
    let stories = [
        ("service-restart.pcap", "refused", "RST,ACK", 20),
        ("dropped-by-server.pcap", "dropped", "silence for", 1),
        ("icmp-rate-limit.pcap", "rejected", "ICMP", 1),
    ];
    for (name, outcome, in_ladder, count) in stories {
        let page = page_of(&sample(name), &[]);
        browser.open(&page.path);
        let ids = column(&mut browser, 0);
        assert_eq!(sort(&mut browser, 0), "ascending", "{name}");
        assert_eq!(sort(&mut browser, 0), "descending", "{name}");
        let mut reversed = ids.clone();
        reversed.reverse();
        assert_eq!(column(&mut browser, 0), reversed, "{name}");
        let status = filter(&mut browser, outcome);
        let outcomes = column(&mut browser, 4);
        assert!(
            status.starts_with(&format!("{} of {}", outcomes.len(), ids.len())),
            "{status}"
        );
        assert!(outcomes.len() >= count, "{name}: {outcomes:?}");
        assert!(
            outcomes.iter().all(|shown| shown == outcome),
            "{name}: {outcomes:?}"
        );
        let words = unfold(&mut browser);
        assert!(
            words.contains("SYN") && words.contains(in_ladder),
            "{name}: {words}"
        );
        assert_eq!(browser.complaints(), [""; 0], "{name}");
    }
}

fn a_phone_shows_it_without_scrolling_aside() {
    let mut browser = Browser::start();
    browser.be_a_phone(390, 844);
    for name in [
        "service-restart.pcap",
        "needle.pcap",
        "no-route-ipv6.pcap",
        "port-scan.pcap",
    ] {
        let page = page_of(&sample(name), &[]);
        browser.open(&page.path);
        browser.value("document.querySelectorAll('details').forEach(fold => fold.open = true)");
        assert_eq!(
            browser.value("document.documentElement.scrollWidth"),
            390,
            "{name}"
        );
        let beyond = browser.value(
            "[...document.querySelectorAll('main *')]
                .filter(part => part.getBoundingClientRect().right > innerWidth + 1 && part.checkVisibility())
                .map(part => part.outerHTML.slice(0, 200))",
        );
        assert_eq!(beyond, serde_json::json!([]), "{name}");
    }
}

fn without_scripts_all_is_there() {
    let mut browser = Browser::start();
    browser.run_scripts(false);
    let page = page_of(&sample("service-restart.pcap"), &[]);
    browser.open(&page.path);
    assert_eq!(column(&mut browser, 0).len(), 60);
    let is_offered =
        "[...document.querySelectorAll('form, button')].some(part => part.checkVisibility())";
    assert_eq!(
        browser.value(is_offered),
        false,
        "nothing that would not work"
    );
    browser.value("document.querySelector('#attempts details').open = true");
    let shown = "document.querySelector('#attempts details .ladder').checkVisibility()";
    assert_eq!(browser.value(shown), true);
}

/// How many attempts stand on a sheet, and whether it has a head for them.
fn rows_on(sheet: &str) -> (usize, bool) {
    let is_row = |line: &&str| {
        let mut words = line.split_whitespace();
        let is_number = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
        let is_time = words
            .next()
            .is_some_and(|word| word.len() == "06:49:25.835720".len() && word.contains(':'));
        is_number && is_time
    };
    let is_head = |line: &str| {
        ["#", "Began", "Client", "Server"]
            .iter()
            .all(|name| line.contains(name))
    };
    (
        sheet.lines().filter(is_row).count(),
        sheet.lines().any(is_head),
    )
}

fn paper_shows_what_a_reader_would_unfold_and_keeps_tables_readable() {
    let mut browser = Browser::start();
    for has_scripts in [true, false] {
        browser.run_scripts(has_scripts);
        for (name, count) in [("service-restart.pcap", 60), ("icmp-rate-limit.pcap", 20)] {
            let page = page_of(&sample(name), &[]);
            browser.open(&page.path);
            let sheets = browser.on_paper();
            let rows: Vec<(usize, bool)> = sheets.iter().map(|sheet| rows_on(sheet)).collect();
            let total: usize = rows.iter().map(|(rows, _)| rows).sum();
            assert_eq!(total, count, "{name}: {rows:?}");
            for (rows, has_head) in rows
                .iter()
                .filter(|(rows, has_head)| *rows > 0 || *has_head)
            {
                assert!(*has_head, "{name}: a head on each sheet: {rows}");
                assert!(*rows > 1, "{name}: a lone row, or a lone head: {rows}");
            }
            let text = sheets.concat();
            for unfolded in [
                "With tcpdump, when it happens again",
                "seq 0 (",
                "In Wireshark: ",
                "commonest first",
            ] {
                assert!(
                    text.contains(unfolded),
                    "{name}: {unfolded} is not on paper"
                );
            }
            let drawn = text.matches("seq 0 (").count();
            assert!(drawn < 20, "{name}: not all that are alike: {drawn}");
        }
    }
}

/// The value of an attribute in percent.
fn percent_of(tag: &str, name: &str) -> f64 {
    let value = tag
        .split(&format!(" {name}=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("{tag}"));
    value.split('%').next().unwrap().parse().unwrap()
}

fn the_marks_of_a_down_window_stand_in_its_box() {
    let page = page_of(&sample("service-restart.pcap"), &[]);
    let text = std::fs::read_to_string(&page.path).unwrap();
    let down = text.split("<rect class=\"down\"").nth(1).unwrap();
    let (from, long) = (percent_of(down, "x"), percent_of(down, "width"));
    let lane = down.split("</svg>").next().unwrap();
    let marks: Vec<f64> = lane
        .split("<use href=\"#m-")
        .skip(1)
        .filter(|mark| mark.starts_with("refused"))
        .map(|mark| percent_of(mark, "x"))
        .collect();
    assert!(marks.len() > 5, "{marks:?}");
    let is_outside = |mark: &&f64| **mark <= from || **mark >= from + long;
    let outside: Vec<&f64> = marks.iter().filter(is_outside).collect();
    assert!(outside.is_empty(), "{from} + {long}: {outside:?}");
}

fn the_watch_sees_what_a_page_must_not_do() {
    let mut browser = Browser::start();
    let page = page_of(&sample("closed-port.pcap"), &[]);
    let text = std::fs::read_to_string(&page.path).unwrap();
    for (what, with) in [
        (
            "an image",
            "<img src=\"https://example.invalid/x.png\"></main>",
        ),
        ("a script", "<script>window.ran = 1</script></main>"),
        ("a style", "<p style=\"color: red\">x</p></main>"),
    ] {
        std::fs::write(&page.path, text.replacen("</main>", with, 1)).unwrap();
        browser.open(&page.path);
        assert_ne!(browser.complaints(), [""; 0], "{what}");
        assert_eq!(browser.value("window.ran ?? null"), Value::Null, "{what}");
    }
}

fn the_same_input_gives_the_same_bytes() {
    let pages = [0, 1].map(|_| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["read", "-q", "-F", "html", "samples/needle.pcap"];
        let ran = run(&arguments);
        drop(folder);
        ran.stdout
    });
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].starts_with("<!DOCTYPE html>"));
}

/// The `index`th of many connects: refused, 100 us after it began; one in a thousand ends so only
/// after 2 ms.
fn refused(index: u32) -> [CapturedPacket; 2] {
    let began = 1_000_000_000_000 + u64::from(index) * 1_000_000;
    let third = u8::try_from(index / 40_000 % 250).unwrap();
    let client: SocketAddr = (
        [10, 9, third, 7],
        u16::try_from(10_000 + index % 40_000).unwrap(),
    )
        .into();
    let server: SocketAddr = ([10, 0, 1, u8::try_from(index % 20).unwrap()], 5432).into();
    let syn = SegmentPlan {
        sequence: index,
        ..SegmentPlan::new(client, server, SYN)
    };
    let reset = SegmentPlan {
        acknowledgment: index.wrapping_add(1),
        ..SegmentPlan::new(server, client, RST_ACK)
    };
    let delay = if index % 1000 == 999 {
        2_000_000
    } else {
        100_000
    };
    [(began, syn), (began + delay, reset)].map(|(nanoseconds, plan)| {
        let bytes = plan.frame();
        CapturedPacket {
            nanoseconds,
            wire_length: bytes.len(),
            bytes,
        }
    })
}

fn many_refused(count: u32) -> Vec<CapturedPacket> {
    let mut packets: Vec<CapturedPacket> = (0..count).flat_map(refused).collect();
    packets.sort_by_key(|packet| packet.nanoseconds);
    packets
}

fn a_hundred_thousand_attempts_stay_quick() {
    let mut browser = Browser::start();
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("many.pcap");
    std::fs::write(&capture, pcap_file(1, &many_refused(100_000))).unwrap();
    let page = page_of(&capture, &["--max-attempts", "0"]);
    browser.open(&page.path);
    let milliseconds = |browser: &mut Browser, work: &str| {
        let expression = format!(
            "(() => {{ const from = performance.now(); {work}; return performance.now() - from; }})()"
        );
        browser.value(&expression).as_f64().unwrap()
    };
    let opened = browser.value("performance.getEntriesByType('navigation')[0].loadEventEnd");
    let opened = opened.as_f64().unwrap();
    let click = "document.querySelectorAll('#attempts th button')[5].click()";
    let sorted = milliseconds(&mut browser, click);
    let turned = milliseconds(&mut browser, click);
    assert!(opened < 20_000.0, "opened after {opened} ms");
    assert!(
        sorted < 5_000.0 && turned < 5_000.0,
        "sorted within {sorted} and {turned} ms"
    );
    assert!(
        column(&mut browser, 5)
            .iter()
            .take(100)
            .all(|time| time == "2.0 ms")
    );
    assert_eq!(
        filter(&mut browser, "10.9.2.7 10.0.1.3:"),
        "1,000 of 100,000 rows"
    );
    assert_eq!(column(&mut browser, 2).len(), 200, "a part of them at once");
    let status = filter(&mut browser, "10.9.0.7:12003 refused");
    assert_eq!(status, "1 of 100,000 rows");
    let words = unfold(&mut browser);
    assert!(words.contains("RST,ACK"), "{words}");
    let story = browser.value("document.querySelector('#attempts .story').textContent");
    let again =
        "With tcpdump, when it happens again: '(host 10.9.0.7 and host 10.0.1.3 and tcp port 5432)";
    assert!(story.as_str().unwrap().contains(again), "{story}");
    browser.value("location.hash = 'attempt-99999'");
    let found = browser.value(
        "new Promise(done => setTimeout(() => done(document.getElementById('attempt-99999')?.cells[0].textContent), 1500))",
    );
    assert_eq!(found, "99999", "a link leads to its row, wherever that is");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Options of a pcapng block: code and value each.
fn options(options: &[(u16, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, value) in options {
        bytes.extend(code.to_le_bytes());
        bytes.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(value.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes.extend([0; 4]);
    bytes
}

fn packet_with_comment(packet: &CapturedPacket, comment: &str) -> Vec<u8> {
    let microseconds = packet.nanoseconds / 1000;
    let length = u32::try_from(packet.bytes.len()).unwrap();
    let high = u32::try_from(microseconds >> 32).unwrap();
    let low = u32::try_from(microseconds & 0xffff_ffff).unwrap();
    let fields = [0, high, low, length, length];
    let mut body: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
    body.extend(&packet.bytes);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options(&[(1, comment)]));
    pcapng_block(false, 6, &body)
}

/// A frame with a DNS answer that gives this name, of one label, to an address.
fn dns_answer(name: &str, address: [u8; 4]) -> Vec<u8> {
    let label = [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), &[0]].concat();
    let head = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    let of_address = [0, 1, 0, 1];
    let answer = [&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4][..], &address].concat();
    let message = [&head[..], &label, &of_address, &answer].concat();
    let length = u16::try_from(message.len() + 8).unwrap().to_be_bytes();
    let datagram = [&[0, 53, 0x9c, 0x40][..], &length, &[0, 0], &message].concat();
    let ip = IpPlan {
        source: [10, 0, 0, 53].into(),
        destination: [10, 9, 0, 7].into(),
        protocol: IpNumber::UDP,
        ttl: 64,
        identification: 1,
        traffic_class: 0,
        flow_label: 0,
    };
    let ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    [&ethernet[..], &ip.around(&datagram)].concat()
}

fn hostile_text_stays_text() {
    const NAME: &str = "<script>ran='dns'</script>";
    const COMMENT: &str = "</script><!--<script>ran='comment'</script>\u{202e}";
    const INTERFACE: &str = "\"><img src=x onerror=ran='interface'>";
    let mut browser = Browser::start();
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("<svg onload=ran='file'>.pcapng");
    let bytes = dns_answer(NAME, [10, 0, 1, 3]);
    let dns = CapturedPacket {
        nanoseconds: 999_999_000_000,
        wire_length: bytes.len(),
        bytes,
    };
    let interface = [
        &[1, 0, 0, 0, 0, 0, 4, 0][..],
        &options(&[(2, INTERFACE), (3, NAME)]),
    ]
    .concat();
    let mut blocks = vec![section_header(false), pcapng_block(false, 1, &interface)];
    let packets = std::iter::once(dns).chain(many_refused(1_500));
    blocks.extend(packets.map(|packet| packet_with_comment(&packet, COMMENT)));
    std::fs::write(&capture, blocks.concat()).unwrap();
    let page = page_of(&capture, &["--max-attempts", "0"]);
    browser.open(&page.path);
    let text = browser.value("document.body.innerText");
    let text = text.as_str().unwrap();
    for shown in [NAME, INTERFACE, "<svg onload=ran='file'>"] {
        assert!(text.contains(shown), "{shown} is not shown as it is");
    }
    // In a row of the page, and in one that the script made.
    for (id, place) in [("attempt-8", "the page"), ("attempt-2968", "the data")] {
        browser.value(&format!("location.hash = '{id}'"));
        let row = browser.value(&format!(
            "new Promise(done => setTimeout(() => done(document.getElementById('{id}')?.innerText), 800))"
        ));
        let row = row.as_str().unwrap_or_default().to_owned();
        assert!(row.contains(NAME), "{place}: {row}");
        assert!(
            row.contains("</script><!--<script>ran='comment'</script>\\u{202e}"),
            "{place}: {row}"
        );
    }
    assert_eq!(browser.value("window.ran ?? null"), Value::Null);
    let strangers =
        "document.querySelectorAll('img, iframe, object, main script:not([type])').length";
    assert_eq!(browser.value(strangers), 0);
    assert_eq!(browser.complaints(), [""; 0]);
}
