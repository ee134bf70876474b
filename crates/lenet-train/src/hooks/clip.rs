//! [`ClipGradNorm`] and [`ClipGradValue`]: gradient clipping.

use lenet_backend::optim::Clip;

use crate::{AfterBackward, Error, FitStart, Flow, Hook};

/// Clips the norm of all gradients, taken as one vector, to a limit: PyTorch's `clip_grad_norm_`. All
/// gradients are multiplied by min(1, limit / (norm + 1e-6)). (Burn's own clipping treats each tensor
/// separately, which changes the direction of the step.) Does not wait for the device.
#[derive(Clone, Debug)]
pub struct ClipGradNorm {
    limit: f64,
}

impl ClipGradNorm {
    /// Clips to a norm of at most `limit`, a number from 0 up. Another limit is an [`Error::Value`] of the
    /// fit.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl<M, B> Hook<M, B> for ClipGradNorm {
    fn fit_start(&mut self, _: &FitStart<'_, M>) -> Result<(), Error> {
        check("ClipGradNorm::new", self.limit)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        let Some(norm) = backward.gradients.global_norm() else { return Ok(Flow::Continue) };
        check("ClipGradNorm::new", self.limit)?;
        if lenet_backend::is_on_host(&norm.device()) {
            // A factor of 1 changes nothing and is skipped. A NaN norm makes all gradients NaN, as in
            // PyTorch.
            let norm = norm.try_into_scalar::<f32>().map_err(|error| Error::Device(error.to_string()))?;
            let factor = self.limit / (f64::from(norm) + 1e-6);
            if factor < 1.0 || factor.is_nan() {
                backward.gradients.scale(factor);
            }
        } else {
            backward.gradients.clip(Clip::Norm { norm, limit: self.limit });
        }
        Ok(Flow::Continue)
    }
}

/// Clamps every number of every gradient to -limit..=limit: PyTorch's `clip_grad_value_`. Does not wait for
/// the device.
#[derive(Clone, Debug)]
pub struct ClipGradValue {
    limit: f64,
}

impl ClipGradValue {
    /// Clamps to -`limit`..=`limit`, with a number from 0 up. Another limit is an [`Error::Value`] of the
    /// fit.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl<M, B> Hook<M, B> for ClipGradValue {
    fn fit_start(&mut self, _: &FitStart<'_, M>) -> Result<(), Error> {
        check("ClipGradValue::new", self.limit)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        check("ClipGradValue::new", self.limit)?;
        backward.gradients.clamp(self.limit);
        Ok(Flow::Continue)
    }
}

/// Checks at every step, too: a training loop without a [`Trainer`](crate::Trainer) may not send `fit_start`.
fn check(setting: &'static str, limit: f64) -> Result<(), Error> {
    if limit >= 0.0 { Ok(()) } else { Err(Error::value(setting, limit, "a number from 0 up")) }
}
