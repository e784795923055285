//! The attempts of the JSON report, each made when its turn to be written comes: there may be
//! millions.

use std::cell::RefCell;
use std::io;

use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

use super::wire_attempt;
use crate::diagnosis::ListingOrder;
use crate::report::model::Report;

/// The listed attempts in order of time.
#[derive(Debug)]
pub(super) struct AttemptSequence<'a> {
    report: &'a Report,
    /// Serde knows no errors of input.
    failure: RefCell<Option<io::Error>>,
}

impl<'a> AttemptSequence<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            report,
            failure: RefCell::new(None),
        }
    }

    /// Why the sequence ended before its end, if it did.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failure.take()
    }
}

impl Serialize for AttemptSequence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for diagnosed in self.report.diagnosis.listed(ListingOrder::ByStart) {
            match diagnosed {
                Ok(diagnosed) => {
                    sequence.serialize_element(&wire_attempt(self.report, &diagnosed))?;
                }
                Err(error) => {
                    let message = S::Error::custom(&error);
                    self.failure.replace(Some(error));
                    return Err(message);
                }
            }
        }
        sequence.end()
    }
}
