//! [`Updater`]: the optimizer update of all parameters of a module during a fit.

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ModuleMapper, Param, ParamGroup, ParamId};
use burn::optim::{DynState, GradientsParams, ModuleOptimizer, Optimizer as _};
use burn::tensor::{Device, Tensor};

use crate::fused_optimizer::FusedOptimizer;
use crate::param_groups::Groups;
use crate::{AnyOptimizer, Parameter};

/// The optimizers of all parameters, with their state.
pub(crate) enum Updater {
    /// One optimizer per parameter, in the order of the module's fields. Burn's `ModuleOptimizer` builds the
    /// name of each parameter at every step and moves its state out of a map and back: 3 of 80 µs at batch
    /// size 1.
    Fused(Vec<Slot>),
    /// Burn's `ModuleOptimizer`, with the learning-rate factors of groups of parameters.
    External(Box<ModuleOptimizer>, Vec<(ParamGroup, f64)>),
}

/// The optimizer of one parameter.
pub(crate) struct Slot {
    pub(crate) parameter: Parameter,
    pub(crate) optimizer: FusedOptimizer,
    /// Factor of the learning rate.
    lr_factor: f64,
    /// `None` before the first step.
    pub(crate) state: Option<DynState>,
}

impl Updater {
    /// The updater for the `parameters` of a module on `device`, a device without autodiff.
    pub(crate) fn new(
        all: &AnyOptimizer,
        groups: &Groups,
        parameters: &[Parameter],
        device: &Device,
    ) -> Self {
        match all {
            AnyOptimizer::Known(all) => {
                let slot = |parameter: &Parameter| Slot {
                    optimizer: groups.optimizer_for(parameter).unwrap_or(*all).rule(),
                    lr_factor: groups.lr_factor_for(parameter),
                    parameter: parameter.clone(),
                    state: None,
                };
                Self::Fused(parameters.iter().map(slot).collect())
            }
            AnyOptimizer::External(all) => {
                let optimizer = groups.added_to((**all).clone(), device);
                Self::External(Box::new(optimizer), groups.lr_factors.clone())
            }
        }
    }

    /// Returns `model` after one step. A parameter without a gradient does not change.
    pub(crate) fn step<M: Module>(&mut self, rate: f64, model: M, gradients: GradientsParams) -> M {
        match self {
            Self::Fused(slots) => model.map(&mut Step { slots, next: 0, rate, gradients }),
            Self::External(optimizer, factors) => optimizer.step(rates(rate, factors), model, gradients),
        }
    }
}

/// The learning rate of each parameter.
fn rates(rate: f64, factors: &[(ParamGroup, f64)]) -> ModuleLearningRate {
    if factors.is_empty() {
        return rate.into();
    }
    let mut rates = ModuleLrScheduler::new(rate);
    for (group, factor) in factors {
        rates = rates.with_group(group.clone(), factor * rate);
    }
    rates.step()
}

/// One step of all slots.
struct Step<'a> {
    slots: &'a mut [Slot],
    /// Index after the slot found last.
    next: usize,
    rate: f64,
    gradients: GradientsParams,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = parameter.consume();
        let rate = self.rate;
        let tensor = match (self.gradients.remove::<D>(id), self.slot(id)) {
            (Some(gradient), Some(slot)) => slot.step(rate, tensor, gradient),
            _ => tensor,
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

impl Step<'_> {
    /// Finds the slot of a parameter, starting at the next one, which usually is the right one.
    fn slot(&mut self, id: ParamId) -> Option<&mut Slot> {
        let mut indices = (self.next..self.slots.len()).chain(0..self.next);
        let index = indices.find(|&index| self.slots[index].parameter.id == id)?;
        self.next = index + 1;
        self.slots.get_mut(index)
    }
}

impl Slot {
    /// Returns the parameter after a step, with the autodiff settings that it had.
    fn step<const D: usize>(&mut self, rate: f64, parameter: Tensor<D>, gradient: Tensor<D>) -> Tensor<D> {
        let tracked = parameter.is_require_grad();
        let checkpointing = parameter.gradient_checkpointing_strategy();
        let state = self.state.take().map(DynState::downcast);
        let (parameter, state) =
            self.optimizer.step(self.lr_factor * rate, parameter.inner(), gradient, state);
        self.state = state.map(|state| DynState::create(state, D));
        let mut parameter = Tensor::from_inner(parameter);
        if let Some(strategy) = checkpointing {
            parameter = parameter.with_gradient_checkpointing_strategy(strategy);
        }
        if tracked { parameter.require_grad() } else { parameter }
    }
}
