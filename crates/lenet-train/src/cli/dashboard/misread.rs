//! The validation images that a network misreads.

use lenet_backend::Device;
use lenet_data::{DigitSet, Samples};
use lenet_model::LeNet;
use lenet_train::Error;

/// Images of a batch, and images that are searched at most: a few milliseconds.
const BATCH: usize = 250;
const SEARCHED: usize = 1_000;
/// Number of misread images that fit on a wide terminal.
const MOST: usize = 8;

/// A misread image.
#[derive(Debug)]
pub(super) struct Misread {
    pub(super) width: usize,
    /// Rows of bytes, from 0 (background) to 255 (ink).
    pub(super) pixels: Vec<u8>,
    /// Names of the right class and of the class that the network answers.
    pub(super) label: String,
    pub(super) answer: String,
}

/// The first images of `digits` that `net` misreads.
pub(super) fn find(net: &LeNet, digits: &DigitSet, device: &Device) -> Result<Vec<Misread>, Error> {
    let mut misread = Vec::new();
    let images: Vec<usize> = (0..digits.len().min(SEARCHED)).collect();
    let size = digits.width() * digits.height();
    for batch in images.chunks(BATCH) {
        let logits = net.forward(digits.gather(batch)?.to_device(device).images);
        let logits = logits.try_into_vec_as::<f32>().map_err(|error| Error::Device(error.to_string()))?;
        for (&image, logits) in batch.iter().zip(logits.chunks_exact(net.classes())) {
            let (label, answer) = (digits.labels()[image], highest(logits));
            if label != answer {
                misread.push(Misread {
                    width: digits.width(),
                    pixels: digits.pixels()[image * size..(image + 1) * size].to_vec(),
                    label: digits.class_name(label),
                    answer: digits.class_name(answer),
                });
            }
            if misread.len() == MOST {
                return Ok(misread);
            }
        }
    }
    Ok(misread)
}

/// Index of the largest number, the first one of equal ones.
fn highest(numbers: &[f32]) -> u8 {
    let larger = |best: usize, index: usize| if numbers[index] > numbers[best] { index } else { best };
    (0..numbers.len()).fold(0, larger) as u8 // There are at most 256 classes.
}
