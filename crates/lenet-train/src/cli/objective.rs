//! [`Objective`]: the loss that a training minimises.

use burn::tensor::{Int, Tensor};
use lenet_backend::ops::value_and_gradient;
use lenet_train::{Distillation, Error};

use super::settings::{OfLabels, TrainArgs};
use super::teacher::Teacher;

/// (1 − share) times the loss against the labels, plus share times the one against the teacher's answers to the images.
pub(super) struct Objective<'a> {
    of_labels: OfLabels,
    teacher: Option<&'a Teacher>,
    distillation: Distillation,
    share: f64,
}

impl<'a> Objective<'a> {
    pub(super) fn new(args: &TrainArgs, teacher: Option<&'a Teacher>) -> Result<Self, Error> {
        let of_labels = args.loss.of_labels()?;
        let (distillation, share) = (args.distillation.distillation()?, args.distillation.share());
        Ok(Self { of_labels, teacher, distillation, share })
    }

    /// The loss of images `[batch, 1, 32, 32]` with logits `[batch, classes]` and labels `[batch]`.
    pub(super) fn forward(&self, images: &Tensor<4>, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        let Some(teacher) = self.teacher else { return self.of_labels.forward(logits, labels) };
        let of_teacher = self.distillation.forward(logits.clone(), teacher.logits(images.clone()));
        // Labels that do not count take no time.
        if self.share >= 1.0 {
            return of_teacher;
        }
        self.of_labels.forward(logits, labels) * (1.0 - self.share) + of_teacher * self.share
    }

    /// The loss of logits without autodiff, and its gradient with respect to them.
    pub(super) fn forward_with_gradient(
        &self,
        images: &Tensor<4>,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
    ) -> (Tensor<1>, Tensor<2>) {
        match self.teacher {
            None => self.of_labels.forward_with_gradient(logits, labels),
            Some(_) => value_and_gradient(logits, |logits| self.forward(images, logits, labels)),
        }
    }
}
