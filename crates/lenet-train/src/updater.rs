//! [`Updater`]: the optimizer update of all parameters of a module during a fit.

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ModuleMapper, Param, ParamGroup, ParamId};
use burn::optim::{DynState, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use lenet_backend::optim::{LeafMemory, Updates};

use crate::fused_optimizer::{FusedOptimizer, State};
use crate::gradients::with_rank;
use crate::param_groups::Groups;
use crate::{AnyOptimizer, Optimizer, Parameter};

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
    /// Number of completed steps.
    steps: usize,
    /// The parameter's numbers and the optimizer's state.
    memory: LeafMemory,
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
            AnyOptimizer::Known(all) => Self::Fused(slots(*all, groups, parameters)),
            AnyOptimizer::External(all) => {
                let optimizer = groups.added_to((**all).clone(), device);
                Self::External(Box::new(optimizer), groups.lr_factors.clone())
            }
        }
    }

    /// Returns `model` after one step. A parameter without a gradient does not change.
    pub(crate) fn step<M: Module>(&mut self, rate: f64, model: M, gradients: GradientsParams) -> M {
        match self {
            Self::Fused(slots) => {
                let (model, updates) = step(slots, Updates::default(), rate, model, gradients);
                drop(updates); // Runs what a GPU does for all parameters together.
                model
            }
            Self::External(optimizer, factors) => optimizer.step(rates(rate, factors), model, gradients),
        }
    }
}

/// The optimizer of each parameter.
pub(crate) fn slots(all: Optimizer, groups: &Groups, parameters: &[Parameter]) -> Vec<Slot> {
    let slot = |parameter: &Parameter| Slot {
        optimizer: groups.optimizer_for(parameter).unwrap_or(all).rule(),
        lr_factor: groups.lr_factor_for(parameter),
        parameter: parameter.clone(),
        steps: 0,
        memory: LeafMemory::default(),
    };
    parameters.iter().map(slot).collect()
}

/// Returns `model` after one step of all slots, once the updates are dropped.
pub(crate) fn step<M: Module>(
    slots: &mut [Slot],
    updates: Updates,
    rate: f64,
    model: M,
    gradients: GradientsParams,
) -> (M, Updates) {
    let mut step = Step { slots, next: 0, rate, gradients, updates };
    let model = model.map(&mut step);
    (model, step.updates)
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
    updates: Updates,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = parameter.consume();
        let rate = self.rate;
        let gradient = self.gradients.remove::<D>(id);
        let tensor = match (gradient, slot(self.slots, &mut self.next, id)) {
            (Some(gradient), Some(slot)) => slot.step(&mut self.updates, rate, tensor, gradient),
            _ => tensor,
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// Finds the slot of a parameter, starting at the `next` one, which usually is the right one.
fn slot<'a>(slots: &'a mut [Slot], next: &mut usize, id: ParamId) -> Option<&'a mut Slot> {
    let mut indices = (*next..slots.len()).chain(0..*next);
    let index = indices.find(|&index| slots[index].parameter.id == id)?;
    *next = index + 1;
    slots.get_mut(index)
}

impl Slot {
    /// Step number `step`, counted from 1.
    #[cfg(feature = "wgpu")]
    pub(crate) fn update(&self, step: usize, rate: f64) -> lenet_backend::optim::Update {
        self.optimizer.update(step, self.lr_factor * rate)
    }

    /// Sets the number of completed steps.
    #[cfg(feature = "wgpu")]
    pub(crate) fn set_steps(&mut self, steps: usize) {
        self.steps = steps;
    }

    /// The state of the optimizer, for a checkpoint; `None` before the first step.
    pub(crate) fn state(&self) -> Option<DynState> {
        let (steps, rank) = (self.steps, self.parameter.shape.len());
        let state = || with_rank!(rank, D => Some(DynState::create(State::<D> { steps, tensors: self.memory.state() }, D)));
        if steps == 0 { None } else { state() }
    }

    /// Sets the state to that of a checkpoint.
    pub(crate) fn restore(&mut self, state: Option<DynState>) {
        let Some(state) = state else { return };
        with_rank!(state.rank(), D => {
            let State::<D> { steps, tensors } = state.downcast();
            (self.steps, self.memory) = (steps, LeafMemory::with_state(tensors));
            Some(())
        });
    }

    /// Returns the parameter after a step, with the autodiff settings that it had.
    fn step<const D: usize>(
        &mut self,
        updates: &mut Updates,
        rate: f64,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
    ) -> Tensor<D> {
        self.steps += 1;
        let update = self.optimizer.update(self.steps, self.lr_factor * rate);
        updates.add_leaf(update, parameter, gradient, &mut self.memory)
    }
}
