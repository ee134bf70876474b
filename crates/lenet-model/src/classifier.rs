//! [`Classifier`]: inference with a trained network.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use crate::{Error, LeNet, StateDict, weights};

/// Number of pixels of an image.
const PIXELS: usize = 32 * 32;
/// Maximum number of images in one forward pass: bounds the memory of a call.
const BATCH: usize = 1024;

/// A trained [`LeNet`] for inference: loaded once, then called any number of times from any number of
/// threads.
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
    temperature: f64,
}

impl Classifier {
    /// A classifier on the device of `net`, with temperature 1. It does not track gradients, even if that device
    /// does.
    pub fn new(net: LeNet) -> Self {
        let net = net.valid();
        let device = net.conv1.weight.val().device();
        Self { net, device, temperature: 1.0 }
    }

    /// A classifier with the weights `state` and the temperature of their metadata.
    pub fn with_state_dict(state: &StateDict, device: &Device) -> Self {
        let classifier = Self::new(LeNet::with_state_dict(state, device));
        Self { temperature: state.metadata().temperature.unwrap_or(1.0), ..classifier }
    }

    /// A classifier with the weights in the file `path`, in any format that [`weights`] reads, and the temperature
    /// of their metadata.
    ///
    /// # Errors
    /// As [`weights::load`].
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        weights::read_state_dict(path.as_ref()).map(|state| Self::with_state_dict(&state, device))
    }

    /// Classifies `images` and returns a prediction for each, in the same order.
    ///
    /// - `images`: `[batch, 32, 32]`, row-major, normalised like the training images (lenet-data has the
    ///   formula); `batch` may be 0
    ///
    /// # Errors
    /// [`Error::Images`] if the length is not a multiple of 32×32, [`Error::NotFinite`] if the logits of an
    /// image are not finite, [`Error::Device`] if the device fails.
    pub fn classify(&self, images: &[f32]) -> Result<Vec<Prediction>, Error> {
        let logits = self.logits(images)?;
        let predictions = logits.as_chunks().0.iter().enumerate().map(|(image, logits)| {
            let prediction = Prediction::at_temperature(logits, self.temperature);
            prediction.ok_or(Error::NotFinite { image })
        });
        predictions.collect()
    }

    /// The logits of `images`, which no temperature has divided, `[batch, 10]`, row-major.
    ///
    /// - `images`: as for [`classify`](Self::classify)
    ///
    /// # Errors
    /// [`Error::Images`] if the length is not a multiple of 32×32, [`Error::Device`] if the device fails.
    pub fn logits(&self, images: &[f32]) -> Result<Vec<f32>, Error> {
        if !images.len().is_multiple_of(PIXELS) {
            return Err(Error::Images { found: images.len() });
        }
        let mut logits = Vec::with_capacity(images.len() / PIXELS * 10);
        for batch in images.chunks(BATCH * PIXELS) {
            logits.extend(self.logits_of_batch(batch)?);
        }
        Ok(logits)
    }

    /// `[batch, 32, 32]` to `[batch, 10]`.
    fn logits_of_batch(&self, images: &[f32]) -> Result<Vec<f32>, Error> {
        let images = TensorData::new(images.to_vec(), [images.len() / PIXELS, 1, 32, 32]);
        let logits = self.net.forward(Tensor::from_data(images, &self.device));
        logits.try_into_vec_as().map_err(Error::device)
    }
}

/// The prediction of a [`Classifier`] for one image.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// The probability of each digit: the softmax of the logits. They sum to 1 within rounding.
    pub probabilities: [f32; 10],
}

impl Prediction {
    /// A prediction with these probabilities of the digits 0 to 9.
    pub fn new(probabilities: [f32; 10]) -> Self {
        Self { probabilities }
    }

    /// The softmax of `logits`, computed in f64 relative to the largest logit, so that it cannot overflow;
    /// `None` if a logit is not finite.
    pub fn from_logits(logits: &[f32; 10]) -> Option<Self> {
        Self::at_temperature(logits, 1.0)
    }

    /// As [`from_logits`](Self::from_logits), of the logits divided by `temperature`, a number above 0.
    pub fn at_temperature(logits: &[f32; 10], temperature: f64) -> Option<Self> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return None;
        }
        let logits = logits.map(f64::from);
        let largest = logits.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let exponentials = logits.map(|logit| ((logit - largest) / temperature).exp());
        let sum: f64 = exponentials.iter().sum();
        Some(Self::new(exponentials.map(|exponential| (exponential / sum) as f32)))
    }

    /// The most probable digit, 0 to 9; the smaller one if two are equally probable.
    pub fn digit(&self) -> u8 {
        let larger = |best, digit| {
            if self.probabilities[digit] > self.probabilities[best] { digit } else { best }
        };
        (1..10).fold(0, larger) as u8
    }

    /// The `n` most probable digits with their probabilities, in descending order; of equally probable ones
    /// the smaller first.
    pub fn top(&self, n: usize) -> Vec<(u8, f32)> {
        let mut ranked: Vec<(u8, f32)> = (0..10).zip(self.probabilities).collect();
        ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        ranked.truncate(n);
        ranked
    }
}
