//! What a file is that is no pcap and no pcapng, as far as its first bytes tell.

use std::path::Path;

use super::byte_order::ByteOrder;
use super::compression::Compression;

/// How many bytes are looked at; a file may well be shorter.
pub(super) const LOOK_LENGTH: usize = 4096;

struct ForeignFormat {
    name: &'static str,
    remedy: Remedy,
}

#[derive(Clone, Copy)]
enum Remedy {
    /// A command that writes what is inside to standard output.
    Unpack(&'static str),
    /// Wireshark's `editcap` reads it.
    Editcap,
    /// What to do, in words; `{file}` stands for the file.
    Words(&'static str),
    None,
}

const fn format(name: &'static str, remedy: Remedy) -> ForeignFormat {
    ForeignFormat { name, remedy }
}

/// Formats that say what they are at their start.
const SIGNATURES: &[(&[u8], ForeignFormat)] = &[
    (b"BZh", format("bzip2 data", Remedy::Unpack("bzip2 -dc"))),
    (
        b"PK\x03\x04",
        format("a zip archive", Remedy::Unpack("unzip -p")),
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        format("a 7-Zip archive", Remedy::Unpack("7z x -so")),
    ),
    (
        b"\xaa\xaa\xaa\xaa",
        format("a capture of 5View", Remedy::Editcap),
    ),
    (
        b"ObserverPktBufferVersion",
        format("a capture of Observer", Remedy::Editcap),
    ),
    (
        b"\x7fver",
        format("a capture of Peek (tagged)", Remedy::Editcap),
    ),
    (
        b"\x05VNF",
        format("a capture of Visual Networks", Remedy::Editcap),
    ),
    (
        b"\x00\x00\x02\x00\x12\x05\x00\x10",
        format("a capture of Tektronix K12", Remedy::Editcap),
    ),
    (
        b"TR\0d\0",
        format("a trace of HP-UX nettl", Remedy::Editcap),
    ),
    (b"VL\0\0", format("a NetXRay capture", Remedy::Editcap)),
    (b"EyeSDN", format("a trace of EyeSDN", Remedy::Editcap)),
    (
        b"btsnoop\0",
        format(
            "a capture of Bluetooth (btsnoop)",
            Remedy::Words("no TCP is in such a file: capture on an interface with IP"),
        ),
    ),
    (
        b"GMBU",
        format("a capture of Network Monitor 2", Remedy::Editcap),
    ),
    (
        b"RTSS",
        format("a capture of Network Monitor 1", Remedy::Editcap),
    ),
    (
        b"TRSNIFF data    \x1a",
        format("a Sniffer capture", Remedy::Editcap),
    ),
    (b"XCP\0", format("a NetXRay capture", Remedy::Editcap)),
    (
        b"iptrace ",
        format("a capture of AIX iptrace", Remedy::Editcap),
    ),
    (
        b"version https://git-lfs",
        format(
            "a pointer to a file in Git LFS",
            Remedy::Words("git lfs pull brings the file itself"),
        ),
    ),
];

const CAPTURE_TO_FILE: Remedy =
    Remedy::Words("packets themselves are needed: capture with tcpdump -w FILE");

const SAVE_PACKETS: Remedy =
    Remedy::Words("packets themselves are needed: save them with tshark -w FILE");

const ETL: ForeignFormat = format(
    "an event trace of Windows (netsh trace, pktmon)",
    Remedy::Words(
        "on Windows: pktmon etl2pcap {file} --out converted.pcapng (of netsh trace: etl2pcapng {file} converted.pcapng)",
    ),
);

/// What the file is, and what to do with it; `first` is what is inside, if it is compressed.
pub(super) fn describe(
    first: &[u8],
    path: &Path,
    compression: Option<Compression>,
) -> (String, Option<String>) {
    let (what, remedy) = if let Some(inner) = Compression::recognise(first) {
        let unpack = match inner {
            Compression::Gzip => "gzip -dc",
            Compression::Zstd => "zstd -dc",
            Compression::Lz4 => "lz4 -dc",
            Compression::Xz => "xz -dc",
        };
        (format!("{} data", inner.name()), Remedy::Unpack(unpack))
    } else {
        match recognise(first) {
            Some(format) => (format.name.to_owned(), format.remedy),
            None => (String::new(), Remedy::None),
        }
    };
    let statement = match (compression, what.as_str()) {
        (None, "") => "no capture file: it starts like neither pcap nor pcapng".to_owned(),
        (None, what) => format!("{what}, no capture that can be read as it is"),
        (Some(compression), "") => format!(
            "{} data, but no capture inside: it starts like neither pcap nor pcapng",
            compression.name()
        ),
        (Some(compression), what) => format!(
            "{} data with {what} inside, no capture that can be read as it is",
            compression.name()
        ),
    };
    (statement, hint(remedy, path, compression))
}

fn hint(remedy: Remedy, path: &Path, compression: Option<Compression>) -> Option<String> {
    let path = in_shell(&path.to_string_lossy());
    let (before, input) = match compression {
        Some(compression) => (format!("{} -dc {path} | ", compression.name()), "-"),
        None => (String::new(), path.as_str()),
    };
    match remedy {
        Remedy::Unpack(command) if compression.is_some() => {
            Some(format!("{before}{command} | tcpwhy read -"))
        }
        Remedy::Unpack(command) => Some(format!("{command} {path} | tcpwhy read -")),
        Remedy::Editcap => Some(format!(
            "{before}editcap {input} converted.pcapng && tcpwhy read converted.pcapng"
        )),
        Remedy::Words(words) => Some(words.replace("{file}", &path)),
        Remedy::None => None,
    }
}

/// As a shell takes it for one word.
fn in_shell(path: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || "/._-+:,@%=".contains(character);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

fn recognise(first: &[u8]) -> Option<&'static ForeignFormat> {
    SIGNATURES
        .iter()
        .find(|(signature, _)| first.starts_with(signature))
        .map(|(_, format)| format)
        .or_else(|| program(first))
        .or_else(|| text(first))
        .or_else(|| binary(first))
}

/// ELF: a program, or what is left of one.
fn program(first: &[u8]) -> Option<&'static ForeignFormat> {
    const CORE: &ForeignFormat = &format(
        "a core dump",
        Remedy::Words("a program crashed and left it: the capture is elsewhere"),
    );
    const PROGRAM: &ForeignFormat = &format("a program (ELF)", Remedy::None);
    const ET_CORE: u8 = 4;
    if !first.starts_with(b"\x7fELF") {
        return None;
    }
    let is_core = first
        .get(16..18)
        .is_some_and(|kind| kind.contains(&ET_CORE));
    Some(if is_core { CORE } else { PROGRAM })
}

/// Formats without a signature, by what they cannot do without.
fn binary(first: &[u8]) -> Option<&'static ForeignFormat> {
    const TAR: &ForeignFormat = &format(
        "a tar archive",
        Remedy::Words("mkdir captures && tar -xf {file} -C captures && tcpwhy read captures"),
    );
    const ERF: &ForeignFormat = &format("a capture in ERF (Endace)", Remedy::Editcap);
    const NETSCALER: &ForeignFormat = &format("a trace of NetScaler (nstrace)", Remedy::Editcap);
    if first.get(257..262) == Some(b"ustar") {
        Some(TAR)
    } else if is_event_trace(first) {
        Some(&ETL)
    } else if is_erf(first) {
        Some(ERF)
    } else if is_netscaler(first) {
        Some(NETSCALER)
    } else {
        None
    }
}

