//! Which errors numbers stand for: errnos of systems, exit statuses of programs, in decimal and in
//! the hexadecimal forms of Windows.

use super::{Page, page, pages};

/// Numbers of programs that are no errno: exit statuses of curl, errors of database clients.
const PROGRAM_CODES: [(u32, &str); 14] = [
    (5, "name_not_resolved"),
    (6, "name_not_resolved"),
    (7, "connect_failed"),
    (28, "connect_timeout"),
    (35, "tls_failure"),
    (52, "connection_closed"),
    (56, "ECONNRESET"),
    (1040, "above_tcp"),
    (1045, "above_tcp"),
    (1129, "above_tcp"),
    (1130, "above_tcp"),
    (2002, "connect_failed"),
    (2003, "connect_failed"),
    (2013, "connection_closed"),
];

/// Errors of Windows that are none of Winsock, where nothing else has the number.
const WINDOWS_CODES: [(u32, &str, &str); 18] = [
    (1225, "ECONNREFUSED", "ERROR_CONNECTION_REFUSED"),
    (1231, "ENETUNREACH", "ERROR_NETWORK_UNREACHABLE"),
    (1232, "EHOSTUNREACH", "ERROR_HOST_UNREACHABLE"),
    (1236, "ECONNABORTED", "ERROR_CONNECTION_ABORTED"),
    (1460, "ETIMEDOUT", "ERROR_TIMEOUT"),
    (1722, "connect_failed", "RPC_S_SERVER_UNAVAILABLE"),
    (10_052, "ETIMEDOUT", "WSAENETRESET"),
    (10_057, "connect_failed", "WSAENOTCONN"),
    (10_058, "connection_closed", "WSAESHUTDOWN"),
    (10_101, "connection_closed", "WSAEDISCON"),
    (11_001, "name_not_resolved", "WSAHOST_NOT_FOUND"),
    (11_002, "name_not_resolved", "WSATRY_AGAIN"),
    (11_003, "name_not_resolved", "WSANO_RECOVERY"),
    (11_004, "name_not_resolved", "WSANO_DATA"),
    (12_002, "connect_timeout", "ERROR_INTERNET_TIMEOUT"),
    (
        12_007,
        "name_not_resolved",
        "ERROR_INTERNET_NAME_NOT_RESOLVED",
    ),
    (12_029, "connect_failed", "ERROR_INTERNET_CANNOT_CONNECT"),
    (
        12_030,
        "connection_closed",
        "ERROR_INTERNET_CONNECTION_ABORTED",
    ),
];

/// Errors of Windows whose numbers are others elsewhere: known where an HRESULT names them.
const WINDOWS_SMALL_CODES: [(u32, &str, &str); 4] = [
    (5, "EACCES", "ERROR_ACCESS_DENIED"),
    (53, "connect_failed", "ERROR_BAD_NETPATH"),
    (64, "ECONNRESET", "ERROR_NETNAME_DELETED"),
    (121, "ETIMEDOUT", "ERROR_SEM_TIMEOUT"),
];

/// Errors of what downloads on Windows (`urlmon.h`), which are no errors of Winsock in disguise.
const DOWNLOAD_ERRORS: [(u32, &str, &str); 4] = [
    (0x800C_0004, "connect_failed", "INET_E_CANNOT_CONNECT"),
    (
        0x800C_0005,
        "name_not_resolved",
        "INET_E_RESOURCE_NOT_FOUND",
    ),
    (0x800C_0008, "connection_closed", "INET_E_DOWNLOAD_FAILURE"),
    (0x800C_000B, "connect_timeout", "INET_E_CONNECTION_TIMEOUT"),
];

/// Statuses of the kernel of Windows.
const NT_STATUSES: [(u32, &str, &str); 8] = [
    (0xC000_00B5, "ETIMEDOUT", "STATUS_IO_TIMEOUT"),
    (0xC000_0236, "ECONNREFUSED", "STATUS_CONNECTION_REFUSED"),
    (0xC000_023C, "ENETUNREACH", "STATUS_NETWORK_UNREACHABLE"),
    (0xC000_023D, "EHOSTUNREACH", "STATUS_HOST_UNREACHABLE"),
    (0xC000_023F, "port_unreachable", "STATUS_PORT_UNREACHABLE"),
    (0xC000_020D, "ECONNRESET", "STATUS_CONNECTION_RESET"),
    (0xC000_0241, "ECONNABORTED", "STATUS_CONNECTION_ABORTED"),
    (0xC000_00BE, "connect_failed", "STATUS_BAD_NETWORK_PATH"),
];

/// What Node.js counts from on Windows, where the system has no such errno.
const LIBUV_ON_WINDOWS: [(u32, &str); 13] = [
    (4092, "EACCES"),
    (4091, "EADDRINUSE"),
    (4090, "EADDRNOTAVAIL"),
    (4079, "ECONNABORTED"),
    (4078, "ECONNREFUSED"),
    (4077, "ECONNRESET"),
    (4073, "EHOSTUNREACH"),
    (4066, "EMFILE"),
    (4062, "ENETUNREACH"),
    (4060, "ENOBUFS"),
    (4047, "EPIPE"),
    (4046, "EPROTO"),
    (4039, "ETIMEDOUT"),
];

