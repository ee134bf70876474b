//! [`Updater`]: what changes the parameters of a module while a fit runs.

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ModuleMapper, Param, ParamGroup, ParamId};
use burn::optim::{DynState, GradientsParams, ModuleOptimizer, Optimizer as _};
use burn::tensor::{Device, Tensor};

use crate::optimizer::FusedOptimizer;
use crate::param_groups::Groups;
use crate::{AnyOptimizer, Parameter};

/// The optimizers of all parameters, with what they keep from step to step.
pub(crate) enum Updater {
    /// One for each parameter, in the order of the module's fields. Burn's `ModuleOptimizer` would spell the name of each
    /// at every step, and move what it keeps out of a map and back: at batch 1 that is 3 of 80 µs.
    Ours(Vec<Slot>),
    /// Burn's, with the factors of the learning rate of groups of parameters.
    Burns(Box<ModuleOptimizer>, Vec<(ParamGroup, f64)>),
}

/// The optimizer of one parameter.
pub(crate) struct Slot {
    pub(crate) parameter: Parameter,
    pub(crate) optimizer: FusedOptimizer,
    /// Of the learning rate.
    factor: f64,
    /// `None` before the first step.
    pub(crate) state: Option<DynState>,
}

impl Updater {
    /// For the `parameters` of a module on `device`, which is without autodiff.
    pub(crate) fn new(
        all: &AnyOptimizer,
        groups: &Groups,
        parameters: &[Parameter],
        device: &Device,
    ) -> Self {
        match all {
            AnyOptimizer::Known(all) => {
                let slot = |parameter: &Parameter| Slot {
                    optimizer: groups.optimizer_of(parameter).unwrap_or(*all).rule(),
                    factor: groups.factor_of(parameter),
                    parameter: parameter.clone(),
                    state: None,
                };
                Self::Ours(parameters.iter().map(slot).collect())
            }
            AnyOptimizer::Burns(all) => {
                let optimizer = groups.added_to((**all).clone(), device);
                Self::Burns(Box::new(optimizer), groups.rates.clone())
            }
        }
    }

    /// `model` after one step. A parameter without a gradient stays as it is.
    pub(crate) fn step<M: Module>(&mut self, rate: f64, model: M, gradients: GradientsParams) -> M {
        match self {
            Self::Ours(slots) => model.map(&mut Step { slots, next: 0, rate, gradients }),
            Self::Burns(optimizer, factors) => optimizer.step(rates(rate, factors), model, gradients),
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
    /// The slot after the one found last.
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
    /// The slot of a parameter: most often the next one.
    fn slot(&mut self, id: ParamId) -> Option<&mut Slot> {
        let mut places = (self.next..self.slots.len()).chain(0..self.next);
        let place = places.find(|&place| self.slots[place].parameter.id == id)?;
        self.next = place + 1;
        self.slots.get_mut(place)
    }
}

impl Slot {
    /// The parameter after a step. It stays as autodiff knew it.
    fn step<const D: usize>(&mut self, rate: f64, parameter: Tensor<D>, gradient: Tensor<D>) -> Tensor<D> {
        let tracked = parameter.is_require_grad();
        let checkpointing = parameter.gradient_checkpointing_strategy();
        let kept = self.state.take().map(DynState::downcast);
        let (parameter, kept) = self.optimizer.step(self.factor * rate, parameter.inner(), gradient, kept);
        self.state = kept.map(|kept| DynState::create(kept, D));
        let mut parameter = Tensor::from_inner(parameter);
        if let Some(strategy) = checkpointing {
            parameter = parameter.with_gradient_checkpointing_strategy(strategy);
        }
        if tracked { parameter.require_grad() } else { parameter }
    }
}
