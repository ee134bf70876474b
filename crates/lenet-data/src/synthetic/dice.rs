//! [`Dice`]: the random numbers of one image.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The random numbers of one image: a stream of its own of the generator that the seed starts.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbers of image `index`.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        Self(rng)
    }

    /// Uniform in [0, 1). The 24 bits are all that an `f32` holds, so that no rounding enters.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform between `low` and `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Bell-shaped around 0, of standard deviation 1, within ±3: a sum of three uniform numbers. A normal
    /// number takes a logarithm, whose last bit depends on the platform.
    pub(super) fn bell(&mut self) -> f32 {
        2.0 * (self.unit() + self.unit() + self.unit() - 1.5)
    }
}
