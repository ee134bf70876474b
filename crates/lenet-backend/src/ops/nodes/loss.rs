//! The losses of a classifier on a [`Host`] backend, and their node in the graph of gradients.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, TensorMetadata};
use burn::tensor::{TensorData, try_read_sync};

use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::loss::{Criterion, loss as kernel};

/// A loss with its settings.
#[derive(Clone, Debug)]
pub(crate) enum ClassLoss {
    CrossEntropy { smoothing: f32, weights: Option<Arc<[f32]>> },
    SquaredError,
}

impl ClassLoss {
    /// Whether class weights, if there are any, are one for each class.
    pub(in crate::ops) fn fits(&self, classes: usize) -> bool {
        !matches!(self, Self::CrossEntropy { weights: Some(weights), .. } if weights.len() != classes)
    }

    fn criterion(&self) -> Criterion<'_> {
        match self {
            Self::CrossEntropy { smoothing, weights } => {
                Criterion::CrossEntropy { smoothing: *smoothing, weights: weights.as_deref() }
            }
            Self::SquaredError => Criterion::SquaredError,
        }
    }
}

/// The loss without gradients.
pub(in crate::ops) fn infer<B: Host>(
    logits: FloatTensor<B>,
    labels: IntTensor<B>,
    loss: &ClassLoss,
) -> FloatTensor<B> {
    value_and_gradient::<B>(&logits, labels, loss).0
}

/// The loss on a device with autodiff. The kernel computes the gradient of the logits together with the loss.
pub(in crate::ops) fn track<B: Host, C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<B, C>>,
    labels: IntTensor<B>,
    loss: &ClassLoss,
) -> FloatTensor<Autodiff<B, C>> {
    let node = logits.node();
    let (value, gradient) = value_and_gradient::<B>(&logits.into_primitive(), labels, loss);
    match LossNode.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(gradient, value),
        OpsKind::UnTracked(prepared) => prepared.finish(value),
    }
}

/// The operation as a node of the graph. Its state is the gradient of the logits for an output gradient of 1.
#[derive(Debug)]
struct LossNode;

impl<B: Host> Backward<B, 1> for LossNode {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<FloatTensor<B>, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let loss_gradient =
            with_slice::<B, _>(&gradients.consume::<B>(&ops.node), |loss_gradient| loss_gradient[0]);
        let [logits] = ops.parents;
        let mut gradient = ops.state;
        if loss_gradient != 1.0 {
            B::to_slice_mut(&mut gradient).iter_mut().for_each(|g| *g *= loss_gradient);
        }
        if let Some(node) = logits {
            gradients.register::<B>(node.id, gradient);
        }
    }
}

/// The loss `[1]` and the gradient of the logits.
fn value_and_gradient<B: Host>(
    logits: &FloatTensor<B>,
    labels: IntTensor<B>,
    loss: &ClassLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let labels = integers::<B>(labels);
    let mut gradient = vec![0.0; logits.shape().num_elements()];
    let value = with_slice::<B, _>(logits, |logits| {
        kernel(Isa::best(), loss.criterion(), logits, &labels, &mut gradient)
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
