//! One line after the other: its time, and what it says if it is of a known kind.

use super::audit::{self, AuditEvents};
use super::record::{FilteredPacket, LogRecord, Saying};
use super::stamp::{self, LatestStamp, Stamp, StampTime};
use super::wanted_ports::WantedPorts;
use super::wrapping::{Message, of_journal, time_of_journal, unwrapped};
use super::{
    asa, changed, check_point, fortigate, junos, kernel, netfilter, nginx, palo_alto, pf, proxy,
    service,
};

/// Reads lines; remembers only what belongs to the next ones.
#[derive(Debug)]
pub struct LogReader {
    wanted: WantedPorts,
    audit: AuditEvents,
    has_distances: bool,
    latest: LatestStamp,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadLine {
    /// Of a known kind.
    Record(Box<LogRecord>),
    /// Of a known kind, and says nothing without a line before or behind it.
    PartOfRecord,
    /// Of another time: it was not looked at further.
    OtherTime(Stamp),
    /// Of a packet filter, and without the ports that are looked for: it was not read further.
    OtherPorts(Stamp),
    /// Of another kind.
    Other(Option<Stamp>),
}

impl LogReader {
    /// Reads lines about connects of these ports.
    pub fn new(wanted: WantedPorts) -> Self {
        Self {
            wanted,
            audit: AuditEvents::default(),
            has_distances: false,
            latest: LatestStamp::default(),
        }
    }

    /// Reads a line. Whether its time is worth reading further `is_near` says.
    pub fn read(&mut self, line: &[u8], is_near: impl Fn(Stamp) -> bool) -> ReadLine {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches('\u{feff}');
        if line.starts_with('{') {
            if let Some(stamp) = self.passed_over(line, &is_near) {
                return stamp;
            }
            return match of_journal(line) {
                Some((stamp, program, text)) => {
                    let program = program.as_deref();
                    let text = &*text;
                    self.read_message(
                        &Message {
                            stamp,
                            program,
                            text,
                        },
                        is_near,
                    )
                }
                None => ReadLine::Other(None),
            };
        }
        self.has_distances |= is_of_distances(line);
        let message = unwrapped(line, &mut self.latest);
        self.read_message(&message, is_near)
    }

    /// An entry of the journal that need not be read further, by its time or by the ports that a
    /// packet filter of the kernel would name in it.
    fn passed_over(&self, entry: &str, is_near: &impl Fn(Stamp) -> bool) -> Option<ReadLine> {
        let stamp = time_of_journal(entry)?;
        if !is_near(stamp) {
            return Some(ReadLine::OtherTime(stamp));
        }
        let is_of_filter = entry.contains("IN=") && entry.contains(" OUT=");
        (is_of_filter && !self.wanted.may_be_in(entry)).then_some(ReadLine::OtherPorts(stamp))
    }

    /// Whether a line has the time since the line before it, as `tcpdump -ttt` prints it.
    pub const fn has_distances(&self) -> bool {
        self.has_distances
    }

