//! What is expected of a target.

use std::str::FromStr;

use super::report::{ConnectReport, TargetReport};
use crate::handshake::{Outcome, Trouble};

/// How connects should end: in one of these ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation(Vec<Expected>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Outcome(Outcome),
    Trouble(Trouble),
    NotSent,
}

/// A word that names no end of a connect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is no outcome: one of {known}")]
pub struct UnknownExpectation {
    word: String,
    known: String,
}

/// What this host never sends.
const NOT_SENT: &str = "not_sent";

/// Outcomes that a probe can meet.
const OUTCOMES: [Outcome; 6] = [
    Outcome::Established,
    Outcome::Reset,
    Outcome::Refused,
    Outcome::Rejected,
    Outcome::HalfOpen,
    Outcome::Dropped,
];

fn names() -> Vec<&'static str> {
    let outcomes = OUTCOMES.iter().map(|outcome| outcome.name());
    outcomes
        .chain([Trouble::Slow.name(), Trouble::HungUp.name(), NOT_SENT])
        .collect()
}

impl Default for Expectation {
    fn default() -> Self {
        Self(vec![Expected::Outcome(Outcome::Established)])
    }
}

impl FromStr for Expectation {
    type Err = UnknownExpectation;

    /// A list with commas.
    fn from_str(text: &str) -> Result<Self, UnknownExpectation> {
        let words = text.split(',').map(str::trim);
        words.map(expected).collect::<Result<_, _>>().map(Self)
    }
}

fn expected(word: &str) -> Result<Expected, UnknownExpectation> {
    let name = word.to_ascii_lowercase().replace('-', "_");
    let outcome = OUTCOMES.into_iter().find(|outcome| outcome.name() == name);
    let trouble = [Trouble::Slow, Trouble::HungUp]
        .into_iter()
        .find(|trouble| trouble.name() == name);
    match (outcome, trouble) {
        (Some(outcome), _) => Ok(Expected::Outcome(outcome)),
        (_, Some(trouble)) => Ok(Expected::Trouble(trouble)),
        _ if name == NOT_SENT => Ok(Expected::NotSent),
        _ => Err(UnknownExpectation {
            word: word.to_owned(),
            known: names().join(", "),
        }),
    }
}

impl Expectation {
    /// Whether the target is as expected. Where connects should be established, one address that
    /// accepts is enough, as it is for an application; otherwise all must be so.
    pub fn is_met(&self, report: &TargetReport) -> bool {
        let established = Expected::Outcome(Outcome::Established);
        let is_so = |connect: &ConnectReport| self.0.iter().any(|one| one.is_met(connect));
        let accepts = |connect: &ConnectReport| established.is_met(connect);
        let connects = &report.connects;
        let is_one_enough = self.0.contains(&established) && connects.iter().any(accepts);
        is_one_enough || (!connects.is_empty() && connects.iter().all(is_so))
    }
}

impl Expected {
    /// One that was hung up on was not established for anybody who asked.
    fn is_met(self, connect: &ConnectReport) -> bool {
        let is_hung_up = connect.troubles.contains(&Trouble::HungUp);
        match self {
            Self::Outcome(Outcome::Established) => {
                connect.outcome == Some(Outcome::Established) && !is_hung_up
            }
            Self::Outcome(outcome) => connect.outcome == Some(outcome),
            Self::Trouble(trouble) => connect.troubles.contains(&trouble),
            Self::NotSent => connect.outcome.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_ends_of_connects() {
        let parsed = "refused, hung-up,not_sent".parse::<Expectation>().unwrap();
        let all = [
            Expected::Outcome(Outcome::Refused),
            Expected::Trouble(Trouble::HungUp),
            Expected::NotSent,
        ];
        assert_eq!(parsed.0, all);
        let error = "open".parse::<Expectation>().unwrap_err().to_string();
        assert!(
            error.starts_with("'open' is no outcome: one of established, "),
            "{error}"
        );
        assert!(
            "pending".parse::<Expectation>().is_err(),
            "nobody can expect that"
        );
    }
}
