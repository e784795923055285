//! The kernel's own word: why it refused, and what it dropped.
//!
//! Linux tells it as events through tracefs. A watch makes a trace instance of its own, turns a few
//! events on in it, lets the kernel leave out what is not needed, and reads its pages raw, one
//! buffer for each processor. Everything is opened at once, so that the rights can be given up
//! after that. Events are of all network namespaces, and hardly any says of which: they are joined
//! by addresses and ports, or by the time at which a packet came in, and otherwise counted.

mod events;
mod format;
mod gap;
mod instance;
mod records;
mod ring_page;
#[cfg(test)]
mod tests;
mod throttle;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{KernelAct, KernelEvent, KernelTeller, Reception};
use crate::capture::Timestamp;
use crate::capture::live::TraceClock;
use events::Asked;
use format::EventFormat;
pub use gap::KernelGap;
use instance::Instance;
use records::{Formats, Record};
use ring_page::PageLayout;
use throttle::{Throttle, Turned};

/// Where tracefs is, when `/proc` does not tell.
const USUAL_PLACE: &str = "/sys/kernel/tracing";

/// What the kernel holds for each processor, in KiB, and for all of them together.
const BUFFER: usize = 2048;
const ALL_BUFFERS: usize = 65_536;

/// So many pages of one processor are read before the watch goes on.
const PAGES_AT_ONCE: usize = 512;

/// So many packets that came in are remembered for each processor, and for how long: what is
/// dropped later was handed on.
const RECEPTIONS: usize = 32;
const RECEPTION_HOLDS: u64 = 200_000;

/// So many interfaces are known by their names without making each anew.
const INTERFACES: usize = 64;

/// So many of an event are heard in a second: of more, none for a while. What comes in is much more
/// than what is dropped, and what is dropped is counted all the same without it.
const MOST_A_SECOND: [(Asked, &str, u64); 3] = [
    (Asked::Received, "receptions", 40_000),
    (Asked::Dropped, "drops", 200_000),
    (Asked::Reset, "resets", 200_000),
];

/// Reads the kernel's events.
#[derive(Debug)]
pub struct KernelEvents {
    // In this order: the kernel keeps an instance of which a file is open.
    processors: Vec<Processor>,
    throttles: Vec<(Asked, &'static str, Throttle)>,
    instance: Instance,
    formats: Formats,
    layout: PageLayout,
    clock: TraceClock,
    gaps: Vec<KernelGap>,
    page: Vec<u8>,
    lost: u64,
    unheard: BTreeMap<&'static str, Duration>,
}

/// What a processor took in last, by when and into which of the kernel's buffers.
#[derive(Debug, Default)]
struct Received {
    processor: usize,
    latest: VecDeque<(u64, u64, Reception)>,
    interfaces: Vec<Arc<str>>,
}

/// The buffer of one processor.
#[derive(Debug)]
struct Processor {
    pipe: File,
    received: Received,
}

/// Where tracefs is mounted on this host.
pub fn tracefs() -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounted = mounts.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (_, place, kind) = (words.next()?, words.next()?, words.next()?);
        (kind == "tracefs").then(|| PathBuf::from(place))
    });
    mounted.unwrap_or_else(|| PathBuf::from(USUAL_PLACE))
}

impl KernelEvents {
    /// Makes an instance below `tracefs`, and turns the events on; of packets that came in, those by
    /// these interfaces. What is missing of it is in [`Self::gaps`].
    ///
    /// # Errors
    ///
    /// When nothing at all can be heard.
    pub fn open(tracefs: &Path, interfaces: &[String]) -> Result<Self, KernelGap> {
        let instance = Instance::make(tracefs)?;
        let cannot = |file: &str, message: String| KernelGap::CannotUse {
            path: instance.path(file),
            message,
        };
        let head = tracefs.join("events/header_page");
        let head_text = read_at_once(&head).unwrap_or_default();
        let layout = PageLayout::parse(&head_text).ok_or_else(|| KernelGap::CannotUse {
            path: head,
            message: "not the layout of a page".to_owned(),
        })?;
        let clock = set_clock(&instance).map_err(|error| cannot("trace_clock", error))?;
        let pipes = instance.buffers();
        let pipes = pipes.map_err(|error| cannot("per_cpu", error.to_string()))?;
        let size = BUFFER.min(ALL_BUFFERS / pipes.len().max(1)).max(64);
        let bounded = instance.set("buffer_size_kb", &size.to_string());
        bounded.map_err(|error| cannot("buffer_size_kb", error.to_string()))?;
        let (formats, gaps) = turn_on(&instance, interfaces);
        if formats.is_empty() {
            return Err(KernelGap::NoEvents);
        }
        let processor = |(number, pipe)| Processor {
            pipe,
            received: Received {
                processor: number,
                ..Received::default()
            },
        };
        let throttles = MOST_A_SECOND.into_iter();
        let throttles = throttles.filter(|(asked, ..)| formats.has(*asked));
        let throttle = |(asked, what, most): (Asked, _, _)| {
            let enable = instance.path(&format!("events/{}/enable", asked.folder()));
            (asked, what, Throttle::of(&enable, most))
        };
        Ok(Self {
            throttles: throttles.map(throttle).collect(),
            processors: pipes.into_iter().enumerate().map(processor).collect(),
            page: vec![0; layout.size],
            instance,
            formats,
            layout,
            clock,
            gaps,
            lost: 0,
            unheard: BTreeMap::new(),
        })
    }

