//! [`Classifier`]: inference with a trained network.

use std::path::Path;

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use lenet_backend::{floats, stock};

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
    /// One network, or the members of an ensemble.
    nets: Vec<LeNet>,
    device: Device,
    metadata: Metadata,
}

impl Classifier {
    /// A classifier on the device of `net`, without metadata. It does not track gradients, even if that device
    /// does.
    pub fn new(net: LeNet) -> Self {
        let net = net.valid();
        let device = net.conv1.weight.val().device();
        Self { nets: vec![net], device, metadata: Metadata::new() }
    }

    /// An ensemble: a classifier whose probabilities are the means of those of its `members`, with the metadata of the first one but for
    /// the temperature, which each ensemble has to have fitted anew. (B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and
    /// Scalable Predictive Uncertainty Estimation using Deep Ensembles", 2017.)
    ///
    /// The members must be on one device. Members that were trained from different seeds make different mistakes, so the ensemble
    /// makes fewer; it takes as many times as long.
    ///
    /// # Errors
    /// [`Error::Ensemble`] without members, or if they have other classes or read images of another normalisation or framing.
    pub fn ensemble(members: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        let mut members = members.into_iter();
        let Some(mut ensemble) = members.next() else {
            return Err(Error::Ensemble("it has no members".to_owned()));
        };
        ensemble.metadata.temperature = None;
        for (number, member) in (2..).zip(members) {
            let differs = |what: &str| Error::Ensemble(format!("members 1 and {number} have other {what}"));
            let (one, other) = (&ensemble.metadata, &member.metadata);
            if ensemble.classes() != member.classes() || one.class_names != other.class_names {
                return Err(differs("classes"));
            }
            if ensemble.normalisation() != member.normalisation() {
                return Err(differs("normalisations"));
            }
            if one.whole_images != other.whole_images {
                return Err(differs("framings of the images"));
            }
            ensemble.nets.extend(member.nets);
        }
        Ok(ensemble)
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

    /// The network, which does not track gradients; of an ensemble, the first member.
    pub fn net(&self) -> &LeNet {
        &self.nets[0] // Every constructor gives one or more.
    }

    /// Number of networks: 1, or the number of members of an ensemble.
    pub fn members(&self) -> usize {
        self.nets.len()
    }

    /// Names of the classes and normalisation, as far as they are known.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.net().classes()
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

    /// The logits of `images`, which no temperature has divided: `[batch, classes]`, row-major. The logits of an ensemble are the
    /// logarithms of its probabilities.
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
        let logits = self.forward(floats(images, &self.device));
        numbers::of_tensor("logits", logits)
    }

    /// The [`logits`](Self::logits) as a tensor: `images` is `[batch, 1, 32, 32]` on the device of the network, the result
    /// `[batch, classes]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let [net] = &self.nets[..] else {
            return stock(|| Self::logits_together(self.nets.iter().map(|net| net.forward(images.clone()))));
        };
        net.forward(images)
    }

    /// The [`logits`](Self::logits) of an ensemble from those of its `members`, each `[batch, classes]`: `[batch, classes]`. A
    /// single member has its own.
    ///
    /// # Panics
    /// Without members, or if their shapes or devices differ.
    pub fn logits_together(members: impl IntoIterator<Item = Tensor<2>>) -> Tensor<2> {
        let mut members: Vec<Tensor<2>> = members.into_iter().collect();
        if members.len() == 1 { members.remove(0) } else { log_of_mean(members) }
    }
}

/// The logarithm of the mean probability, relative to the largest of the members' ones, so that no probability underflows to 0.
fn log_of_mean(members: Vec<Tensor<2>>) -> Tensor<2> {
    let logs: Vec<Tensor<2>> = members.into_iter().map(|logits| log_softmax(logits, 1)).collect();
    let largest = logs[1..].iter().fold(logs[0].clone(), |largest, log| largest.max_pair(log.clone()));
    let members = logs.len() as f32;
    let terms = logs.into_iter().map(|log| (log - largest.clone()).exp());
    let sum = terms.reduce(|sum, term| sum + term).unwrap_or_else(|| largest.clone());
    (sum / members).log() + largest
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
