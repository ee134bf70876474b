//! The losses of a classifier on a [`Host`] backend.

use burn::backend::TensorMetadata;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{TensorData, try_read_sync};

use super::super::class_loss::ClassLoss;
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::loss::{Criterion, loss as kernel};

/// The gradient of the logits times the gradient of the loss.
pub(super) fn backward<B: Host>(
    mut gradient: FloatTensor<B>,
    loss_gradient: &FloatTensor<B>,
) -> FloatTensor<B> {
    let factor = with_slice::<B, _>(loss_gradient, |loss_gradient| loss_gradient[0]);
    if factor != 1.0 {
        B::to_slice_mut(&mut gradient).iter_mut().for_each(|g| *g *= factor);
    }
    gradient
}

fn criterion(loss: &ClassLoss) -> Criterion<'_> {
    match loss {
        ClassLoss::CrossEntropy { smoothing, weights } => {
            Criterion::CrossEntropy { smoothing: *smoothing, weights: weights.as_deref() }
        }
        ClassLoss::SquaredError => Criterion::SquaredError,
    }
}

/// The loss `[1]` and the gradient of the logits.
pub(super) fn value_and_gradient<B: Host>(
    logits: &FloatTensor<B>,
    labels: IntTensor<B>,
    loss: &ClassLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let labels = integers::<B>(labels);
    let mut gradient = vec![0.0; logits.shape().num_elements()];
    let value = with_slice::<B, _>(logits, |logits| {
        kernel(Isa::best(), criterion(loss), logits, &labels, &mut gradient)
    });
    (B::tensor(TensorData::new(vec![value], [1])), B::tensor(TensorData::new(gradient, logits.shape())))
}

/// The numbers of a tensor of any integer type.
fn integers<B: Host>(tensor: IntTensor<B>) -> Vec<i64> {
    // The tensor lies in this program's memory: reading it neither waits nor fails.
    #[allow(clippy::expect_used)]
    let data = try_read_sync(B::int_into_data(tensor))
        .and_then(Result::ok)
        .expect("a tensor in host memory is readable");
    data.iter::<i64>().collect()
}