    /// What this kernel does not tell.
    pub fn gaps(&self) -> &[KernelGap] {
        &self.gaps
    }

    /// The folder of its instance.
    pub fn folder(&self) -> PathBuf {
        self.instance.path("")
    }
}

impl KernelTeller for KernelEvents {
    fn tells_which_packets(&self) -> bool {
        self.is_on(Asked::Dropped) && self.is_on(Asked::Received)
    }

    fn tells_resets(&self) -> bool {
        self.is_on(Asked::Reset)
    }

    fn lost(&self) -> u64 {
        self.lost
    }

    fn unheard(&self) -> &BTreeMap<&'static str, Duration> {
        &self.unheard
    }

    fn read(&mut self, now: Duration, each: &mut dyn FnMut(KernelEvent)) {
        let offset = self.clock.behind_wall();
        let at = |time: u64| {
            let nanoseconds = i128::from(time) + i128::from(offset);
            Timestamp::from_wide_nanoseconds(nanoseconds)
        };
        let mut counts = [0; MOST_A_SECOND.len()];
        for processor in &mut self.processors {
            for _ in 0..PAGES_AT_ONCE {
                let length = match processor.pipe.read(&mut self.page) {
                    Ok(0) => break,
                    Ok(length) => length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                let page = self.page.get(..length).unwrap_or_default();
                let (layout, formats) = (self.layout, &self.formats);
                let take_one = |time, what| {
                    count(&mut counts, &what);
                    each(KernelEvent { at: at(time), what });
                };
                let lost = take_page(&mut processor.received, page, layout, formats, take_one, at);
                self.lost = self.lost.saturating_add(lost);
            }
        }
        self.throttle(now, counts);
    }
}

/// Counts what is heard up to a bound, in the order of [`MOST_A_SECOND`].
fn count([receptions, drops, resets]: &mut [u64; 3], what: &KernelAct) {
    match what {
        KernelAct::Received(_) => *receptions += 1,
        KernelAct::Dropped { .. } => *drops += 1,
        KernelAct::Reset { .. } => *resets += 1,
        _ => {}
    }
}

impl KernelEvents {
    /// Whether an event is heard now.
    fn is_on(&self, wanted: Asked) -> bool {
        let mut throttles = self.throttles.iter();
        throttles.any(|(asked, _, throttle)| *asked == wanted && throttle.is_on())
    }

    /// So many were heard of each: turns off and on.
    fn throttle(&mut self, now: Duration, counts: [u64; MOST_A_SECOND.len()]) {
        for ((limited, ..), heard) in MOST_A_SECOND.iter().zip(counts) {
            let throttles = self.throttles.iter_mut();
            for (_, what, throttle) in throttles.filter(|(asked, ..)| asked == limited) {
                if throttle.note(now, heard) != Turned::No {
                    // Which of the kernel's buffers was used again meanwhile is not known.
                    for processor in &mut self.processors {
                        processor.received.latest.clear();
                    }
                }
                let off = throttle.was_off(now);
                if !off.is_zero() {
                    self.unheard.insert(what, off);
                }
            }
        }
    }
}

/// Gives what a page of one processor tells; how many records were lost before it.
fn take_page(
    received: &mut Received,
    page: &[u8],
    layout: PageLayout,
    formats: &Formats,
    mut each: impl FnMut(u64, KernelAct),
    at: impl Fn(u64) -> Timestamp,
) -> u64 {
    if layout.lost_before(page) > 0 {
        // Which of the kernel's buffers was used again meanwhile is not known.
        received.latest.clear();
    }
    layout.walk(page, |time, payload| {
        if let Some(record) = formats.read(payload) {
            each(time, take(received, record, time, &at));
        }
    });
    layout.lost_before(page)
}

