//! [`Classifier`]: a trained network that is asked again and again.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use crate::{Error, LeNet, weights};

/// Numbers of one image, 32×32.
const PIXELS: usize = 32 * 32;
/// Images that go through the network at once. It bounds the memory of a call with many.
const BATCH: usize = 1024;

/// A trained [`LeNet`] that reads digits: loaded once, then asked any number of times from any number of threads.
///
/// ```
/// use std::sync::Arc;
/// use std::thread;
///
/// use lenet_model::{Classifier, LeNet};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let classifier = Classifier::new(LeNet::new(42, &device)); // or Classifier::load("model.safetensors", &device)?
/// let classifier = Arc::new(classifier);
/// let requests = (0..4).map(|_| {
///     let classifier = Arc::clone(&classifier);
///     thread::spawn(move || classifier.classify(&[0.0; 32 * 32]))
/// });
/// for request in requests.collect::<Vec<_>>() {
///     let predictions = request.join().expect("no panic")?;
///     let [(digit, probability), second] = predictions[0].top(2)[..] else { unreachable!() };
///     println!("{digit} ({:.1} %), or perhaps {}", 100.0 * probability, second.0);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classifier {
    net: LeNet,
    device: Device,
}

impl Classifier {
    /// A classifier on the device of `net`. Gradients are not tracked, even if that device does.
    pub fn new(net: LeNet) -> Self {
        let net = net.valid();
        let device = net.conv1.weight.val().device();
        Self { net, device }
    }

    /// A classifier with the weights in `path`, in any format that [`weights`] reads.
    ///
    /// # Errors
    /// As [`weights::load`].
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        weights::load(path.as_ref(), device).map(Self::new)
    }

    /// The prediction for each of `images`, in their order.
    ///
    /// - `images`: `[batch, 32, 32]` row-major, normalised as those that the network was trained on
    ///   (lenet-data has the formula); none at all is fine
    ///
    /// # Errors
    /// [`Error::Images`] if they are no whole number of images, [`Error::NotFinite`] if one of them has no
    /// prediction, [`Error::Device`] if the device failed.
    pub fn classify(&self, images: &[f32]) -> Result<Vec<Prediction>, Error> {
        if !images.len().is_multiple_of(PIXELS) {
            return Err(Error::Images { found: images.len() });
        }
        let mut predictions = Vec::with_capacity(images.len() / PIXELS);
        for batch in images.chunks(BATCH * PIXELS) {
            for logits in self.logits(batch)?.as_chunks().0 {
                let prediction = Prediction::new(logits);
                predictions.push(prediction.ok_or(Error::NotFinite { image: predictions.len() })?);
            }
        }
        Ok(predictions)
    }

    /// `[batch, 32, 32]` to `[batch, 10]`.
    fn logits(&self, images: &[f32]) -> Result<Vec<f32>, Error> {
        let images = TensorData::new(images.to_vec(), [images.len() / PIXELS, 1, 32, 32]);
        let logits = self.net.forward(Tensor::from_data(images, &self.device));
        logits.try_into_vec_as().map_err(Error::device)
    }
}

/// What a [`Classifier`] thinks of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The softmax of the logits: for each digit, how probable the network holds it. They sum to 1 within rounding.
    pub probabilities: [f32; 10],
}

impl Prediction {
    /// The softmax, taken in f64 relative to the largest logit so that nothing overflows; nothing if a logit is
    /// not finite.
    fn new(logits: &[f32; 10]) -> Option<Self> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return None;
        }
        let logits = logits.map(f64::from);
        let largest = logits.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let exponentials = logits.map(|logit| (logit - largest).exp());
        let sum: f64 = exponentials.iter().sum();
        Some(Self { probabilities: exponentials.map(|exponential| (exponential / sum) as f32) })
    }

    /// The most probable digit, 0 to 9; of equals the smaller.
    pub fn digit(&self) -> u8 {
        let larger = |best, digit| {
            if self.probabilities[digit] > self.probabilities[best] { digit } else { best }
        };
        (1..10).fold(0, larger) as u8
    }

    /// The `n` most probable digits with their probabilities, the most probable first; of equals the smaller.
    pub fn top(&self, n: usize) -> Vec<(u8, f32)> {
        let mut ranked: Vec<(u8, f32)> = (0..10).zip(self.probabilities).collect();
        ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        ranked.truncate(n);
        ranked
    }
}
