//! Trained weights in the package, with their provenance (feature `pretrained`).
//!
//! ```
//! use lenet_model::{Classifier, LeNet, pretrained};
//!
//! let device = lenet_backend::open(&"flex".parse()?)?;
//! let net = LeNet::pretrained(&device); // for more training
//! let classifier = Classifier::pretrained(&device); // for predictions, with calibrated probabilities
//! println!("{}", pretrained::PROVENANCE); // settings, seed, data, test accuracy, the command that repeats them
//! # let _ = classifier.classify(&[0.0; 32 * 32])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use burn::tensor::Device;

use crate::weights::{Format, from_bytes};
use crate::{Classifier, LeNet, StateDict};

/// The trained weights: the content of a safetensors file. [`PROVENANCE`] has its SHA-256.
pub const WEIGHTS: &[u8] = include_bytes!("../pretrained/lenet.safetensors");

/// How the weights were made, as a JSON object: the command that repeats them, settings, seed, commit, the
/// SHA-256 of the training images and of [`WEIGHTS`], and the accuracy and the calibration on MNIST's
/// test images.
pub const PROVENANCE: &str = include_str!("../pretrained/provenance.json");

impl LeNet {
    /// A network trained on MNIST, with the weights in this package.
    pub fn pretrained(device: &Device) -> Self {
        Self::with_state_dict(&StateDict::pretrained(), device)
    }
}

impl Classifier {
    /// A classifier trained on MNIST, with the weights in this package and their temperature.
    pub fn pretrained(device: &Device) -> Self {
        Self::with_state_dict(&StateDict::pretrained(), device)
    }
}

impl StateDict {
    /// The trained weights in this package.
    pub fn pretrained() -> Self {
        // Reading depends on the bytes of the package alone, and the tests read them.
        #[allow(clippy::expect_used)]
        from_bytes(WEIGHTS, Format::Safetensors).expect("the package has weights that its tests read")
    }
}
