//! About how many different clients there were, in a kilobyte, however many (`HyperLogLog`).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::fixed_hash;

const REGISTERS: usize = 1024;

/// Of the clients whose hash begins with this register's number, the most zeros that followed, and
/// one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub(super) struct ClientSketch([u8; REGISTERS]);

impl From<ClientSketch> for Vec<u8> {
    fn from(sketch: ClientSketch) -> Self {
        sketch.0.to_vec()
    }
}

impl TryFrom<Vec<u8>> for ClientSketch {
    type Error = &'static str;

    fn try_from(registers: Vec<u8>) -> Result<Self, Self::Error> {
        let registers = registers.try_into();
        registers.map(Self).map_err(|_| "a sketch of another size")
    }
}

impl Default for ClientSketch {
    fn default() -> Self {
        Self([0; REGISTERS])
    }
}

impl ClientSketch {
    /// Takes note of a client; once more changes nothing.
    pub(super) fn insert(&mut self, client: IpAddr) {
        let hash = fixed_hash::of_address(client);
        let register = usize::try_from(hash >> 54).unwrap_or(0);
        let zeros = u8::try_from((hash << 10).leading_zeros().min(54) + 1).unwrap_or(u8::MAX);
        if let Some(known) = self.0.get_mut(register) {
            *known = zeros.max(*known);
        }
    }

    /// About how many there are, to within a few in a hundred.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate, which is positive and far below 2^52"
    )]
    pub(super) fn count(&self) -> usize {
        let registers = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|zeros| (-f64::from(*zeros)).exp2()).sum();
        let estimate = 0.720_5 * registers * registers / sum;
        let is_empty = |zeros: &u8| u32::from(*zeros == 0);
        let empty: u32 = self.0.iter().map(is_empty).sum();
        let is_few = estimate <= 2.5 * registers && empty > 0;
        let best = if is_few {
            registers * (registers / f64::from(empty)).ln()
        } else {
            estimate
        };
        best.round() as usize
    }
}

impl Facts for ClientSketch {
    fn merge(&mut self, other: Self) {
        for (known, others) in self.0.iter_mut().zip(other.0) {
            *known = others.max(*known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_about_how_many() {
        for count in [0, 7, 200, 5_000, 300_000_u32] {
            let mut sketch = ClientSketch::default();
            for number in 0..count {
                sketch.insert(std::net::Ipv4Addr::from_bits(number).into());
            }
            let mut twice = sketch.clone();
            twice.merge(sketch.clone());
            assert_eq!(twice, sketch);
            let told = sketch.count();
            let near = u64::from(count) * 90 / 100..=u64::from(count) * 110 / 100;
            assert!(near.contains(&(told as u64)), "{told} of {count}");
        }
    }
}
