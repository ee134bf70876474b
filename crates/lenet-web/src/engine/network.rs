//! [`Network`]: weights with a network of them.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use lenet_backend::floats;
use lenet_model::weights::{self, Format};
use lenet_model::{Classifier, LeNet, Normalisation, StateDict};

use super::PIXELS;
use crate::Error;

/// A network, its weights and what they say about themselves.
#[derive(Clone, Debug)]
pub struct Network {
    state: StateDict,
    /// On a device that tracks gradients.
    pub(super) net: LeNet,
    pub(super) classifier: Classifier,
}

/// What a network says about itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct About {
    /// Number of classes.
    pub classes: usize,
    /// Names of the classes: their numbers if they have no others.
    pub class_names: Vec<String>,
    /// Mean and standard deviation of the training pixels, on a scale from 0 to 1.
    pub mean: f32,
    /// See [`mean`](Self::mean).
    pub std: f32,
    /// The number that the logits are divided by before the softmax; 1 if none is stored.
    pub temperature: f64,
    /// How many numbers were learned.
    pub parameters: usize,
}

impl Network {
    /// The trained weights in lenet-model's package.
    pub fn pretrained() -> Self {
        Self::new(super::pretrained::state())
    }

    /// Random initial weights of a seed, for ten classes.
    pub fn initial(seed: u64) -> Self {
        Self::new(StateDict::random(seed))
    }

    /// The weights in the bytes of a file called `name`: `.safetensors`, or of PyTorch. Not the other formats that
    /// lenet-model reads: a page would be larger by their readers.
    ///
    /// # Errors
    /// [`Error::Model`] with `name` and what is wrong.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let state = match Format::from_content(bytes) {
            Some(Format::Safetensors) => weights::from_bytes(bytes, Format::Safetensors),
            Some(Format::Pytorch) => weights::from_bytes(bytes, Format::Pytorch),
            _ => Err(lenet_model::Error::UnknownContent { expected: ".safetensors, .pt or .pth" }),
        };
        let in_file = |reason| lenet_model::Error::File { path: name.into(), reason: Box::new(reason) };
        Ok(Self::new(state.map_err(in_file)?))
    }

    /// A network with these weights.
    pub fn new(state: StateDict) -> Self {
        let device = device();
        let classifier = Classifier::with_state_dict(&state, &device);
        Self { net: LeNet::with_state_dict(&state, &device.autodiff()), classifier, state }
    }

    /// The weights of a network in training, with the class names and the normalisation of `start`. Its temperature
    /// was fitted to other weights.
    pub(super) fn trained(net: &LeNet, start: &StateDict) -> Result<Self, Error> {
        let mut metadata = start.metadata().clone();
        metadata.temperature = None;
        Ok(Self::new(net.valid().state_dict()?.with_metadata(metadata)?))
    }

    /// The bytes of a `.safetensors` file, which `lenet-train eval` and `predict` read.
    ///
    /// # Errors
    /// [`Error::Model`] if the file cannot be made.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, Error> {
        Ok(weights::to_bytes(&self.state, Format::Safetensors)?)
    }

    /// The parameters with PyTorch's names and layouts.
    pub fn state(&self) -> &StateDict {
        &self.state
    }

    /// What the network says about itself.
    pub fn about(&self) -> About {
        let classes = self.classifier.classes();
        let Normalisation { mean, std, .. } = self.classifier.normalisation();
        About {
            classes,
            class_names: (0..classes).map(|class| self.classifier.class_name(class as u8)).collect(),
            mean,
            std,
            temperature: self.classifier.metadata().temperature.unwrap_or(1.0),
            parameters: self.state.parameters().iter().map(|parameter| parameter.values.len()).sum(),
        }
    }

    /// The probabilities of the classes for each of `images`, `[n, 32, 32]`, from 0 (background) to 255: `[n,
    /// classes]`, row-major.
    ///
    /// # Errors
    /// [`Error::Model`] if the length is not a multiple of 32×32, or logits are not finite.
    pub fn probabilities(&self, images: &[u8]) -> Result<Vec<f32>, Error> {
        let predictions = self.classifier.classify_pixels(images)?;
        Ok(predictions.into_iter().flat_map(|prediction| prediction.probabilities).collect())
    }

    /// The network's input for one image, `[1, 1, 32, 32]`, on a device that tracks gradients.
    pub(super) fn input(&self, normalised: Vec<f32>) -> Tensor<4> {
        floats(TensorData::new(normalised, [1, 1, 32, 32]), &device().autodiff())
    }

    /// One image, normalised.
    pub(super) fn normalised(&self, image: &[u8]) -> Result<Vec<f32>, Error> {
        if image.len() != PIXELS {
            return Err(Error::argument(
                "the image",
                format!("{} pixels", image.len()),
                "32×32, which are 1024",
            ));
        }
        Ok(self.classifier.normalisation().apply(image))
    }

    pub(super) fn check_class(&self, class: usize) -> Result<(), Error> {
        let classes = self.classifier.classes();
        if class < classes {
            Ok(())
        } else {
            Err(Error::argument("the class", class, format!("0 to {}", classes - 1)))
        }
    }
}

/// The device of the page: Burn's flex, with this workspace's kernels.
fn device() -> Device {
    // The only error is a build without flex, and this crate's Cargo.toml has the feature.
    #[allow(clippy::expect_used)]
    let device = lenet_backend::open(&lenet_backend::DeviceSpec::Flex).expect("flex is compiled in");
    device
}

/// The numbers of a tensor, row-major.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let data = tensor.try_into_data().map_err(|error| Error::Device(error.to_string()))?;
    data.try_into_vec().map_err(|error| Error::Device(error.to_string()))
}
