//! What is collected in several places, and put together.

/// Facts that were collected of some attempts, and can be put together with those of others.
///
/// It does not matter how attempts were shared out, as long as all of one 4-tuple went to one
/// place, nor in which order their facts are merged: the result is that of one place that saw all.
/// Where a bound was reached by which whole clients or servers are let go
/// ([`Limit`](super::Limit)), it is nearly so.
///
/// What is seen of each packet rather than of each attempt
/// ([`Diagnostician::observe`](super::Diagnostician::observe)) may be collected in one place of its
/// own; names given to one address in two places are only kept from one of them.
pub trait Facts {
    /// Adds what the other knows.
    fn merge(&mut self, other: Self);
}

#[cfg(test)]
mod tests;
