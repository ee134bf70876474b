//! Random numbers of the pictures: SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable
//! pseudorandom number generators", 2014). The sequence of a seed never changes with the version of a
//! dependency.

/// A generator of random numbers.
pub struct Rng(u64);

impl Rng {
    /// The generator of picture `index` of the kind with number `kind`.
    pub fn of(kind: usize, index: usize) -> Self {
        Self(((kind as u64) << 32) | index as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }

    /// A number from `low` to `high`.
    pub fn real(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.next() >> 40) as f32 / (1_u64 << 24) as f32)
    }
}