/// The first buffer of an event trace log: its size in whole KiB, and behind its header of 72 bytes
/// the system event that describes the log.
fn is_event_trace(first: &[u8]) -> bool {
    let size = ByteOrder::Little.u32(first, 0).unwrap_or(0);
    let is_buffer = size > 0 && size.is_multiple_of(1024);
    is_buffer && matches!(first.get(72..76), Some([2, 0, 1 | 2, 0xc0]))
}

/// The first page of a trace by `nstrace.sh`: it names what wrote it.
fn is_netscaler(first: &[u8]) -> bool {
    const NAME: &[u8] = b"NetScaler";
    let start = first.get(..64).unwrap_or(first);
    start.windows(NAME.len()).any(|window| window == NAME)
}

/// Two records of Endace's extensible record format, seconds apart.
fn is_erf(first: &[u8]) -> bool {
    /// 2000 to 2040.
    const BELIEVED_SECONDS: std::ops::Range<u32> = 946_684_800..2_208_988_800;
    const LAST_TYPE: u8 = 48;
    let seconds_and_length = |record: &[u8]| {
        let seconds = ByteOrder::Little.u32(record, 4)?;
        let kind = record.get(8)? & 0x7f;
        let length = ByteOrder::Big.u16(record, 10)?;
        let is_believed =
            BELIEVED_SECONDS.contains(&seconds) && (1..=LAST_TYPE).contains(&kind) && length >= 16;
        is_believed.then_some((seconds, usize::from(length)))
    };
    let Some((seconds, length)) = seconds_and_length(first) else {
        return false;
    };
    first
        .get(length..)
        .and_then(seconds_and_length)
        .is_some_and(|(next, _)| next.abs_diff(seconds) < 3600)
}

