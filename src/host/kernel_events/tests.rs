//! Against pages and layouts that Linux 6.18 gave on x86-64: a SYN to a closed port over IPv4 and
//! one over IPv6, and one that a rule of nftables drops, all on loopback.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::decode::Endpoint;

const HEADER_PAGE: &str = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\
    \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\
    \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\
    \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

const PAGE: &[u8] = include_bytes!("recorded/page.bin");

const RECORDED: [(Asked, &str); 5] = [
    (Asked::Dropped, include_str!("recorded/kfree_skb.format")),
    (
        Asked::Received,
        include_str!("recorded/netif_receive_skb.format"),
    ),
    (Asked::Reset, include_str!("recorded/tcp_send_reset.format")),
    (
        Asked::BadChecksum,
        include_str!("recorded/tcp_bad_csum.format"),
    ),
    (
        Asked::NoRoute,
        include_str!("recorded/fib_table_lookup.format"),
    ),
];

fn formats() -> Formats {
    let mut formats = Formats::default();
    for (asked, text) in RECORDED {
        formats.add(asked, EventFormat::parse(text).unwrap());
    }
    formats
}

fn layout() -> PageLayout {
    PageLayout::parse(HEADER_PAGE).unwrap()
}

/// What a page tells, with the nanoseconds of each within its second, and what was lost before it.
fn told(page: &[u8]) -> (Vec<(u64, KernelAct)>, u64) {
    let mut told = Vec::new();
    let at = |time: u64| Timestamp::from_nanoseconds(time.cast_signed());
    let mut received = Received::default();
    let each = |time, what| told.push((time % 1_000_000_000, what));
    let lost = take_page(&mut received, page, layout(), &formats(), each, at);
    (told, lost)
}

fn end(address: &str, port: u16) -> Endpoint {
    Endpoint {
        address: address.parse().unwrap(),
        port,
    }
}

#[test]
#[cfg(all(target_endian = "little", target_pointer_width = "64"))]
fn a_recorded_page_tells_resets_with_their_ends_and_drops_with_their_receptions() {
    let (told, lost) = told(PAGE);
    assert_eq!(lost, 0);
    let resets: Vec<&KernelAct> = told
        .iter()
        .map(|(_, what)| what)
        .filter(|what| matches!(what, KernelAct::Reset { .. }))
        .collect();
    let reset = |source, destination| KernelAct::Reset {
        source,
        destination,
        reason: "NO_SOCKET".into(),
    };
    assert_eq!(
        resets,
        [
            &reset(end("127.0.0.1", 9), end("127.0.0.1", 51_642)),
            &reset(end("::1", 9), end("::1", 50_660)),
        ]
    );
    // The kernel's text is rounded.
    let micro = |time: u64| (time + 500) / 1000;
    let dropped: Vec<(u64, &str, u32, u64, u64)> = told
        .iter()
        .filter_map(|(time, what)| match what {
            KernelAct::Dropped { reason, received } => {
                let received = received.as_ref().unwrap();
                assert_eq!(&*received.interface, "lo");
                let part = |at: Timestamp| at.nanoseconds().cast_unsigned() % 1_000_000_000;
                Some((
                    micro(*time),
                    &**reason,
                    received.length,
                    micro(part(received.at)),
                    micro(part(received.until)),
                ))
            }
            _ => None,
        })
        .collect();
    // As the kernel's own text has them.
    assert_eq!(
        dropped,
        [
            (177_865, "NO_SOCKET", 60, 177_845, 177_865),
            (182_185, "NO_SOCKET", 80, 182_173, 182_185),
            (182_257, "NETFILTER_DROP", 60, 182_255, 182_257),
        ]
    );
}

#[test]
#[cfg(target_endian = "little")]
fn lost_records_are_counted_and_what_came_in_before_is_forgotten() {
    let mut page = PAGE.to_vec();
    page[11] |= 0x80;
    assert_eq!(told(&page).1, 1, "how many is not said");
    page[11] |= 0x40;
    page.extend(7u64.to_ne_bytes());
    let (events, lost) = told(&page);
    assert_eq!(lost, 7);
    assert_eq!(events.len(), 10);
    let (mut received, at) = (Received::default(), |_| Timestamp::EARLIEST);
    let reception = Reception {
        at: Timestamp::EARLIEST,
        until: Timestamp::LATEST,
        processor: 0,
        interface: "lo".into(),
        length: 60,
    };
    received.latest.push_back((0, 1, reception));
    take_page(&mut received, &page, layout(), &formats(), |_, _| (), at);
    assert!(received.latest.iter().all(|(_, buffer, _)| *buffer != 1));
}

