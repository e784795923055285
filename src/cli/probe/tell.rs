//! What is written, and when: targets in the order asked for, each as soon as something is known.

use std::io::{self, Write};

use super::seen::{SeenTarget, SeenTargets};
use crate::cli::probe_arguments::{ProbeArguments, ProbeFormat};
use crate::probe::{ProbeEvent, Rounds};
use crate::report::json::probe as json;
use crate::report::text::TextStyle;
use crate::report::text::probe as text;

/// Writes to standard output.
pub(super) struct Teller {
    format: ProbeFormat,
    is_quiet: bool,
    /// Whether somebody said how connects should end.
    expects: bool,
    rounds: Rounds,
    style: TextStyle,
    /// The target whose turn it is.
    turn: usize,
    /// What was told last of each target that is probed again and again.
    gists: Vec<Option<String>>,
}

impl Teller {
    pub(super) fn new(arguments: &ProbeArguments, rounds: Rounds, style: TextStyle) -> Self {
        Self {
            format: arguments.format,
            is_quiet: arguments.quiet,
            expects: arguments.expect.is_some(),
            rounds,
            style,
            turn: 0,
            gists: Vec::new(),
        }
    }

    /// Tells what may be told now.
    pub(super) fn tell(&mut self, seen: &mut SeenTargets<'_>, place: usize) -> io::Result<()> {
        if self.is_quiet {
            if let Some(seen) = seen.target(place) {
                seen.untold.clear();
            }
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match (self.format, self.rounds) {
            (ProbeFormat::Json, _) => {
                if let Some(seen) = seen.target(place) {
                    seen.untold.clear();
                }
                return Ok(());
            }
            // One line for each change stands where it happens.
            (ProbeFormat::Text, Rounds::Wait { .. } | Rounds::Every { .. }) => {
                if let Some(seen) = seen.target(place) {
                    self.tell_changes(seen, place, &mut out)?;
                }
            }
            (ProbeFormat::Text | ProbeFormat::Ndjson, _) => self.tell_in_turn(seen, &mut out)?,
        }
        out.flush()
    }

    /// What is left at the end.
    pub(super) fn end(&self, seen: &SeenTargets<'_>) -> io::Result<()> {
        if self.is_quiet || self.format != ProbeFormat::Json {
            return Ok(());
        }
        let probed: Vec<_> = seen.all().filter_map(SeenTarget::probed).collect();
        let mut out = io::stdout().lock();
        json::write(&probed, &mut out)?;
        out.flush()
    }

    fn tell_in_turn(&mut self, seen: &mut SeenTargets<'_>, out: &mut dyn Write) -> io::Result<()> {
        while let Some(target) = seen.target(self.turn) {
            let mut is_done = false;
            while let Some(event) = target.untold.pop_front() {
                is_done = matches!(event, ProbeEvent::Done);
                if self.format == ProbeFormat::Text {
                    out.write_all(self.words(target, &event).as_bytes())?;
                }
            }
            if !is_done {
                break;
            }
            if self.format == ProbeFormat::Ndjson
                && let Some(probed) = target.probed()
            {
                json::write_line(&probed, out)?;
            }
            self.turn += 1;
        }
        Ok(())
    }

    fn words(&self, seen: &SeenTarget<'_>, event: &ProbeEvent) -> String {
        match event {
            ProbeEvent::Named(names) => text::target(seen.target, names, &self.style),
            ProbeEvent::Connect(connect) => text::connect(connect, &self.style),
            ProbeEvent::Trace(trace) => text::trace(trace, &self.style),
            ProbeEvent::Round(report, _) => {
                let is_unexpected = self.expects && !seen.as_expected;
                text::conclusion(report, is_unexpected, &self.style)
            }
            ProbeEvent::Done => String::new(),
        }
    }

    fn tell_changes(
        &mut self,
        seen: &mut SeenTarget<'_>,
        place: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        while let Some(event) = seen.untold.pop_front() {
            match event {
                ProbeEvent::Named(_) | ProbeEvent::Connect(_) | ProbeEvent::Trace(_) => {}
                ProbeEvent::Round(report, after) => {
                    let gist = Some(text::gist(&report));
                    if self.gists.len() <= place {
                        self.gists.resize(place + 1, None);
                    }
                    if let Some(told) = self.gists.get_mut(place)
                        && *told != gist
                    {
                        let is_first = told.is_none();
                        *told = gist;
                        let again = match self.rounds {
                            Rounds::Wait { every, longest } if is_first && !seen.as_expected => {
                                Some((every, longest))
                            }
                            _ => None,
                        };
                        let line = text::round(&report, after, again, &self.style);
                        out.write_all(line.as_bytes())?;
                    }
                }
                ProbeEvent::Done => {
                    if let Some(probed) = seen.probed() {
                        let is_waited_for = matches!(self.rounds, Rounds::Wait { .. });
                        let met = seen.rounds_as_expected;
                        let line = text::summary(&probed, met, is_waited_for, &self.style);
                        out.write_all(line.as_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }
}
