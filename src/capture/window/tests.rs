//! Packets that are given together are those that are given one by one.

use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::capture::{CaptureSet, LinkType, PacketPlace, SourceFacts};

/// All that is told of one packet.
type Told = (PacketPlace, Option<LinkType>, Vec<u8>, u32, u32);

/// What is told when all was read.
type End = (Vec<SourceFacts>, Vec<String>, Vec<String>);

fn one_by_one(mut captures: CaptureSet) -> (Vec<Told>, End) {
    let mut told = Vec::new();
    while let Some((packet, interface)) = captures.next_with_interface() {
        let bytes = packet.bytes.to_vec();
        told.push((
            packet.place,
            packet.link_type,
            bytes,
            packet.wire_length,
            interface,
        ));
    }
    (told, end(captures))
}

fn together(mut captures: CaptureSet, most: usize) -> (Vec<Told>, End) {
    let mut told = Vec::new();
    loop {
        let before = told.len();
        let given = captures.give_next(most, |packet, interface| {
            let bytes = packet.bytes.to_vec();
            told.push((
                packet.place,
                packet.link_type,
                bytes,
                packet.wire_length,
                interface,
            ));
        });
        assert_eq!(told.len() - before, usize::try_from(given).unwrap());
        assert!(told.len() - before <= most);
        if given == 0 {
            return (told, end(captures));
        }
    }
}

fn end(mut captures: CaptureSet) -> End {
    let names = captures.take_resolved_names();
    let names = names
        .iter()
        .map(|name| format!("{} {}", name.address, name.name));
    let names = names.collect();
    let comments = captures.take_packet_comments();
    let comments = comments
        .iter()
        .map(|comment| format!("{comment:?}"))
        .collect();
    (captures.facts(), names, comments)
}

/// Gives pieces of many lengths, as a pipe does.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    longest: usize,
}

impl Read for Pieces {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = room.len().min(self.longest);
        self.bytes.read(&mut room[..length])
    }
}

fn capture_of(bytes: &[u8], longest: usize) -> Option<CaptureSet> {
    let pieces = Pieces {
        bytes: Cursor::new(bytes.to_vec()),
        longest,
    };
    CaptureSet::of_stream(Path::new("stream"), Box::new(pieces)).ok()
}

fn assert_same(bytes: &[u8], longest: usize, most: usize) {
    let expected = capture_of(bytes, longest).map(one_by_one);
    let found = capture_of(bytes, longest).map(|captures| together(captures, most));
    assert_eq!(found, expected);
}

/// The captures in a folder of the package.
fn captures_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "pcap" || end == "pcapng")
        })
        .collect();
    paths.sort();
    paths
}

fn all_captures() -> Vec<PathBuf> {
    let paths = [captures_in("samples"), captures_in("fuzz/regressions/read")].concat();
    assert!(paths.len() > 30);
    paths
}