/// The facility of an HRESULT that holds an error of Windows.
const FACILITY_WIN32: u32 = 0x8007;

/// Errors of Windows reach up to here.
const LARGEST_WINDOWS_CODE: u32 = 15_999;

/// What may stand before a number that is all there is.
const BEFORE_A_LONE_NUMBER: [&str; 18] = [
    "",
    "errno",
    "error",
    "err",
    "code",
    "error code",
    "os error",
    "winerror",
    "winsock",
    "wsa",
    "hresult",
    "status",
    "curl",
    "curl error",
    "curl exit code",
    "exit code",
    "exit status",
    "mysql error",
];

/// What says that the number behind it is an errno.
const BEFORE_AN_ERRNO: [&str; 10] = [
    "errno",
    "error",
    "err",
    "code",
    "winerror",
    "so_error",
    "so_error)",
    "socketexception",
    "nativeerrorcode",
    "errorcode",
];

/// Numbers below this mean much else: a plain "error 13" does not make them an errno.
const SMALLEST_TELLING_NUMBER: u32 = 32;

/// Pages, and what the number is where it is none of the numbers that the pages have.
#[derive(Debug, Default)]
pub(super) struct NumberPages {
    pub(super) pages: Vec<&'static Page>,
    pub(super) means: Option<String>,
}

/// The pages of a text that is a number and at most a word for it; `None` where it is more.
pub(super) fn alone(text: &str) -> Option<NumberPages> {
    let is_between = |character: char| " =:#()[]".contains(character);
    let text = text.trim_matches(is_between);
    let (before, number) = text
        .rsplit_once(is_between)
        .map_or(("", text), |(before, number)| {
            (before.trim_end_matches(is_between), number)
        });
    if !BEFORE_A_LONE_NUMBER.contains(&before) {
        return None;
    }
    if let Some(number) = hexadecimal(number) {
        return Some(of_hexadecimal(number));
    }
    let (digits, is_negative) = number
        .strip_prefix('-')
        .map_or((number, false), |digits| (digits, true));
    let number: u32 = digits.parse().ok()?;
    if is_negative {
        return Some(of_negative(number));
    }
    Some(of_plain(number, before.contains("curl")))
}

fn of_plain(number: u32, is_curl: bool) -> NumberPages {
    let mut pages = Vec::new();
    if !is_curl {
        pages.extend(of_errno(number));
    }
    let codes = PROGRAM_CODES.iter().filter(|(code, _)| *code == number);
    pages.extend(codes.filter_map(|(_, term)| page(term)));
    if pages.is_empty() && !is_curl {
        return of_windows(number, &WINDOWS_CODES);
    }
    NumberPages { pages, means: None }
}

/// `-111`, as kernels and Node.js write an errno; `-4078`, as Node.js writes it on Windows;
/// `-2147014835`, an HRESULT with a sign.
fn of_negative(number: u32) -> NumberPages {
    if number > i32::MAX.unsigned_abs() / 2 {
        return of_hexadecimal(number.wrapping_neg());
    }
    let uv = LIBUV_ON_WINDOWS.iter().find(|(code, _)| *code == number);
    match uv {
        Some((_, term)) => NumberPages {
            pages: page(term).into_iter().collect(),
            means: Some(format!("{term}, as Node.js counts on Windows")),
        },
        None => NumberPages {
            pages: of_errno(number).collect(),
            means: None,
        },
    }
}

/// The value of `0x274d`, or of eight digits that are an HRESULT.
fn hexadecimal(word: &str) -> Option<u32> {
    let is_result = word.len() == 8 && word.starts_with("8007");
    let digits = match word.strip_prefix("0x") {
        Some(digits) => digits,
        None if is_result => word,
        None => return None,
    };
    u32::from_str_radix(digits, 16).ok()
}

fn of_hexadecimal(number: u32) -> NumberPages {
    if let Some((_, term, name)) = NT_STATUSES.iter().find(|(status, ..)| *status == number) {
        return named(term, format!("{name}, a status of the kernel of Windows"));
    }
    if let Some((_, term, name)) = DOWNLOAD_ERRORS.iter().find(|(error, ..)| *error == number) {
        return named(term, format!("{name} of Windows, from what downloads"));
    }
    let code = number & 0xFFFF;
    if number >> 16 == FACILITY_WIN32 {
        let small = of_windows(code, &WINDOWS_SMALL_CODES);
        let mut found = if small.pages.is_empty() {
            of_plain_windows(code)
        } else {
            small
        };
        if !found.pages.is_empty() {
            let means = found.means.take();
            let means = means.unwrap_or_else(|| format!("error {code} of Windows"));
            found.means = Some(format!("an HRESULT: {means}"));
        }
        return found;
    }
    if number > LARGEST_WINDOWS_CODE {
        return NumberPages::default();
    }
    let mut found = of_plain_windows(code);
    if found.pages.is_empty() && code >= SMALLEST_TELLING_NUMBER {
        found.pages = of_errno(code).collect();
    }
    found.means = found.means.or_else(|| Some(format!("{code} in decimal")));
    found
}

