//! [`Distorted`]: augmentation by random affine and elastic distortion.

mod grid;
mod resample;
mod settings;

use lenet_threads::for_each_awake;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{Error, HostBatch, SIDE, Samples};

pub use settings::Distortion;

/// Makes the key differ from that of [`permutation`](crate::permutation), which may have the same seed.
const KEY: u64 = 0x4449_5354_4f52_5421; // "DISTORT!"

const PIXELS: usize = SIDE * SIDE;
/// Number of images that one thread distorts at a time.
const IMAGES_PER_PIECE: usize = 8;

/// Augmentation by distortion: every epoch rotates, shears, scales, moves and bends every image of `samples`
/// at random, within the limits of a [`Distortion`].
///
/// The distortion of an image is a pure function of (seed, epoch, index of the image), computed in `f32`
/// and `f64` with operations whose rounding IEEE 754 defines: all platforms and numbers of threads give the
/// same bits. Pixels are interpolated bilinearly, at positions rounded to 1/256 pixel. Where a distortion
/// reaches outside the image, the nearest pixel of its edge continues; the edge of MNIST's digits is
/// background.
///
/// [`Samples::gather`] returns the images without a distortion.
///
/// ```
/// use lenet_data::{Distorted, Distortion, Loader, synthetic};
///
/// let distortion = Distortion::none().rotation(10.0).scale(0.1).elastic(0.6);
/// let digits = Distorted::new(synthetic::digits(42, 0..100)?, distortion, 7)?;
/// let loader = Loader::new(digits, 32)?.shuffle(7);
/// # assert_eq!(loader.epoch(0).count(), 4);
/// # Ok::<(), lenet_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Distorted<S> {
    samples: S,
    distortion: Distortion,
    seed: u64,
}

impl<S: Samples<Batch = HostBatch>> Distorted<S> {
    /// Distorts `samples` within the limits of `distortion`; [`Distortion::none`] changes no bit.
    ///
    /// # Errors
    /// [`Error::Distortion`] if a limit is out of its range.
    pub fn new(samples: S, distortion: Distortion, seed: u64) -> Result<Self, Error> {
        distortion.check()?;
        Ok(Self { samples, distortion, seed })
    }
}

impl<S: Samples<Batch = HostBatch>> Samples for Distorted<S> {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.samples.len()
    }

    /// The images without a distortion.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        self.samples.gather(indices)
    }

    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<HostBatch, Error> {
        let mut batch = self.samples.gather_in(epoch, indices)?;
        if self.distortion != Distortion::none() {
            distort(&mut batch.images, &self.distortion, self.seed, epoch, indices);
        }
        Ok(batch)
    }
}

/// Distorts the images of a batch. It is not generic: it is compiled in this package, with its settings, and not in the one that
/// uses it.
fn distort(images: &mut [f32], distortion: &Distortion, seed: u64, epoch: u64, indices: &[usize]) {
    let pieces = images.chunks_mut(IMAGES_PER_PIECE * PIXELS);
    for_each_awake(pieces.zip(indices.chunks(IMAGES_PER_PIECE)), |(images, indices)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ KEY);
        rng.set_stream(epoch);
        for (image, &index) in images.chunks_exact_mut(PIXELS).zip(indices) {
            rng.set_word_pos(grid::WORDS * index as u128);
            resample::resample(image, &grid::random(distortion, &mut rng));
        }
    });
}
