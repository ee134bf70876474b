//! [`ClipGradNorm`] and [`ClipGradValue`]: gradients that are not too large.

use burn::tensor::Tensor;

use crate::{AfterBackward, Error, Flow, Hook};

/// Shrinks all gradients by one factor if their norm, taken as one vector, is above a limit: PyTorch's
/// `clip_grad_norm_`. The factor is limit / (norm + 1e-6), at most 1. (Burn's own clipping takes each tensor for
/// itself, which changes the direction of the step.) Does not wait for the device.
pub struct ClipGradNorm {
    limit: f64,
}

impl ClipGradNorm {
    /// To a norm of at most `limit`.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl<M> Hook<M> for ClipGradNorm {
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        let Some(norm) = backward.gradients.global_norm() else { return Ok(Flow::Continue) };
        if lenet_backend::is_on_host(&norm.device()) {
            // What would be multiplied by 1 is left alone. A norm that is NaN makes all gradients NaN, as in PyTorch.
            let norm = norm.try_into_scalar::<f32>().map_err(|error| Error::Device(error.to_string()))?;
            let factor = self.limit / (f64::from(norm) + 1e-6);
            if factor < 1.0 || factor.is_nan() {
                backward.gradients.scale(factor);
            }
        } else {
            let limit = Tensor::<1>::full([1], self.limit, &norm.device());
            let factor = limit.div(norm.add_scalar(1e-6)).clamp_max(1.0);
            backward.gradients.map(|_, gradient| gradient.mul(factor.clone()));
        }
        Ok(Flow::Continue)
    }
}

/// Brings every number of every gradient between -limit and limit: PyTorch's `clip_grad_value_`. Does not wait for
/// the device.
pub struct ClipGradValue {
    limit: f64,
}

impl ClipGradValue {
    /// To numbers of at most `limit`, whatever their sign.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl<M> Hook<M> for ClipGradValue {
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        backward.gradients.clamp(self.limit);
        Ok(Flow::Continue)
    }
}
