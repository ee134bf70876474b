//! Loss and accuracy of a module over a set of samples.

use burn::tensor::{Device, Int, Tensor, TensorReadError};
use lenet_data::{HostBatch, Loader, Samples};

use crate::{Error, Loss};

/// Loss and, for a classifier, accuracy over a set of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Mean loss over the samples.
    pub loss: f64,
    /// Top-1 accuracy, in 0..=1; `None` if the task has none. NaN if the loss is: outputs of NaN have no
    /// highest one.
    pub accuracy: Option<f64>,
    /// Number of samples.
    pub samples: u64,
}

impl Evaluation {
    /// A mean loss over `samples` samples, without accuracy.
    pub fn new(loss: f64, samples: u64) -> Self {
        Self { loss, accuracy: None, samples }
    }

    /// Sets the accuracy, in 0..=1.
    pub fn with_accuracy(self, accuracy: f64) -> Self {
        Self { accuracy: Some(accuracy), ..self }
    }
}

/// Loss and, for a classifier, number of correct predictions of one batch; both still on the device.
#[derive(Clone, Debug)]
pub struct BatchEvaluation {
    loss: Tensor<1>,
    correct: Option<Tensor<1, Int>>,
}

impl BatchEvaluation {
    /// Takes the mean loss of the batch, `[1]`.
    pub fn new(loss: Tensor<1>) -> Self {
        Self { loss, correct: None }
    }

    /// Sets the number of correct predictions in the batch, `[1]`.
    pub fn with_correct(self, correct: Tensor<1, Int>) -> Self {
        Self { correct: Some(correct), ..self }
    }
}

/// Evaluates a module on every sample of `samples`: `evaluate_batch` computes the loss of one batch and, if
/// the task has an accuracy, the number of correct predictions. For an empty set the loss is NaN.
///
/// ```
/// use lenet_data::{HostBatch, Loader, synthetic};
/// use lenet_model::LeNet;
/// use lenet_train::{Loss, evaluate};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let net = LeNet::new(42, &device);
/// let digits = Loader::new(synthetic::digits(42, 0..64)?, 16)?;
/// let result = evaluate(&digits, |batch: HostBatch| {
///     let batch = batch.to_device(&device);
///     Loss::CrossEntropy.evaluate(net.forward(batch.images), batch.labels)
/// })?;
/// assert_eq!(result.samples, 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Data`] from the loader, [`Error::Device`] if a number cannot be read back.
pub fn evaluate<S: Samples>(
    samples: &Loader<S>,
    mut evaluate_batch: impl FnMut(S::Batch) -> BatchEvaluation,
) -> Result<Evaluation, Error> {
    let device_error = |error: TensorReadError| Error::Device(error.to_string());
    let (mut loss_sum, mut correct, mut count) = (0.0, None, 0);
    for (number, batch) in samples.epoch(0).enumerate() {
        let size = samples.batch_len(number) as u64;
        let batch = evaluate_batch(batch?);
        if let Some(right) = batch.correct {
            let right = right.try_into_scalar::<i64>().map_err(device_error)?;
            correct = Some(correct.unwrap_or(0) + right);
        }
        let mean = batch.loss.try_into_scalar::<f32>().map_err(device_error)?;
        loss_sum += f64::from(mean) * size as f64;
        count += size;
    }
    // Of NaN, `argmax` returns some class.
    let share = |correct| if f64::is_nan(loss_sum) { f64::NAN } else { correct as f64 / count as f64 };
    let accuracy = correct.map(share);
    Ok(Evaluation { loss: loss_sum / count as f64, accuracy, samples: count })
}

/// Evaluates a classifier of images on `device`. For an empty set, loss and accuracy are NaN.
///
/// - `forward`: images `[batch, 1, 32, 32]` on `device` to logits `[batch, classes]`
///
/// # Errors
/// Those of [`evaluate`].
pub fn evaluate_classifier<S: Samples<Batch = HostBatch>>(
    images: &Loader<S>,
    device: &Device,
    loss: Loss,
    forward: impl Fn(Tensor<4>) -> Tensor<2>,
) -> Result<Evaluation, Error> {
    let evaluation = evaluate(images, |batch: HostBatch| {
        let batch = batch.to_device(device);
        loss.evaluate(forward(batch.images), batch.labels)
    })?;
    Ok(evaluation.with_accuracy(evaluation.accuracy.unwrap_or(f64::NAN)))
}