/// What a record tells beside those before it on the same processor.
fn take(
    received: &mut Received,
    record: Record<'_>,
    time: u64,
    at: impl Fn(u64) -> Timestamp,
) -> KernelAct {
    match record {
        Record::Received {
            buffer,
            length,
            interface,
        } => {
            let interface = received.interface(interface);
            let latest = &mut received.latest;
            latest.retain(|(_, known, _)| *known != buffer);
            if latest.len() >= RECEPTIONS {
                latest.pop_front();
            }
            if let Some((_, _, before)) = latest.back_mut()
                && before.until == Timestamp::LATEST
            {
                before.until = at(time);
            }
            let reception = Reception {
                at: at(time),
                until: Timestamp::LATEST,
                processor: received.processor,
                interface,
                length,
            };
            latest.push_back((time, buffer, reception.clone()));
            KernelAct::Received(reception)
        }
        Record::Dropped {
            buffer,
            reason,
            is_at_reception,
        } => {
            let latest = &mut received.latest;
            let place = latest.iter().rposition(|(came, known, _)| {
                *known == buffer && time.saturating_sub(*came) <= RECEPTION_HOLDS
            });
            // Its buffer is free now, whoever had it.
            let found = place.and_then(|place| latest.remove(place));
            KernelAct::Dropped {
                reason,
                received: found
                    .filter(|_| is_at_reception)
                    .map(|(_, _, reception)| Reception {
                        until: reception.until.min(at(time)),
                        ..reception
                    }),
            }
        }
        Record::Reset {
            source,
            destination,
            reason,
        } => KernelAct::Reset {
            source,
            destination,
            reason,
        },
        Record::BadSegment {
            source,
            destination,
            reason,
        } => KernelAct::Refused {
            source,
            destination,
            reason,
        },
        Record::NoRoute {
            source,
            destination,
        } => KernelAct::NoRoute {
            source,
            destination,
        },
    }
}

impl Received {
    /// The name of an interface.
    fn interface(&mut self, name: &[u8]) -> Arc<str> {
        let known = self.interfaces.iter();
        if let Some(known) = known.clone().find(|known| known.as_bytes() == name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(&*String::from_utf8_lossy(name));
        if self.interfaces.len() < INTERFACES {
            self.interfaces.push(Arc::clone(&new));
        }
        new
    }
}

/// This file ends after the first read, however little that took (Linux 6.18).
fn read_at_once(file: &Path) -> io::Result<String> {
    let mut bytes = vec![0; 1 << 14];
    let length = File::open(file)?.read(&mut bytes)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The clock that goes with that of packets, or else one that goes evenly.
fn set_clock(instance: &Instance) -> Result<TraceClock, String> {
    let known = instance.read("trace_clock");
    let known = known.map_err(|error| error.to_string())?;
    let has = |clock: &TraceClock| {
        let named = |word: &str| word.trim_matches(['[', ']']) == clock.name();
        known.split_whitespace().any(named)
    };
    let mut clocks = [TraceClock::Tai, TraceClock::Monotonic].into_iter();
    let clock = clocks
        .find(has)
        .ok_or_else(|| "neither tai nor mono is there".to_owned())?;
    let set = instance.set("trace_clock", clock.name());
    set.map_err(|error| error.to_string())?;
    Ok(clock)
}

/// Turns on what this kernel has.
fn turn_on(instance: &Instance, interfaces: &[String]) -> (Formats, Vec<KernelGap>) {
    let mut formats = Formats::default();
    let mut gaps = Vec::new();
    for asked in Asked::ALL {
        let hears_resets = formats.has(Asked::Reset);
        match turn_on_one(instance, asked, interfaces, hears_resets) {
            Ok(format) => formats.add(asked, format),
            Err(gap) => gaps.push(gap),
        }
    }
    (formats, gaps)
}

fn turn_on_one(
    instance: &Instance,
    asked: Asked,
    interfaces: &[String],
    hears_resets: bool,
) -> Result<EventFormat, KernelGap> {
    let folder = format!("events/{}", asked.folder());
    let (event, since, tells) = (asked.folder(), asked.since(), asked.tells());
    let text = instance.read(&format!("{folder}/format"));
    let format = text.ok().and_then(|text| EventFormat::parse(&text));
    let format = format.ok_or(KernelGap::NoEvent {
        event,
        since,
        tells,
    })?;
    let missing = asked
        .fields()
        .iter()
        .find(|field| format.field(field).is_none());
    if let Some(field) = missing {
        return Err(KernelGap::NoField {
            event,
            field,
            since,
            tells,
        });
    }
    let cannot = |file: &str, error: &io::Error| KernelGap::CannotUse {
        path: instance.path(file),
        message: error.to_string(),
    };
    if let Some(filter) = asked.filter(&format, interfaces, hears_resets) {
        let file = format!("{folder}/filter");
        let set = instance.set(&file, &filter);
        set.map_err(|error| cannot(&file, &error))?;
    }
    let file = format!("{folder}/enable");
    let set = instance.set(&file, "1");
    set.map_err(|error| cannot(&file, &error))?;
    Ok(format)
}
