//! [`Ema`]: exponential moving average of the weights.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Shape, Tensor, TensorData};
use lenet_backend::optim::MovingAverages;

use super::state;
use crate::{AfterStep, Error, FitStart, Flow, Hook};

/// Exponential moving average of the weights: average ← decay · average + (1 − decay) · weight after every
/// update, starting from the initial weights; a frozen parameter is its own average. (PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`.) The
/// average often has a lower loss on unseen samples than the weights of the last step. Validation uses the
/// average, and so do hooks and checkpoints that depend on the validation loss. Does not wait for the device.
///
/// ```
/// use lenet_train::hooks::Ema;
///
/// let mut ema = Ema::new(0.999); // lend it with `.hook(&mut ema)`, then `ema.apply(model)`
/// ```
#[derive(Debug)]
pub struct Ema {
    decay: f64,
    /// Names and averages of all parameters, in the order of the module's fields.
    averages: Vec<(String, Tensor<1>)>,
    /// Averages from a checkpoint, not yet moved to the device.
    restored: BTreeMap<String, TensorData>,
}

impl Ema {
    /// Averages with this decay, in 0..=1: over about 1 / (1 − decay) updates.
    pub fn new(decay: f64) -> Self {
        Self { decay, averages: Vec::new(), restored: BTreeMap::new() }
    }

    /// Replaces the weights of `model` by the averages, on its device. Before the first update `model` does
    /// not change.
    pub fn apply<M: Module>(&self, model: M) -> M {
        model.map(&mut Replace { path: Vec::new(), averages: &self.averages })
    }

    fn visit<M: Module>(&mut self, model: &M, change: impl FnMut(Tensor<1>, Tensor<1>) -> Tensor<1>) {
        let old = std::mem::take(&mut self.averages).into_iter();
        model.visit(&mut Follow { path: Vec::new(), old, ema: self, change });
    }
}

impl<M: Module, B> Hook<M, B> for Ema {
    fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
        self.visit(start.model, |average, _| average);
        Ok(())
    }

    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        if step.updated {
            let mut averages = MovingAverages::new(self.decay);
            self.visit(step.model, |average, weight| averages.add(average, weight));
        }
        Ok(Flow::Continue)
    }

    fn for_validation(&self, model: M) -> M {
        self.apply(model)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        let averages = self.averages.iter().map(|(name, average)| (&**name, average.clone()));
        state::from_tensors("Ema", averages).map(Some)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.restored = state::to_tensors("Ema", state)?.into_iter().collect();
        Ok(())
    }
}

/// Updates each average with its weight. The first visit takes the restored average or the weight itself.
struct Follow<'a, F> {
    path: Vec<String>,
    old: std::vec::IntoIter<(String, Tensor<1>)>,
    ema: &'a mut Ema,
    change: F,
}

impl<F: FnMut(Tensor<1>, Tensor<1>) -> Tensor<1>> ModuleVisitor for Follow<'_, F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = flat(param.val());
        let (name, average) = self.old.next().unwrap_or_else(|| {
            let name = self.path.join(".");
            let restored = self.ema.restored.remove(&name);
            let restored = restored.map(|average| Tensor::from_data(average, &weight.device()));
            (name, restored.unwrap_or_else(|| weight.clone()))
        });
        // The average of numbers that are rounded is not the number.
        let average = if param.is_require_grad() { (self.change)(average, weight) } else { weight };
        self.ema.averages.push((name, average));
    }
}

struct Replace<'a> {
    path: Vec<String>,
    averages: &'a [(String, Tensor<1>)],
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let Some((_, average)) = self.averages.iter().find(|(other, _)| *other == name) else { return param };
        param.map(|weight| {
            let shape: Shape = weight.shape();
            let average: Tensor<D> = average.clone().reshape(shape);
            if !weight.is_autodiff() {
                return average;
            }
            average.autodiff().set_require_grad(weight.is_require_grad())
        })
    }
}

/// A weight as `[numbers]`, without autodiff.
fn flat<const D: usize>(weight: Tensor<D>) -> Tensor<1> {
    let weight = if weight.is_autodiff() { weight.inner() } else { weight };
    let numbers = weight.shape().num_elements();
    weight.reshape([numbers])
}