/// A file of little packets on two interfaces that count time differently: as a pcap, or as a
/// pcapng with everything around its packets that there is.
fn small_file(is_pcapng: bool, is_big_endian: bool) -> Vec<u8> {
    let long = |value: u32| {
        if is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let short = |value: u16| {
        if is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut file = Vec::new();
    if !is_pcapng {
        let version = [short(2), short(4)].concat();
        file.extend(
            [
                &long(0xa1b2_c3d4)[..],
                &version,
                &[0; 8],
                &long(65_535),
                &long(1),
            ]
            .concat(),
        );
        for number in [7_u32, 3, 9] {
            let fields = [1_700_000_000, number, number, 60].map(long).concat();
            file.extend([fields, vec![1; number as usize]].concat());
        }
        return file;
    }
    let block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = long(u32::try_from(body.len() + 12).unwrap());
        [&long(kind)[..], &length, &body, &length].concat()
    };
    let section = [&long(0x1a2b_3c4d)[..], &short(1), &short(0), &[0xff; 8]].concat();
    let interface = |resolution: u8| {
        let option = [&short(9)[..], &short(1), &[resolution, 0, 0, 0], &[0; 4]].concat();
        [&short(1)[..], &[0; 6], &option].concat()
    };
    let packet = |interface: u32, length: u32, options: &[u8]| {
        let fields = [interface, 400_000, 77 + length, length, 60]
            .map(long)
            .concat();
        let mut bytes = vec![2; length as usize];
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        [&fields[..], &bytes, options].concat()
    };
    let comment = [&short(1)[..], &short(3), b"why\0", &[0; 4]].concat();
    file.extend(block(0x0a0d_0d0a, &section));
    file.extend(block(1, &interface(6)));
    file.extend(block(6, &packet(0, 5, &[])));
    file.extend(block(1, &interface(9)));
    file.extend(block(6, &packet(1, 8, &[])));
    file.extend(block(6, &packet(0, 4, &comment)));
    file.extend(block(3, &[&long(60)[..], &[3; 60]].concat()));
    file.extend(block(6, &packet(9, 6, &[])));
    file.extend(block(0x0bad, &[1, 2, 3]));
    // Claims more than its block has room for.
    let mut lying = packet(0, 4, &[]);
    lying.splice(12..16, long(400));
    file.extend(block(6, &lying));
    file.extend(block(0x0a0d_0d0a, &section));
    file.extend(block(6, &packet(0, 0, &[])));
    file.extend(block(1, &interface(0x94)));
    file.extend(block(6, &packet(0, 0, &[])));
    file.extend(block(6, &packet(0, 3, &[])));
    file.extend(block(6, &packet(0, 60, &[])));
    file
}

#[test]
fn samples_give_the_same_packets_together() {
    for path in all_captures() {
        let open = || CaptureSet::open(std::slice::from_ref(&path)).captures;
        let expected = one_by_one(open());
        for most in [1, 2, 7, 1024] {
            assert_eq!(
                together(open(), most),
                expected,
                "{} by {most}",
                path.display()
            );
        }
    }
}

#[test]
fn usual_records_come_a_whole_window_at_once() {
    for is_big_endian in [false, true] {
        let mut captures = capture_of(&small_file(false, is_big_endian), usize::MAX).unwrap();
        assert_eq!(captures.give_next(100, |_, _| {}), 3);
        // Those of a pcapng as far as no other block stands between them.
        let mut captures = capture_of(&small_file(true, is_big_endian), usize::MAX).unwrap();
        let windows: Vec<u64> = std::iter::from_fn(|| match captures.give_next(100, |_, _| {}) {
            0 => None,
            given => Some(given),
        })
        .collect();
        assert_eq!(windows, [1, 1, 1, 1, 1, 1, 3]);
    }
    let mut usual = 0;
    for path in captures_in("samples") {
        let mut captures = CaptureSet::open(&[path]).captures;
        let all = captures.give_next(usize::MAX, |_, _| {});
        usual += u32::from(all > 1 && captures.give_next(usize::MAX, |_, _| {}) == 0);
    }
    assert!(usual > 30, "{usual}");
}

#[test]
fn a_set_gives_its_packets_in_the_same_order_together() {
    let paths = all_captures();
    for paths in [&paths[..], &paths[..2], &paths[10..13]] {
        let open = || CaptureSet::open(paths).captures;
        let expected = one_by_one(open());
        assert_eq!(expected.1.0.len(), paths.len());
        for most in [1, 50, 1024] {
            assert_eq!(together(open(), most), expected);
        }
    }
}

#[test]
fn a_file_may_be_cut_anywhere() {
    for (is_pcapng, is_big_endian) in [(false, false), (false, true), (true, false), (true, true)] {
        let file = small_file(is_pcapng, is_big_endian);
        let whole = capture_of(&file, usize::MAX).map(one_by_one).unwrap();
        assert_eq!(whole.0.len(), if is_pcapng { 9 } else { 3 });
        for cut in 0..=file.len() {
            for longest in [1, 13, usize::MAX] {
                assert_same(&file[..cut], longest, 100);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_may_have_any_byte_changed(
        is_pcapng: bool,
        is_big_endian: bool,
        changes in vec((0_usize..500, prop_oneof![Just(0_u8), Just(1), Just(6), Just(0xff), any::<u8>()]), 1..6),
        longest in prop_oneof![Just(usize::MAX), 1_usize..40],
        most in 1_usize..9,
    ) {
        let mut file = small_file(is_pcapng, is_big_endian);
        let length = file.len();
        for (offset, value) in changes {
            file[offset % length] = value;
        }
        assert_same(&file, longest, most);
    }
}
