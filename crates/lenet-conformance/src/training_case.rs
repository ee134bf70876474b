//! [`TrainingCase`]: a fully determined training that every subject and the oracle can run.

use burn::tensor::Device;
use lenet_model::{LeNet, StateDict};
use lenet_train::{Loss, Optimizer};

use crate::Error;
use crate::digits::{self, Digits};
use lenet_oracle::{self as oracle, LossAndGradient, Precision};

/// Seed of the initial weights.
const WEIGHTS: u64 = 2;
/// Seed of the digits.
const DIGITS: u64 = 11;

/// Data, optimizer and loss of a short training.
#[derive(Clone, Debug)]
pub(crate) struct TrainingCase {
    /// One batch for each step.
    pub batches: Vec<Digits>,
    pub optimizer: Optimizer,
    pub learning_rate: f64,
    pub loss: Loss,
}

impl TrainingCase {
    /// A training of `steps` steps with two digits each.
    ///
    /// # Errors
    /// [`Error::Data`], which so few digits do not cause.
    pub fn new(optimizer: Optimizer, learning_rate: f64, loss: Loss, steps: usize) -> Result<Self, Error> {
        let batch = |step: u64| {
            Ok(Digits::stack(vec![digits::noisy(DIGITS, 7 * step)?, digits::noisy(DIGITS, 7 * step + 3)?]))
        };
        let batches = (0..steps as u64).map(batch).collect::<Result<_, Error>>()?;
        Ok(Self { batches, optimizer, learning_rate, loss })
    }

    /// The initial weights, the same for every training case.
    pub fn initial_weights() -> StateDict {
        StateDict::random(WEIGHTS)
    }

    /// The network with the initial weights.
    pub fn initial_network(&self, device: &Device) -> LeNet {
        LeNet::with_state_dict(&Self::initial_weights(), device)
    }

    /// The oracle's gradients of `net` for the batch of step `step`, counted from 0.
    pub fn gradients(&self, net: &oracle::LeNet, step: usize, precision: &Precision) -> oracle::Gradients {
        let Digits { images, labels } = &self.batches[step];
        let images = images.to_oracle();
        let activations = net.forward(&images, precision);
        let gradient = loss(self.loss, &activations.output, labels, precision).gradient;
        net.backward(&images, &activations, &gradient, precision)
    }

    /// Sets the bounds of `after`, one subject's parameters after the last step, such that they hold for the
    /// result of any other subject that takes the last step from the same parameters `before` and the same
    /// optimizer state. The optimizer must be SGD.
    ///
    /// Each subject has an error in the gradient g, rounds v = μ·v + g, and rounds p − η·v.
    ///
    /// # Errors
    /// [`Error::Parameter`], which a complete state dict does not cause.
    pub fn set_last_step_bounds(&self, after: &mut oracle::Tensor, before: &StateDict) -> Result<(), Error> {
        let net = to_oracle(before)?;
        // WGSL has the largest rounding errors of all subjects.
        let precision = Precision::WGSL;
        let gradients = self.gradients(&net, self.batches.len() - 1, &precision);
        let gradient = gradients.parameters.iter().flat_map(oracle::Tensor::numbers);
        let before = net.parameters().iter().flat_map(oracle::Tensor::numbers);
        let u = precision.unit_roundoff;
        for (at, (gradient, before)) in gradient.zip(before).enumerate() {
            let after_one = after.values[at];
            let step = (after_one - before.value).abs();
            let bound =
                |error: f64| 2.0 * (self.learning_rate * error + 4.0 * u * step + u * after_one.abs());
            after.hard[at] = bound(gradient.hard);
            after.soft[at] = bound(gradient.soft);
        }
        Ok(())
    }
}

/// Converts weights to the oracle's network.
///
/// # Errors
/// [`Error::Parameter`], which a complete state dict does not cause.
pub(crate) fn to_oracle(state: &StateDict) -> Result<oracle::LeNet, Error> {
    let find = |name: &str| {
        let parameter = state.parameters().iter().find(|parameter| parameter.name == name)?;
        Some(oracle::Tensor::from_f32(&parameter.shape, &parameter.values))
    };
    Ok(oracle::LeNet::new(find)?)
}

/// The oracle's loss, with its gradient with respect to the logits.
pub(crate) fn loss(
    loss: Loss,
    logits: &oracle::Tensor,
    labels: &[usize],
    precision: &Precision,
) -> LossAndGradient {
    match loss {
        Loss::CrossEntropy => oracle::cross_entropy(logits, labels, 0.0, precision),
        Loss::Mse => oracle::mse(logits, &oracle::one_hot(labels, crate::CLASSES), precision),
    }
}

/// Name of a loss in case names and reports.
pub(crate) const fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::CrossEntropy => "cross-entropy",
        Loss::Mse => "mse",
    }
}
