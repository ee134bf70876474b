//! [`TrainingOptions`]: how a training learns.

use std::str::FromStr;

use lenet_train::{Loss, Optimizer, OptimizerKind};

use crate::Error;

/// Maximum batch size.
const MOST_IN_A_BATCH: usize = 4096;

/// How a training learns.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrainingOptions {
    /// Update rule with its settings.
    pub optimizer: Optimizer,
    /// Learning rate, above 0.
    pub learning_rate: f64,
    /// Images in a batch, 1 to 4096.
    pub batch_size: usize,
    /// Seed of the order of the images.
    pub seed: u64,
    /// The loss.
    pub loss: Loss,
}

impl Default for TrainingOptions {
    /// Nesterov-SGD with a learning rate of 0.01, 64 images in a batch, cross-entropy, seed 0.
    fn default() -> Self {
        Self {
            optimizer: Optimizer::new(OptimizerKind::Nesterov),
            learning_rate: 0.01,
            batch_size: 64,
            seed: 0,
            loss: Loss::CrossEntropy,
        }
    }
}

impl TrainingOptions {
    /// The defaults, changed by the options that are given: `optimizer`, `learningRate`, `momentum`, `batchSize`,
    /// `seed` and `loss`, in any order.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the option that is unknown, or whose value is out of range.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let (mut options, mut momentum) = (Self::default(), None);
        for (name, value) in entries {
            match name {
                "optimizer" => options.optimizer = optimizer(value)?,
                "learningRate" => options.learning_rate = number("learningRate", value)?,
                "momentum" => momentum = Some(number("momentum", value)?),
                "batchSize" => options.batch_size = number("batchSize", value)?,
                "seed" => options.seed = number("seed", value)?,
                "loss" => options.loss = loss(value)?,
                _ => {
                    let expected = "optimizer, learningRate, momentum, batchSize, seed or loss";
                    return Err(Error::argument("an option", name, expected));
                }
            }
        }
        if let Some(momentum) = momentum {
            options.optimizer = options.optimizer.momentum(momentum);
        }
        options.check()?;
        Ok(options)
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the option that is out of range.
    pub(super) fn check(&self) -> Result<(), Error> {
        let momentum = self.optimizer.momentum;
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::argument("learningRate", self.learning_rate, "a number above 0"));
        }
        if !(1..=MOST_IN_A_BATCH).contains(&self.batch_size) {
            return Err(Error::argument("batchSize", self.batch_size, format!("1 to {MOST_IN_A_BATCH}")));
        }
        if !(0.0..1.0).contains(&momentum) {
            return Err(Error::argument("momentum", momentum, "a number from 0 to below 1"));
        }
        Ok(())
    }
}

/// The optimizer called `name`, with PyTorch's defaults.
fn optimizer(name: &str) -> Result<Optimizer, Error> {
    use OptimizerKind::{Adagrad, Adam, Adamw, Nesterov, Rmsprop, Sgd};
    let kinds = [Sgd, Nesterov, Adam, Adamw, Rmsprop, Adagrad];
    let kind = kinds.into_iter().find(|kind| kind.to_string() == name);
    let expected = || kinds.map(|kind| kind.to_string()).join(", ");
    kind.map(Optimizer::new)
        .ok_or_else(|| Error::argument("optimizer", name, format!("one of {}", expected())))
}

/// The loss called `name`: `cross-entropy` or `mse`.
///
/// # Errors
/// [`Error::Argument`] if there is none.
pub fn loss(name: &str) -> Result<Loss, Error> {
    match name {
        "cross-entropy" => Ok(Loss::CrossEntropy),
        "mse" => Ok(Loss::Mse),
        _ => Err(Error::argument("loss", name, "cross-entropy or mse")),
    }
}

fn number<T: FromStr>(name: &'static str, value: &str) -> Result<T, Error> {
    value.parse().map_err(|_| Error::argument(name, value, "a number"))
}
