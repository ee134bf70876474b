//! How good a classifier is.

use burn::tensor::{Device, Tensor};
use lenet_data::{DigitSet, Loader};

use crate::{Error, Loss};

/// Loss and accuracy over a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The mean loss.
    pub loss: f64,
    /// The share of samples whose highest score is at the label, 0 to 1.
    pub accuracy: f64,
    /// The number of samples.
    pub samples: usize,
}

/// Evaluates a classifier on every digit of `digits`. Of an empty set, loss and accuracy are NaN.
///
/// - `forward`: images `[batch, 1, 32, 32]` on `device` to scores `[batch, 10]`
///
/// # Errors
/// [`Error::Data`] from the loader, [`Error::Device`] if a number cannot be read back.
pub fn evaluate(
    digits: &Loader<DigitSet>,
    device: &Device,
    loss: Loss,
    forward: impl Fn(Tensor<4>) -> Tensor<2>,
) -> Result<Evaluation, Error> {
    let device_error = |error: burn::tensor::TensorReadError| Error::Device(error.to_string());
    let (mut loss_sum, mut correct, mut samples) = (0.0, 0, 0);
    for batch in digits.epoch(0) {
        let batch = batch?.to_device(device);
        let [size] = batch.labels.dims();
        let logits = forward(batch.images);
        let right = logits.clone().argmax(1).squeeze_dim::<1>(1).equal(batch.labels.clone());
        correct += right.int().sum().try_into_scalar::<i64>().map_err(device_error)?;
        let mean = loss.forward(logits, batch.labels).try_into_scalar::<f32>().map_err(device_error)?;
        loss_sum += f64::from(mean) * size as f64;
        samples += size;
    }
    Ok(Evaluation { loss: loss_sum / samples as f64, accuracy: correct as f64 / samples as f64, samples })
}