/// What programs print about packets, and other text.
fn text(first: &[u8]) -> Option<&'static ForeignFormat> {
    const TCPDUMP: &ForeignFormat = &format("text that tcpdump printed", CAPTURE_TO_FILE);
    const TSHARK: &ForeignFormat = &format("text that tshark printed", SAVE_PACKETS);
    const TSHARK_JSON: &ForeignFormat = &format("JSON of tshark", SAVE_PACKETS);
    const TSHARK_XML: &ForeignFormat = &format("XML of tshark (PDML or PSML)", SAVE_PACKETS);
    const HEX: &ForeignFormat = &format(
        "a hex dump",
        Remedy::Words("text2pcap {file} converted.pcapng && tcpwhy read converted.pcapng"),
    );
    const WEB_PAGE: &ForeignFormat = &format(
        "a web page (HTML)",
        Remedy::Words("a download gave a page instead of the file: perhaps to log in"),
    );
    const REPORT: &ForeignFormat = &format(
        "a report of tcpwhy",
        Remedy::Words("read the capture that it was made from"),
    );
    const TEXT: &ForeignFormat = &format("text", Remedy::None);

    let text = printable(first)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    let starts = |word: &str| lower.starts_with(word);
    let known = if starts("<!doctype html") || starts("<html") || (starts("<") && has("<html")) {
        WEB_PAGE
    } else if starts("<") && (has("<pdml") || has("<psml")) {
        TSHARK_XML
    } else if starts("{") && has("\"tcpwhy-report/") {
        REPORT
    } else if (starts("[") || starts("{")) && (has("\"_source\"") || has("\"_index\"")) {
        TSHARK_JSON
    } else if starts("tcpdump: ") || text.lines().take(5).any(is_tcpdump_line) {
        TCPDUMP
    } else if text.lines().take(5).any(is_tshark_line) {
        TSHARK
    } else if text.lines().take(5).any(is_hex_line) {
        HEX
    } else {
        TEXT
    };
    Some(known)
}

/// The bytes as text, if they are some: a character may be cut at the end.
fn printable(first: &[u8]) -> Option<&str> {
    /// Below this it says little.
    const SHORTEST: usize = 8;
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(first.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |character: char| !character.is_control() || "\t\r\n\u{1b}".contains(character);
    (text.len() >= SHORTEST && text.chars().all(is_text)).then_some(text)
}

/// `14:02:11.123456 IP 10.0.0.7.51234 > ...`, or with a date before it.
fn is_tcpdump_line(line: &str) -> bool {
    const PROTOCOLS: [&str; 6] = ["IP", "IP6", "ARP,", "In", "Out", "ethertype"];
    let mut words = line.split_whitespace().take(4).peekable();
    if words
        .peek()
        .is_some_and(|word| is_shaped(word, "0000-00-00"))
    {
        words.next();
    }
    words
        .next()
        .is_some_and(|time| is_shaped(time, "00:00:00.000000"))
        && words.any(|word| PROTOCOLS.contains(&word))
}

/// `    1   0.000000   10.0.0.7 → 10.0.1.20   TCP 74 ...`
fn is_tshark_line(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    let is_number = |word: &&str| word.parse::<f64>().is_ok();
    words.first().is_some_and(is_number)
        && words.get(1).is_some_and(is_number)
        && words.get(3).is_some_and(|word| ["→", "->"].contains(word))
}

/// `0000  00 1b 21 ...` or tcpdump's `0x0000:  4500 003c ...`
fn is_hex_line(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let offset = words
        .next()
        .map(|word| word.trim_start_matches("0x").trim_end_matches(':'));
    offset.is_some_and(|word| word.len() >= 4 && is_hex(word))
        && words
            .by_ref()
            .take(4)
            .filter(|word| [2, 4].contains(&word.len()) && is_hex(word))
            .count()
            == 4
}

/// Whether digits stand where the pattern has 0, and everything else is the same.
fn is_shaped(word: &str, pattern: &str) -> bool {
    word.len() == pattern.len()
        && word
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
}
