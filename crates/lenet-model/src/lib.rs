//! The network of PyTorch's "Neural Networks" tutorial on Burn: LeNet, for 32×32 grey images of digits, or of
//! other classes.
//!
//! ```
//! use burn::Tensor;
//! use lenet_model::LeNet;
//!
//! let device = lenet_backend::open(&"flex".parse()?)?;
//! let net = LeNet::new(42, &device); // 42 is the seed of the initial weights
//! println!("{net}"); // in PyTorch's form
//!
//! let images = Tensor::<4>::zeros([8, 1, 32, 32], &device);
//! let logits = net.forward(images);
//! assert_eq!(logits.dims(), [8, 10]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Classifier`] classifies images with a trained network. [`weights`] reads and writes weights,
//! [`StateDict`] holds them on the host with PyTorch's names, [`summary`] counts parameters and
//! multiply-adds. This crate knows no optimizer, no data set and no concrete backend: the
//! [`Device`](burn::tensor::Device) of a call decides where tensors are.

pub mod calibration;
mod classifier;
mod edges;
mod error;
mod lenet;
mod metadata;
mod numbers;
mod pass;
#[cfg(feature = "pretrained")]
pub mod pretrained;
mod print;
mod state_dict;
mod summary;
pub mod weights;

pub use classifier::{Classifier, Prediction};
pub use error::Error;
pub use lenet::{Activations, LeNet};
pub use metadata::{Metadata, Normalisation};
pub use pass::ForwardPass;
pub use state_dict::{MOST_CLASSES, Parameter, StateDict};
pub use summary::{Layer, Summary, summary, summary_with_classes};
