//! [`Differentiable`]: the loss of a batch, and the way to its gradients.

use std::fmt;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::Error;

/// What the loss function of a [`Trainer`](crate::Trainer) returns: a loss `[1]`, and the way to the gradients of the parameters.
///
/// The usual way is Burn's graph: a loss on a device with autodiff converts to this type. A loss function that computes the
/// gradients without the graph returns [`new`](Self::new).
pub struct Differentiable<'a> {
    loss: Tensor<1>,
    /// `None`: by Burn's graph.
    backward: Option<Box<dyn FnOnce() -> GradientsParams + 'a>>,
}

impl<'a> Differentiable<'a> {
    /// A `loss` without autodiff whose gradients `backward` computes.
    ///
    /// ```
    /// use lenet_data::{HostBatch, Loader, synthetic};
    /// use lenet_model::LeNet;
    /// use lenet_train::{CrossEntropy, Differentiable, Trainer};
    ///
    /// let device = lenet_backend::open(&"flex".parse()?)?;
    /// let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
    ///     let batch = batch.to_device(&device);
    ///     let (logits, pass) = net.forward_pass(batch.images).expect("flex has it");
    ///     let (loss, gradient) = CrossEntropy::new().forward_with_gradient(logits, batch.labels);
    ///     Differentiable::new(loss, move || pass.backward(gradient))
    /// });
    /// let digits = Loader::new(synthetic::digits(42, 0..64)?, 16)?;
    /// trainer.fit(LeNet::new(42, &device.clone().autodiff()), &digits)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(loss: Tensor<1>, backward: impl FnOnce() -> GradientsParams + 'a) -> Self {
        Self { loss, backward: Some(Box::new(backward)) }
    }

    /// The loss without autodiff, and the gradients of the parameters of `model`.
    pub(crate) fn backward<M: Module>(self, model: &M) -> Result<(Tensor<1>, GradientsParams), Error> {
        match self.backward {
            Some(backward) => {
                let gradients = backward();
                if gradients.is_empty() { Err(Error::NoGradient) } else { Ok((self.loss, gradients)) }
            }
            None if self.loss.is_tracked() => {
                let gradients = GradientsParams::from_grads(self.loss.backward(), model);
                Ok((self.loss.inner(), gradients))
            }
            None => Err(Error::NoGradient),
        }
    }
}

impl From<Tensor<1>> for Differentiable<'_> {
    fn from(loss: Tensor<1>) -> Self {
        Self { loss, backward: None }
    }
}

impl fmt::Debug for Differentiable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Differentiable").field("loss", &self.loss).finish_non_exhaustive()
    }
}
