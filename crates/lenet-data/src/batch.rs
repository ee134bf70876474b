//! [`HostBatch`] and [`Batch`]: images padded to 32×32 and normalised, the network's input.

use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_threads::in_pieces;

use crate::{DigitSet, Error, Normalisation, Samples};

/// Number of rows, and of columns, of the network's input images.
pub const SIDE: usize = 32;
/// Mean of MNIST's training pixels, on a scale from 0 to 1.
pub const MEAN: f32 = Normalisation::MNIST.mean;
/// Standard deviation of MNIST's training pixels, on a scale from 0 to 1.
pub const STD: f32 = Normalisation::MNIST.std;

const PIXELS: usize = SIDE * SIDE;
/// Number of images that one thread builds at a time.
const IMAGES_PER_PIECE: usize = 8;

/// Images and labels on a device.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// `[batch, 1, 32, 32]`, normalised.
    pub images: Tensor<4>,
    /// Classes, `[batch]`: 0 to 9 for digits.
    pub labels: Tensor<1, Int>,
}

/// Images and labels on the host.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HostBatch {
    /// Normalised pixels, `[batch × 32 × 32]`, row-major.
    pub images: Vec<f32>,
    /// Classes, `[batch]`, 0 to 9 for digits, in the integer type of Burn's tensors.
    pub labels: Vec<i64>,
}

impl HostBatch {
    /// A batch of `images` `[batch × 32 × 32]` and `labels` `[batch]`.
    pub fn new(images: Vec<f32>, labels: Vec<i64>) -> Self {
        Self { images, labels }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the batch has no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Copies the batch to `device`.
    ///
    /// # Panics
    /// If the numbers of pixels and labels do not match.
    pub fn to_device(self, device: &Device) -> Batch {
        let size = self.len();
        Batch {
            images: Tensor::from_data(TensorData::new(self.images, [size, 1, SIDE, SIDE]), device),
            labels: Tensor::from_data(TensorData::new(self.labels, [size]), device),
        }
    }
}

impl Samples for DigitSet {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        DigitSet::len(self)
    }

    /// Pads each image with background (0) to 32×32, centred, then normalises it with the set's
    /// [`normalisation`](DigitSet::normalisation): (x/255 − mean) / std, in f32, in this order.
    ///
    /// # Errors
    /// [`Error::Shape`] if the images are larger than 32×32, [`Error::Sample`] if the set has no image of an
    /// index.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        let (height, width) = (self.height(), self.width());
        if height > SIDE || width > SIDE {
            return Err(Error::Shape(format!("images of {height}x{width} do not fit {SIDE}x{SIDE}")));
        }
        if let Some(&index) = indices.iter().find(|index| **index >= self.labels().len()) {
            return Err(Error::Sample {
                index,
                reason: format!("expected less than {}", self.labels().len()),
            });
        }
        let own;
        let table = if self.normalisation() == Normalisation::MNIST {
            &NORMALISED
        } else {
            own = self.normalisation().table();
            &own
        };
        let images =
            in_pieces(indices.len() * PIXELS, IMAGES_PER_PIECE * PIXELS, table[0], |piece, images| {
                let indices = indices[piece * IMAGES_PER_PIECE..].iter().take(IMAGES_PER_PIECE);
                // Copied into one buffer first: shuffled images are scattered in memory, and a plain copy
                // waits for several cache misses at once.
                let together = indices.map(|&index| self.image(index)).collect::<Vec<_>>().concat();
                let pairs = images.chunks_exact_mut(PIXELS).zip(together.chunks_exact(height * width));
                pairs.for_each(|(padded, image)| copy_centred(padded, image, width, table));
            });
        Ok(HostBatch::new(images, indices.iter().map(|&index| self.label(index).into()).collect()))
    }
}

/// Normalises an image with rows of `width` pixels and writes it to the middle of a 32×32 image.
fn copy_centred(padded: &mut [f32], image: &[u8], width: usize, table: &[f32; 256]) {
    let first = (SIDE - image.len() / width) / 2 * SIDE + (SIDE - width) / 2;
    for (row, pixels) in image.chunks_exact(width).enumerate() {
        let padded = &mut padded[first + row * SIDE..][..width];
        for (value, &pixel) in padded.iter_mut().zip(pixels) {
            *value = table[usize::from(pixel)];
        }
    }
}

/// Normalises pixels for a network that was trained on MNIST: (x/255 − 0.1307) / 0.3081, in f32, in this order.
pub fn normalise(pixels: &[u8]) -> Vec<f32> {
    pixels.iter().map(|&pixel| NORMALISED[usize::from(pixel)]).collect()
}

/// The values of MNIST's normalisation.
static NORMALISED: [f32; 256] = Normalisation::MNIST.table();
