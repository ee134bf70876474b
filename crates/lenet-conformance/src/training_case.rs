//! [`TrainingCase`]: a training, fixed in every respect, that any subject and the oracle can go through.

use burn::tensor::Device;
use lenet_model::{LeNet, StateDict};
use lenet_train::{Loss, Optimizer};

use crate::Error;
use crate::digits::{self, Digits};
use lenet_oracle::{self as oracle, LossAndGradient, Precision};

/// The seed of the initial weights.
const WEIGHTS: u64 = 2;
/// The seed of the digits.
const DIGITS: u64 = 11;

/// What is trained on, and how.
#[derive(Clone, Debug)]
pub(crate) struct TrainingCase {
    /// A batch for each step.
    pub batches: Vec<Digits>,
    pub optimizer: Optimizer,
    pub learning_rate: f64,
    pub loss: Loss,
}

impl TrainingCase {
    /// Some steps with two digits each.
    ///
    /// # Errors
    /// [`Error::Data`] does not happen for so few.
    pub fn new(optimizer: Optimizer, learning_rate: f64, loss: Loss, steps: usize) -> Result<Self, Error> {
        let batch = |step: u64| {
            Ok(Digits::stack(vec![digits::noisy(DIGITS, 7 * step)?, digits::noisy(DIGITS, 7 * step + 3)?]))
        };
        let batches = (0..steps as u64).map(batch).collect::<Result<_, Error>>()?;
        Ok(Self { batches, optimizer, learning_rate, loss })
    }

    /// The initial weights.
    pub fn initial() -> StateDict {
        StateDict::random(WEIGHTS)
    }

    /// The network before the first step.
    pub fn start(&self, device: &Device) -> LeNet {
        LeNet::with_state_dict(&Self::initial(), device)
    }

    /// The gradients at `net` for the batch of `step`.
    pub fn gradients(&self, net: &oracle::LeNet, step: usize, precision: &Precision) -> oracle::Gradients {
        let Digits { images, labels } = &self.batches[step];
        let images = images.to_oracle();
        let activations = net.forward(&images, precision);
        let gradient = loss(self.loss, &activations.output, labels, precision).gradient;
        net.backward(&images, &activations, &gradient, precision)
    }

    /// Gives `after`, all parameters after the last step of one subject, the bounds that another may be off that goes
    /// this step from the same parameters `before` and the same optimizer state. The optimizer is SGD.
    ///
    /// Both add an error of the gradient, g, to v = μ·v + g and round it, and p - η·v after it.
    ///
    /// # Errors
    /// [`Error::Parameter`] does not happen.
    pub fn allow_for_last_step(&self, after: &mut oracle::Tensor, before: &StateDict) -> Result<(), Error> {
        let net = to_oracle(before)?;
        // Of two subjects one may be a shader.
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

/// The oracle's network with these weights.
///
/// # Errors
/// [`Error::Parameter`] does not happen: a state dict is whole.
pub(crate) fn to_oracle(state: &StateDict) -> Result<oracle::LeNet, Error> {
    let find = |name: &str| {
        let parameter = state.parameters().iter().find(|parameter| parameter.name == name)?;
        Some(oracle::Tensor::from_f32(&parameter.shape, &parameter.values))
    };
    Ok(oracle::LeNet::new(find)?)
}

/// The loss and its gradient at the logits.
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

/// The name of a loss.
pub(crate) const fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::CrossEntropy => "cross-entropy",
        Loss::Mse => "mse",
    }
}
