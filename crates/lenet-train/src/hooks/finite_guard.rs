//! [`FiniteGuard`]: stops a training at the first NaN or infinity.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::{AfterBackward, AfterEpoch, AfterValidation, Error, Flow, Hook};

/// Ends the fit with [`Error::NotFinite`], which names the first tensor with a NaN or an infinity: a
/// parameter, else the loss, else a gradient. At a checked step no such number reaches the parameters, and an
/// epoch whose mean loss is not finite ends the fit before a checkpoint is saved.
///
/// Checks the loss and the norm of all gradients, and searches the tensors only if one of the two is not
/// finite. **Waits for the device** at every checked step.
#[derive(Clone, Debug)]
pub struct FiniteGuard {
    every: u64,
}

impl FiniteGuard {
    /// Checks every `every`-th step; 0 checks the epochs only.
    pub fn every(every: u64) -> Self {
        Self { every }
    }
}

impl<M: Module, B> Hook<M, B> for FiniteGuard {
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        if self.every == 0 || !backward.step.is_multiple_of(self.every) {
            return Ok(Flow::Continue);
        }
        let loss_is_finite = backward.loss.get()?.is_finite();
        let norm = backward.gradients.global_norm().map_or(Ok(0.0), Tensor::try_into_scalar::<f32>);
        let norm = norm.map_err(|error| Error::Device(error.to_string()))?;
        if loss_is_finite && norm.is_finite() {
            return Ok(Flow::Continue);
        }
        let mut first = parameter(backward.model)?;
        if first.is_none() && !loss_is_finite {
            first = Some("the loss".to_owned());
        }
        for (name, gradient) in backward.gradients.iter() {
            if first.is_none() && !is_finite(gradient)? {
                first = Some(format!("the gradient of `{name}`"));
            }
        }
        // The norm of finite gradients may overflow: that alone is no error.
        first.map_or(Ok(Flow::Continue), |tensor| Err(Error::NotFinite { step: backward.step, tensor }))
    }

    fn after_validation(&mut self, validation: &AfterValidation<'_, M>) -> Result<Flow, Error> {
        if validation.valid.loss.is_finite() {
            return Ok(Flow::Continue);
        }
        let tensor = parameter(validation.model)?.unwrap_or("the validation loss".to_owned());
        Err(Error::NotFinite { step: validation.step, tensor })
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        if epoch.samples == 0 || epoch.train_loss.is_finite() {
            return Ok(Flow::Continue);
        }
        Err(Error::NotFinite { step: epoch.step, tensor: "the mean loss of the epoch".to_owned() })
    }
}

/// Finds the first parameter that is not finite.
fn parameter<M: Module>(model: &M) -> Result<Option<String>, Error> {
    let mut search = Search { path: Vec::new(), found: Ok(None) };
    model.visit(&mut search);
    search.found
}

/// Whether all numbers are finite. Waits for the device.
fn is_finite<const D: usize>(tensor: Tensor<D>) -> Result<bool, Error> {
    let all = tensor.is_finite().all().try_into_scalar::<bool>();
    all.map_err(|error| Error::Device(error.to_string()))
}

/// Finds the first parameter that is not finite.
struct Search {
    path: Vec<String>,
    found: Result<Option<String>, Error>,
}

impl ModuleVisitor for Search {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if matches!(self.found, Ok(None)) {
            let name = || format!("the parameter `{}`", self.path.join("."));
            self.found = is_finite(param.val()).map(|finite| (!finite).then(name));
        }
    }
}
