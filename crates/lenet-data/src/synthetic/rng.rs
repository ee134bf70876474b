//! [`GlyphRng`]: the random number generator of one image.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The random number generator of one image: the seed is the key of a ChaCha8 cipher, the index of the image
/// its stream.
pub(super) struct GlyphRng(ChaCha8Rng);

impl GlyphRng {
    /// The generator of image `index`.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        Self(rng)
    }

    /// Uniform in [0, 1). Has 24 random bits, which an `f32` holds without rounding.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform between `low` and `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Approximately normal with mean 0 and standard deviation 1, within ±3: a sum of three uniform numbers.
    /// An exact normal distribution needs a logarithm, whose last bit depends on the platform.
    pub(super) fn bell(&mut self) -> f32 {
        2.0 * (self.unit() + self.unit() + self.unit() - 1.5)
    }
}