#[test]
fn a_drop_long_after_a_reception_is_of_another_packet() {
    let mut received = Received::default();
    let at = |time: u64| Timestamp::from_nanoseconds(time.cast_signed());
    let mut take_one = |record, time| take(&mut received, record, time, at);
    let came = |buffer| Record::Received {
        buffer,
        length: 60,
        interface: b"eth0",
    };
    let dropped = |is_at_reception| Record::Dropped {
        buffer: 7,
        reason: "NETFILTER_DROP".into(),
        is_at_reception,
    };
    let is_known = |act| match act {
        KernelAct::Dropped { received, .. } => received.is_some(),
        other => panic!("{other:?}"),
    };
    take_one(came(7), 1000);
    assert!(is_known(take_one(dropped(true), 9000)));
    assert!(!is_known(take_one(dropped(true), 9500)), "it was told");
    take_one(came(7), 10_000);
    assert!(!is_known(take_one(dropped(false), 11_000)), "for a process");
    take_one(came(7), 20_000);
    assert!(!is_known(take_one(
        dropped(true),
        20_000 + RECEPTION_HOLDS + 1
    )));
    take_one(came(7), 300_000);
    for buffer in 100..100 + RECEPTIONS as u64 {
        take_one(came(buffer), 300_100);
    }
    assert!(!is_known(take_one(dropped(true), 300_200)), "forgotten");
}

#[test]
fn filters_name_reasons_by_this_kernels_numbers_and_interfaces_that_are_plain() {
    let format = |asked: Asked| {
        let text = RECORDED.iter().find(|(one, _)| *one == asked).unwrap().1;
        EventFormat::parse(text).unwrap()
    };
    let filter = |asked: Asked, interfaces: &[&str]| {
        let interfaces: Vec<String> = interfaces.iter().map(|name| (*name).to_owned()).collect();
        asked.filter(&format(asked), &interfaces, true).unwrap()
    };
    let drops = filter(Asked::Dropped, &[]);
    let start = "(protocol == 2048 || protocol == 34525) && (reason == 5 || ";
    assert!(drops.starts_with(start), "{drops}");
    assert!(
        drops.contains(" reason == 12 ") && !drops.contains(" 13 "),
        "{drops}"
    );
    assert!(
        drops.contains("|| (reason >= 14 && reason <= 16) ||"),
        "{drops}"
    );
    let without_resets = Asked::Dropped.filter(&format(Asked::Dropped), &[], false);
    assert_eq!(
        without_resets.unwrap(),
        drops.replace("(reason == 5", "(reason == 3 || reason == 5")
    );
    assert!(drops.len() < 4096, "the kernel takes no more");
    let lengths = "len >= 40 && len <= 160";
    let named = format!("{lengths} && (name == \"eth0\" || name == \"br-1.7\")");
    assert_eq!(filter(Asked::Received, &["eth0", "br-1.7"]), named);
    for interfaces in [&["any"][..], &["eth0", "a\" || 1"], &[]] {
        assert_eq!(
            filter(Asked::Received, interfaces),
            lengths,
            "{interfaces:?}"
        );
    }
}

/// A folder like the kernel's, with these events.
fn fake(events: &[(&str, &str)]) -> (tempfile::TempDir, Instance) {
    let folder = tempfile::tempdir().unwrap();
    for (event, format) in events {
        let place = folder.path().join("events").join(event);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("format"), format).unwrap();
        for file in ["filter", "enable"] {
            fs::write(place.join(file), "").unwrap();
        }
    }
    let instance = Instance::in_folder(folder.path().to_owned());
    (folder, instance)
}

