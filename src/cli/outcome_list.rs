//! A list of outcomes as typed: `refused,dropped` or `failed`.

use std::str::FromStr;

use crate::handshake::Outcome;

/// The outcomes named, each once, in the order of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutcomeList(pub(super) Vec<Outcome>);

impl FromStr for OutcomeList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut named = Vec::new();
        for word in text.split(',').map(str::trim) {
            let word = word.to_lowercase().replace('-', "_");
            match Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.name() == word)
            {
                Some(outcome) => named.push(outcome),
                None if word == "failed" => {
                    named.extend(
                        Outcome::ALL
                            .into_iter()
                            .filter(|outcome| outcome.is_failure()),
                    );
                }
                None => {
                    let known: Vec<&str> =
                        Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
                    return Err(format!(
                        "'{word}' is no outcome; they are {} and failed",
                        known.join(", ")
                    ));
                }
            }
        }
        named.sort_unstable();
        named.dedup();
        Ok(Self(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_stands_for_all_failures() {
        let list: OutcomeList = "failed,pending".parse().unwrap();
        assert_eq!(list.0.len(), 7);
        assert!(!list.0.contains(&Outcome::Established) && list.0.contains(&Outcome::Pending));
        assert_eq!(
            "half-open".parse(),
            Ok(OutcomeList(vec![Outcome::HalfOpen]))
        );
        assert!("refusd".parse::<OutcomeList>().is_err());
    }
}
