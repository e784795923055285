//! Chance that is the same in every run.

/// The splitmix64 generator: small, fast, and good enough to scatter addresses and times.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A sequence that depends on nothing but the seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 32 random bits.
    pub(super) fn word(&mut self) -> u32 {
        let [_, _, _, _, first, second, third, fourth] = self.bits().to_be_bytes();
        u32::from_be_bytes([first, second, third, fourth])
    }

    /// 16 random bits.
    pub(super) fn half_word(&mut self) -> u16 {
        let [.., first, second] = self.word().to_be_bytes();
        u16::from_be_bytes([first, second])
    }

    /// From 0 to `bound` - 1; the bias of so few values of 64 bits does not matter here.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let scaled = (u64::from(self.word()) * u64::from(bound)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }
}