#[test]
fn an_older_kernel_tells_less_and_that_is_said() {
    let resets = RECORDED[2]
        .1
        .replace("enum sk_rst_reason reason", "int sport");
    let (folder, instance) = fake(&[
        ("skb/kfree_skb", RECORDED[0].1),
        ("tcp/tcp_send_reset", &resets),
    ]);
    let (formats, gaps) = turn_on(&instance, &["eth0".to_owned()]);
    assert!(formats.has(Asked::Dropped) && !formats.has(Asked::Reset));
    let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    assert_eq!(
        gaps[0],
        "event tcp/tcp_send_reset of this kernel has no field reason (Linux 6.10 has it): it does not tell why TCP refuses"
    );
    assert_eq!(
        gaps[2],
        "this kernel has no event tcp/tcp_bad_csum (Linux 6.8 has it): it does not tell whose checksums are wrong"
    );
    let enabled = |event: &str| {
        fs::read_to_string(folder.path().join("events").join(event).join("enable")).unwrap()
    };
    assert_eq!(enabled("skb/kfree_skb"), "1");
    let filter = fs::read_to_string(folder.path().join("events/skb/kfree_skb/filter")).unwrap();
    assert!(
        filter.contains("reason == 3 "),
        "nothing else tells who is refused: {filter}"
    );
    assert_eq!(
        enabled("tcp/tcp_send_reset"),
        "",
        "nothing is turned on that says nothing"
    );
}

#[test]
fn a_folder_that_is_no_tracefs_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let said = |place: PathBuf| KernelEvents::open(&place, &[]).unwrap_err().to_string();
    let nowhere = folder.path().join("nowhere");
    assert_eq!(
        said(nowhere.clone()),
        format!(
            "tracefs is not mounted at {}: mount -t tracefs nodev /sys/kernel/tracing",
            nowhere.display()
        )
    );
    assert!(said(folder.path().to_owned()).starts_with("tracefs is not mounted at "));
    fs::create_dir(folder.path().join("instances")).unwrap();
    let damaged = said(folder.path().to_owned());
    assert!(
        damaged.ends_with("/events/header_page: not the layout of a page"),
        "{damaged}"
    );
    let left = fs::read_dir(folder.path().join("instances"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "what was made is removed");
    fs::create_dir(folder.path().join("events")).unwrap();
    fs::write(folder.path().join("events/header_page"), HEADER_PAGE).unwrap();
    let damaged = said(folder.path().to_owned());
    assert!(damaged.contains("/trace_clock: No such file"), "{damaged}");
}

#[test]
fn a_layout_that_no_kernel_has_is_none() {
    for (from, to) in [
        ("size:4080", "size:99999999999"),
        ("size:4080", "size:18446744073709551615"),
        ("offset:16", "offset:12"),
        ("commit;\toffset:8;\tsize:8", "commit;\toffset:8;\tsize:3"),
        ("field: u64 timestamp", "field: u64 time"),
    ] {
        assert_eq!(
            PageLayout::parse(&HEADER_PAGE.replace(from, to)),
            None,
            "{to}"
        );
    }
    assert_eq!(layout().size, 4096);
}

proptest! {
    /// Whatever stands in a page: no panic, and no more events than it has room for.
    #[test]
    fn random_pages_are_read_without_harm(
        head in proptest::collection::vec(any::<u8>(), 0..32),
        data in proptest::collection::vec(any::<u8>(), 0..4096),
    ) {
        let page: Vec<u8> = head.into_iter().chain(data).collect();
        let (events, _) = told(&page);
        prop_assert!(events.len() <= page.len() / 4);
    }

    /// A real page with some bytes changed.
    #[test]
    fn damaged_pages_are_read_without_harm(
        changes in proptest::collection::vec((0..PAGE.len(), any::<u8>()), 1..8),
        length in 0..=PAGE.len(),
    ) {
        let mut page = PAGE.to_vec();
        for (place, byte) in changes {
            page[place] = byte;
        }
        page.truncate(length);
        let (events, _) = told(&page);
        prop_assert!(events.len() <= page.len() / 4);
    }

    /// Whatever a `format` file says: no panic.
    #[test]
    fn random_formats_are_read_without_harm(text in "\\PC{0,200}", offset: usize, size: usize) {
        let format = format!("ID: 7\n{text}\n\tfield:u8 skbaddr;\toffset:{offset};\tsize:{size};\n");
        let mut formats = Formats::default();
        if let Some(format) = EventFormat::parse(&format) {
            formats.add(Asked::Dropped, format);
        }
        let mut payload = vec![0; 64];
        payload[..2].copy_from_slice(&7u16.to_ne_bytes());
        prop_assert_eq!(formats.read(&payload), None);
    }
}
