//! [`objective`]: the loss that a training minimises.

use burn::tensor::{Int, Tensor};

use super::settings::TrainArgs;
use super::teacher::Teacher;

/// The loss of images `[batch, 1, 32, 32]` with logits `[batch, classes]` and labels `[batch]`: (1 − share) times the loss against the
/// labels, plus share times the one against the teacher's answers to the images.
pub(super) fn objective<'a>(
    args: &TrainArgs,
    teacher: Option<&'a Teacher>,
) -> Result<impl Fn(&Tensor<4>, Tensor<2>, Tensor<1, Int>) -> Tensor<1> + use<'a>, lenet_train::Error> {
    let (of_labels, distillation) = (args.loss.function()?, args.distillation.distillation()?);
    let share = args.distillation.share();
    Ok(move |images: &Tensor<4>, logits: Tensor<2>, labels| {
        let Some(teacher) = teacher else { return of_labels(logits, labels) };
        let of_teacher = distillation.forward(logits.clone(), teacher.logits(images.clone()));
        // Labels that do not count take no time.
        if share >= 1.0 { of_teacher } else { of_labels(logits, labels) * (1.0 - share) + of_teacher * share }
    })
}