    fn read_message(&mut self, message: &Message<'_>, is_near: impl Fn(Stamp) -> bool) -> ReadLine {
        let audited = audit::time_of(message.text);
        let stamp = audited.or(message.stamp);
        if let Some(stamp) = stamp
            && !is_near(stamp)
        {
            return ReadLine::OtherTime(stamp);
        }
        if audited.is_some() {
            let record = self.audit.take(message.text);
            return record.map_or(ReadLine::PartOfRecord, |record| {
                ReadLine::Record(Box::new(record))
            });
        }
        if let Some(stamp) = stamp
            && is_of_filter(message)
            && !self.wanted.may_be_in(message.text)
        {
            return ReadLine::OtherPorts(stamp);
        }
        let Some((own, saying)) = saying(message) else {
            return ReadLine::Other(stamp);
        };
        match own.or(stamp) {
            Some(stamp) if !is_near(stamp) => ReadLine::OtherTime(stamp),
            Some(stamp) => ReadLine::Record(Box::new(LogRecord { stamp, saying })),
            None => ReadLine::Other(None),
        }
    }
}

/// Whether a message looks like one of a packet filter, which names the ports of both ends.
fn is_of_filter(message: &Message<'_>) -> bool {
    let text = message.text;
    match message.program {
        Some("kernel") => text.contains(" OUT="),
        Some("filterlog" | "RT_FLOW" | "CheckPoint" | "PFE_FW_SYSLOG_IP") => true,
        Some(program) => asa::is_of_asa(program) || program.starts_with("ulogd"),
        None => {
            const MARKS: [&str; 8] = [
                " OUT=",
                "%ASA-",
                "%FTD-",
                "TRAFFIC,",
                "\"traffic\"",
                "filterlog",
                "FireWall-1",
                "PFE_FW_SYSLOG_IP",
            ];
            text.starts_with("rule ") || MARKS.iter().any(|mark| text.contains(mark))
        }
    }
}

/// What a message says, and its own time where that is better than the line's. Who wrote it decides
/// what it may say.
fn saying(message: &Message<'_>) -> Option<(Option<Stamp>, Saying)> {
    let text = message.text;
    let plain = |saying| (None, saying);
    match message.program {
        Some("kernel") => {
            let packet = netfilter::filtered(text).or_else(|| kernel::signed(text));
            let event = || kernel::event(text).map(Saying::Host);
            let change = || changed::change("kernel", text);
            packet
                .map(Saying::Filter)
                .or_else(event)
                .or_else(change)
                .map(plain)
        }
        Some("systemd") => service::change(text).map(Saying::Service).map(plain),
        Some("haproxy") => {
            let change = || changed::change("haproxy", text).map(plain);
            proxy::saying(text).or_else(change)
        }
        Some("nginx") => {
            // It may write its own time before the message, too.
            let text = stamp::leading(text).map_or(text, |(_, rest)| rest);
            let change = || changed::change("nginx", text);
            nginx::upstream_failure(text)
                .map(Saying::Upstream)
                .or_else(change)
                .map(plain)
        }
        Some(program) if asa::is_of_asa(program) => {
            // `fw1 %ASA-4-106023: Deny ...`: what looks like the program is the message's number.
            let whole = format!("{program}: {text}");
            asa::filtered(&whole).map(Saying::Filter).map(plain)
        }
        Some(program) if program.starts_with("ulogd") => {
            netfilter::filtered(text).map(Saying::Filter).map(plain)
        }
        Some("filterlog") => pf::of_filterlog(text).map(Saying::Filter).map(plain),
        Some("RT_FLOW" | "CheckPoint") => of_firewall(message),
        Some("PFE_FW_SYSLOG_IP") => {
            let packet = junos::of_filter(&format!("PFE_FW_SYSLOG_IP: {text}"));
            packet.map(Saying::Filter).map(plain)
        }
        Some(program) => changed::change(program, text).map(plain),
        None => of_no_program(message),
    }
}

/// A file that holds the lines of one program has its name nowhere; devices have none.
fn of_no_program(message: &Message<'_>) -> Option<(Option<Stamp>, Saying)> {
    let text = message.text;
    if let Some(packet) = of_device(text) {
        return Some((None, Saying::Filter(packet)));
    }
    if let Some(saying) = of_firewall(message) {
        return Some(saying);
    }
    // ulogd writes no name; an application's own log has other times.
    let time = message.stamp.map(|stamp| stamp.time);
    let is_of_syslog = matches!(time, Some(StampTime::OfSomeYear(_)));
    let of_kernel = || netfilter::filtered(text).filter(|_| is_of_syslog);
    let of_filterlog = || pf::of_filterlog(behind_filterlog(text)?);
    let filter = pf::of_tcpdump(text).or_else(of_filterlog);
    let filter = filter.or_else(of_kernel);
    let upstream = || nginx::upstream_failure(text).map(Saying::Upstream);
    let reload = || {
        let is_reload = changed::is_reload_of_nginx(text);
        is_reload.then(|| changed::change("nginx", text)).flatten()
    };
    let saying = filter
        .map(Saying::Filter)
        .or_else(upstream)
        .or_else(reload)?;
    Some((None, saying))
}

/// Lines of devices that have their own time, or tell how long ago a session began.
fn of_firewall(message: &Message<'_>) -> Option<(Option<Stamp>, Saying)> {
    let text = message.text;
    let timed = palo_alto::filtered(text)
        .or_else(|| fortigate::filtered(text))
        .or_else(|| check_point::filtered(text));
    if let Some((stamp, packet)) = timed {
        return Some((stamp, Saying::Filter(packet)));
    }
    if let Some((lasted, packet)) = junos::of_session(text) {
        // Without the time of the line it is not known when the session began.
        let began = message.stamp?.before(lasted)?;
        return Some((Some(began), Saying::Filter(packet)));
    }
    let packet = junos::of_filter(text)?;
    Some((None, Saying::Filter(packet)))
}

/// `filterlog[1]: 4,,,...`: pfSense's own files leave out the name of the host.
fn behind_filterlog(text: &str) -> Option<&str> {
    let (_, fields) = text.strip_prefix("filterlog")?.split_once(": ")?;
    Some(fields)
}

/// A message of Cisco's behind the name of its device.
fn of_device(text: &str) -> Option<FilteredPacket> {
    let place = text.find("%ASA-").or_else(|| text.find("%FTD-"))?;
    let (head, message) = text.split_at_checked(place)?;
    is_head(head).then(|| asa::filtered(message)).flatten()
}

/// Whether that may stand before a device's message: its name, a colon.
fn is_head(text: &str) -> bool {
    text.split_whitespace().count() <= 2 && text.len() < 128
}

/// ` 00:00:00.500000 rule 12/0(match): ...`
fn is_of_distances(line: &str) -> bool {
    let rest = line.strip_prefix(' ').and_then(stamp::leading);
    rest.is_some_and(|(_, rest)| rest.starts_with("rule "))
}
