//! From bytes to what the network reads: padding to 32×32 and normalisation.

use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_threads::in_pieces;

use crate::{DigitSet, Error, Samples};

/// Rows and columns of an image that the network reads.
pub const SIDE: usize = 32;
/// Mean of MNIST's training pixels on a scale of 0 to 1.
pub const MEAN: f32 = 0.1307;
/// Standard deviation of MNIST's training pixels on a scale of 0 to 1.
pub const STD: f32 = 0.3081;

const PIXELS: usize = SIDE * SIDE;
/// So many are built by one thread at a time.
const IMAGES_PER_PIECE: usize = 8;

/// Images and labels on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, 1, 32, 32]`, normalised.
    pub images: Tensor<4>,
    /// `[batch]`, 0 to 9.
    pub labels: Tensor<1, Int>,
}

/// Images and labels on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBatch {
    /// `batch × 32 × 32` normalised pixels, row-major.
    pub images: Vec<f32>,
    /// `batch` labels, 0 to 9.
    pub labels: Vec<i64>,
}

impl HostBatch {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Moves the batch to `device`.
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

    /// Pads each image with background to 32×32, in the middle, then normalises: (x/255 − 0.1307) / 0.3081,
    /// in f32, in this order.
    ///
    /// # Errors
    /// [`Error::Shape`] if the images are larger than 32×32.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        let (height, width) = (self.height(), self.width());
        if height > SIDE || width > SIDE {
            return Err(Error::Shape(format!("images of {height}x{width} do not fit {SIDE}x{SIDE}")));
        }
        let images =
            in_pieces(indices.len() * PIXELS, IMAGES_PER_PIECE * PIXELS, NORMALISED[0], |piece, images| {
                let indices = indices[piece * IMAGES_PER_PIECE..].iter().take(IMAGES_PER_PIECE);
                // Copied together first: shuffled images lie anywhere in memory, and a plain copy waits for many at once.
                let together = indices.map(|&index| self.image(index)).collect::<Vec<_>>().concat();
                let pairs = images.chunks_exact_mut(PIXELS).zip(together.chunks_exact(height * width));
                pairs.for_each(|(padded, image)| put_in_the_middle(padded, image, width));
            });
        Ok(HostBatch { images, labels: indices.iter().map(|&index| self.label(index).into()).collect() })
    }
}

/// Writes an image with rows of `width` pixels, normalised, into the middle of one of 32×32.
fn put_in_the_middle(padded: &mut [f32], image: &[u8], width: usize) {
    let first = (SIDE - image.len() / width) / 2 * SIDE + (SIDE - width) / 2;
    for (row, pixels) in image.chunks_exact(width).enumerate() {
        let padded = &mut padded[first + row * SIDE..][..width];
        for (value, &pixel) in padded.iter_mut().zip(pixels) {
            *value = NORMALISED[usize::from(pixel)];
        }
    }
}

/// Pixels as the network reads them: (x/255 − 0.1307) / 0.3081, in f32, in this order.
pub fn normalise(pixels: &[u8]) -> Vec<f32> {
    pixels.iter().map(|&pixel| NORMALISED[usize::from(pixel)]).collect()
}

/// What each of the 256 pixel values becomes.
static NORMALISED: [f32; 256] = normalised();

const fn normalised() -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut pixel = 0;
    while pixel < 256 {
        table[pixel] = (pixel as f32 / 255.0 - MEAN) / STD;
        pixel += 1;
    }
    table
}
