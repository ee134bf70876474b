//! The loss of a training.

use burn::tensor::{Int, Tensor};
use clap::Args;
use lenet_train::{CrossEntropy, Loss};
use serde::Serialize;

use super::super::parse::{self, Numbers};
use super::refuse;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Loss")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LossArgs {
    /// The loss to minimise
    #[arg(long, value_enum, default_value = "cross-entropy")]
    pub(crate) loss: Loss,
    /// Label smoothing: share of each target that goes to all classes equally (cross-entropy) [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = parse::below_one, allow_negative_numbers = true)]
    smoothing: Option<f64>,
    /// Weights of the classes in the loss (cross-entropy) [default: equal]
    #[arg(long, value_name = "W0,W1,…", value_parser = parse::numbers, allow_negative_numbers = true)]
    class_weights: Option<Numbers>,
}

impl LossArgs {
    /// The loss with its options.
    pub(crate) fn of_labels(&self) -> Result<OfLabels, lenet_train::Error> {
        let mut cross_entropy = CrossEntropy::new().smoothing(self.smoothing.unwrap_or(0.0) as f32)?;
        if let Some(Numbers(weights)) = &self.class_weights {
            let weights = weights.iter().map(|weight| *weight as f32);
            cross_entropy = cross_entropy.class_weights(weights.collect::<Vec<f32>>());
        }
        Ok(match self.loss {
            Loss::CrossEntropy => OfLabels::CrossEntropy(cross_entropy),
            Loss::Mse => OfLabels::Mse,
        })
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let is_mse = self.loss == Loss::Mse;
        refuse(is_mse && self.smoothing.is_some(), "--smoothing", "--loss mse", "cross-entropy")?;
        refuse(is_mse && self.class_weights.is_some(), "--class-weights", "--loss mse", "cross-entropy")?;
        let Some(Numbers(weights)) = &self.class_weights else { return Ok(()) };
        let some = weights.iter().any(|weight| *weight > 0.0);
        anyhow::ensure!(some, "--class-weights are all 0: no image would count");
        Ok(())
    }

    /// A flag that was given and changes the loss against the labels.
    pub(super) fn flag_for_labels(&self) -> Option<&'static str> {
        let flags = [
            ("--loss", self.loss != Loss::CrossEntropy),
            ("--smoothing", self.smoothing.is_some()),
            ("--class-weights", self.class_weights.is_some()),
        ];
        flags.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }

    /// Checks that there is a weight for each class.
    pub(crate) fn check_classes(&self, classes: usize) -> anyhow::Result<()> {
        let count = self.class_weights.as_ref().map_or(classes, |weights| weights.0.len());
        anyhow::ensure!(
            count == classes,
            "--class-weights takes {classes} numbers, one for each class, not {count}"
        );
        Ok(())
    }
}

/// A loss against labels, with its options.
pub(crate) enum OfLabels {
    CrossEntropy(CrossEntropy),
    Mse,
}

impl OfLabels {
    /// The loss of logits `[batch, classes]` for labels `[batch]`.
    pub(crate) fn forward(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        match self {
            Self::CrossEntropy(loss) => loss.forward(logits, labels),
            Self::Mse => Loss::Mse.forward(logits, labels),
        }
    }

    /// The loss of logits without autodiff, and its gradient with respect to them.
    pub(crate) fn forward_with_gradient(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
    ) -> (Tensor<1>, Tensor<2>) {
        match self {
            Self::CrossEntropy(loss) => loss.forward_with_gradient(logits, labels),
            Self::Mse => Loss::Mse.forward_with_gradient(logits, labels),
        }
    }
}
