//! [`Classifier`]: inference with a trained network.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, TensorData};
use lenet_backend::floats;

use crate::{Error, LeNet, Metadata, Normalisation, StateDict, numbers, weights};

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
    metadata: Metadata,
}

impl Classifier {
    /// A classifier on the device of `net`, without metadata. It does not track gradients, even if that device
    /// does.
    pub fn new(net: LeNet) -> Self {
        let net = net.valid();
        let device = net.conv1.weight.val().device();
        Self { net, device, metadata: Metadata::new() }
    }

    /// A classifier with the weights `state` and their metadata.
    pub fn with_state_dict(state: &StateDict, device: &Device) -> Self {
        let classifier = Self::new(LeNet::with_state_dict(state, device));
        Self { metadata: state.metadata().clone(), ..classifier }
    }

    /// A classifier with the weights and the metadata in the file `path`, in any format that [`weights`] reads.
    ///
    /// # Errors
    /// As [`weights::load`].
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        weights::read_state_dict(path.as_ref()).map(|state| Self::with_state_dict(&state, device))
    }

    /// Sets the names of the classes, the normalisation and the temperature.
    ///
    /// # Errors
    /// As [`StateDict::with_metadata`](crate::StateDict::with_metadata).
    pub fn with_metadata(self, metadata: Metadata) -> Result<Self, Error> {
        metadata.check(self.classes())?;
        Ok(Self { metadata, ..self })
    }

    /// The network, which does not track gradients.
    pub fn net(&self) -> &LeNet {
        &self.net
    }

    /// Names of the classes and normalisation, as far as they are known.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.net.classes()
    }

    /// The name of a class: its number if it has no other.
    pub fn class_name(&self, class: u8) -> String {
        self.metadata.class_name(class)
    }

    /// The normalisation of the images: that of the metadata, else [`Normalisation::MNIST`].
    pub fn normalisation(&self) -> Normalisation {
        self.metadata.normalisation.unwrap_or(Normalisation::MNIST)
    }

    /// Normalises `images` and classifies them as [`classify`](Self::classify) does.
    ///
    /// - `images`: `[batch, 32, 32]`, row-major, from 0 (background) to 255 (ink), as lenet-data makes them
    ///
    /// # Errors
    /// As [`classify`](Self::classify).
    pub fn classify_pixels(&self, images: &[u8]) -> Result<Vec<Prediction>, Error> {
        self.classify(&self.normalisation().apply(images))
    }

    /// Classifies `images` and returns a prediction for each, in the same order.
    ///
    /// - `images`: `[batch, 32, 32]`, row-major, normalised like the training images
    ///   ([`normalisation`](Self::normalisation)); `batch` may be 0
    ///
    /// # Errors
    /// [`Error::Images`] if the length is not a multiple of 32×32, [`Error::NotFinite`] if the logits of an
    /// image are not finite, [`Error::Device`] if the device fails.
    pub fn classify(&self, images: &[f32]) -> Result<Vec<Prediction>, Error> {
        let (logits, temperature) = (self.logits(images)?, self.metadata.temperature.unwrap_or(1.0));
        let predictions = logits.chunks_exact(self.classes()).enumerate().map(|(image, logits)| {
            let prediction = Prediction::at_temperature(logits, temperature);
            prediction.ok_or(Error::NotFinite { image })
        });
        predictions.collect()
    }

    /// The logits of `images`, which no temperature has divided: `[batch, classes]`, row-major.
    ///
    /// - `images`: as for [`classify`](Self::classify)
    ///
    /// # Errors
    /// [`Error::Images`] if the length is not a multiple of 32×32, [`Error::Device`] if the device fails.
    pub fn logits(&self, images: &[f32]) -> Result<Vec<f32>, Error> {
        if !images.len().is_multiple_of(PIXELS) {
            return Err(Error::Images { found: images.len() });
        }
        let mut logits = Vec::with_capacity(images.len() / PIXELS * self.classes());
        for batch in images.chunks(BATCH * PIXELS) {
            logits.extend(self.logits_of_batch(batch)?);
        }
        Ok(logits)
    }

    /// `[batch, 32, 32]` to `[batch, classes]`.
    fn logits_of_batch(&self, images: &[f32]) -> Result<Vec<f32>, Error> {
        let images = TensorData::new(images.to_vec(), [images.len() / PIXELS, 1, 32, 32]);
        let logits = self.net.forward(floats(images, &self.device));
        numbers::of_tensor("logits", logits)
    }
}

/// The prediction of a [`Classifier`] for one image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// The probability of each class: the softmax of the logits. They sum to 1 within rounding.
    pub probabilities: Vec<f32>,
}

impl Prediction {
    /// A prediction with these probabilities of the classes, at most [`MOST_CLASSES`](crate::MOST_CLASSES).
    pub fn new(probabilities: impl Into<Vec<f32>>) -> Self {
        Self { probabilities: probabilities.into() }
    }

    /// The softmax of `logits`, computed in f64 relative to the largest logit, so that it cannot overflow;
    /// `None` if a logit is not finite.
    pub fn from_logits(logits: &[f32]) -> Option<Self> {
        Self::at_temperature(logits, 1.0)
    }

    /// As [`from_logits`](Self::from_logits), of the logits divided by `temperature`, a number above 0.
    pub fn at_temperature(logits: &[f32], temperature: f64) -> Option<Self> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return None;
        }
        let largest = logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
        let exponentials: Vec<f64> =
            logits.iter().map(|&logit| ((f64::from(logit) - largest) / temperature).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        let probabilities = exponentials.iter().map(|exponential| (exponential / sum) as f32);
        Some(Self::new(probabilities.collect::<Vec<_>>()))
    }

    /// The most probable class; the smaller one if two are equally probable.
    pub fn class(&self) -> u8 {
        let larger = |best, class| {
            if self.probabilities[class] > self.probabilities[best] { class } else { best }
        };
        (1..self.probabilities.len()).fold(0, larger) as u8
    }

    /// The most probable digit, 0 to 9, of a network that reads digits: its [`class`](Self::class).
    pub fn digit(&self) -> u8 {
        self.class()
    }

    /// The `n` most probable classes with their probabilities, in descending order; of equally probable ones
    /// the smaller first.
    pub fn top(&self, n: usize) -> Vec<(u8, f32)> {
        let mut ranked: Vec<(u8, f32)> = (0..=u8::MAX).zip(self.probabilities.iter().copied()).collect();
        ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        ranked.truncate(n);
        ranked
    }
}