/// What the number is on Windows, and on no other system.
fn of_plain_windows(code: u32) -> NumberPages {
    let winsock = pages().find(|page| {
        let on_windows = page.numbers.and_then(|numbers| numbers.windows);
        on_windows == Some(code)
    });
    match winsock {
        Some(page) => named(page.term, format!("{code}, WSA{} of Windows", page.term)),
        None => of_windows(code, &WINDOWS_CODES),
    }
}

fn of_windows(code: u32, codes: &[(u32, &'static str, &str)]) -> NumberPages {
    match codes.iter().find(|(known, ..)| *known == code) {
        Some((_, term, name)) => named(term, format!("{code}, {name} of Windows")),
        None => NumberPages::default(),
    }
}

fn named(term: &str, means: String) -> NumberPages {
    NumberPages {
        pages: page(term).into_iter().collect(),
        means: Some(means),
    }
}

/// The pages of an errno, Linux's meaning first.
fn of_errno(number: u32) -> impl Iterator<Item = &'static Page> {
    let mut found: Vec<&Page> = pages().filter(|page| page.has_number(number)).collect();
    found.sort_by_key(|page| {
        page.numbers
            .is_none_or(|numbers| numbers.linux != Some(number))
    });
    found.into_iter()
}

/// The pages of a word within a text, if it is a number that something beside it makes an errno.
pub(super) fn in_text(before: &str, word: &str, after: &str) -> Option<NumberPages> {
    if word.starts_with("0x") {
        let found = of_hexadecimal(hexadecimal(word)?);
        // Small ones are anything: flags, offsets, addresses.
        let is_windows = found.pages.iter().any(|page| page.numbers.is_none())
            || found
                .means
                .as_ref()
                .is_some_and(|means| means.contains("Windows"));
        return is_windows.then_some(found);
    }
    let number: u32 = word.parse().ok()?;
    let (said, is_negative) = match before.strip_suffix('-') {
        Some(said) => (said, true),
        None => (before, false),
    };
    let is_hresult = is_negative && number > i32::MAX.unsigned_abs() / 2;
    if is_hresult {
        let found = of_negative(number);
        return (!found.pages.is_empty()).then_some(found);
    }
    if !is_errno(said, after, number) {
        return None;
    }
    if is_negative {
        return Some(of_negative(number));
    }
    Some(NumberPages {
        pages: of_errno(number).collect(),
        means: None,
    })
}

/// `[errno 111]`, `error: 111`, `(111: ...)`, `(111)`; not a port, a date or a part of an address.
fn is_errno(before: &str, after: &str, number: u32) -> bool {
    let said = before.trim_end_matches([' ', ':', '=', '(', '[', '#', '"', '\'']);
    let word = said.rsplit([' ', '(', '[', '.', ',', '"']).next();
    let is_said = word.is_some_and(|word| BEFORE_AN_ERRNO.contains(&word));
    let is_in_brackets = before.ends_with('(') && after.starts_with([')', ':']);
    if number < SMALLEST_TELLING_NUMBER {
        return said.ends_with("errno") || said.ends_with("os error");
    }
    is_said || (is_in_brackets && !before.trim_end_matches(['(', ' ']).ends_with("curl:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<&'static str> {
        alone(text)?.pages.first().map(|page| page.term)
    }

    #[test]
    fn hexadecimal_forms_are_known() {
        for (text, term) in [
            ("0x8007274d", "ECONNREFUSED"),
            ("8007274c", "ETIMEDOUT"),
            ("0x2740", "EADDRINUSE"),
            ("hresult: 0x80072efd", "connect_failed"),
            ("0xc0000236", "ECONNREFUSED"),
            ("-2147014835", "ECONNREFUSED"),
            ("-111", "ECONNREFUSED"),
            ("-4078", "ECONNREFUSED"),
            ("0x6f", "ECONNREFUSED"),
            ("0x80070035", "connect_failed"),
        ] {
            assert_eq!(first(text), Some(term), "{text}");
        }
        for text in ["0x80004005", "0xdeadbeef", "0x1", "0x", "-9"] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn all_codes_have_a_page() {
        let windows = WINDOWS_CODES.iter().chain(&WINDOWS_SMALL_CODES);
        let terms = windows.chain(&NT_STATUSES).map(|(_, term, _)| term);
        let others = PROGRAM_CODES.iter().chain(&LIBUV_ON_WINDOWS);
        for term in terms.chain(others.map(|(_, term)| term)) {
            assert!(page(term).is_some(), "{term}");
        }
    }
}
