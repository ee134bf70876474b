//! [`AnyOptimizer`]: the optimizer of each group of parameters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use burn::module::{Module, ParamGroup};
use burn::optim::{DynOptimizer, DynState, ModuleOptimizer, StateSink, StateSource};
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;
use serde::Serialize;

use crate::fused_optimizer::FusedOptimizer;
use crate::{Error, Optimizer, Parameter};

/// An [`Optimizer`], or any `ModuleOptimizer` of Burn, its groups of parameters included.
#[non_exhaustive]
pub enum AnyOptimizer {
    /// An optimizer of this crate. Checkpoints keep its settings, and a fit with other settings cannot resume
    /// from one.
    Known(Optimizer),
    /// An optimizer of Burn. Burn does not expose its settings, so the caller must resume with the same ones.
    /// Burn reads the state from a checkpoint onto `Device::default()`, which must exist, and moves it to the
    /// parameters' device.
    External(Box<ModuleOptimizer>),
}

impl fmt::Debug for AnyOptimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(optimizer) => f.debug_tuple("Known").field(optimizer).finish(),
            Self::External(_) => f.debug_tuple("External").finish_non_exhaustive(),
        }
    }
}

impl From<Optimizer> for AnyOptimizer {
    fn from(optimizer: Optimizer) -> Self {
        Self::Known(optimizer)
    }
}

impl From<ModuleOptimizer> for AnyOptimizer {
    fn from(optimizer: ModuleOptimizer) -> Self {
        Self::External(Box::new(optimizer))
    }
}

/// Groups of parameters with their own optimizer or learning rate, and frozen groups.
#[derive(Default)]
pub(crate) struct Groups {
    pub(crate) optimizers: Vec<(ParamGroup, Optimizer)>,
    /// Factors of the learning rate.
    pub(crate) lr_factors: Vec<(ParamGroup, f64)>,
    pub(crate) frozen: Vec<Frozen>,
}

/// Parameters that do not change any more.
pub(crate) struct Frozen {
    pub(crate) group: ParamGroup,
    /// The number of steps that still change them.
    pub(crate) after: u64,
}

impl Groups {
    /// The optimizer of the last group that contains `parameter`, if there is one.
    pub(crate) fn optimizer_for(&self, parameter: &Parameter) -> Option<Optimizer> {
        last_of(&self.optimizers, parameter)
    }

    /// Learning-rate factor of `parameter`; 1 if no group contains it.
    pub(crate) fn lr_factor_for(&self, parameter: &Parameter) -> f64 {
        last_of(&self.lr_factors, parameter).unwrap_or(1.0)
    }

    /// The parameters that the next step trains, after `step` steps.
    pub(crate) fn trained(&self, parameters: &[Parameter], step: u64) -> Arc<[Parameter]> {
        let is_trained =
            |parameter: &&Parameter| self.frozen_after(parameter).is_none_or(|after| step < after);
        parameters.iter().filter(is_trained).cloned().collect()
    }

    /// The number of steps after which `parameter` is frozen.
    fn frozen_after(&self, parameter: &Parameter) -> Option<u64> {
        let groups = self.frozen.iter().filter(|frozen| contains(&frozen.group, parameter));
        groups.map(|frozen| frozen.after).min()
    }

    /// Freezes the parameters of `model` that are frozen after `step` steps.
    pub(crate) fn freeze<M: Module>(&self, model: M, step: u64) -> M {
        let groups = self.frozen.iter().filter(|frozen| frozen.after <= step);
        groups.map(|frozen| frozen.group.clone()).fold(model, M::freeze_group)
    }

    /// Whether a group that the last of `step` steps changed is frozen for the next one.
    pub(crate) fn freezes_at(&self, step: u64) -> bool {
        step > 0 && self.frozen.iter().any(|frozen| frozen.after == step)
    }

    /// Refuses a frozen group without parameters, and groups that leave nothing to train.
    pub(crate) fn check_frozen(&self, parameters: &[Parameter]) -> Result<(), Error> {
        let is_empty = |group: &&ParamGroup| !parameters.iter().any(|parameter| contains(group, parameter));
        let is_frozen = |parameter: &Parameter| self.frozen_after(parameter).is_some();
        let reason = if let Some(empty) = self.frozen.iter().map(|frozen| &frozen.group).find(is_empty) {
            format!("no parameter is in {empty:?}")
        } else if !parameters.is_empty() && parameters.iter().all(is_frozen) {
            "all parameters are, so that there is nothing to train".to_owned()
        } else {
            return Ok(());
        };
        let names: Vec<&str> = parameters.iter().map(|parameter| &*parameter.name).collect();
        Err(Error::Frozen { reason, parameters: names.join(", ") })
    }

    /// Adds the optimizers of the groups to `all`. Their state is read from a checkpoint onto `device`.
    pub(crate) fn added_to(&self, all: ModuleOptimizer, device: &Device) -> ModuleOptimizer {
        self.optimizers.iter().fold(all, |all, (group, optimizer)| {
            let rule = Rule { rule: optimizer.rule(), device: device.clone() };
            all.with_group(group.clone(), rule, None)
        })
    }

    /// Settings of the optimizer and the groups, for a checkpoint. A group is identified by the names of its
    /// parameters.
    pub(crate) fn settings(
        &self,
        all: &AnyOptimizer,
        parameters: &[Parameter],
    ) -> Result<BTreeMap<String, String>, serde_json::Error> {
        let mut settings = BTreeMap::new();
        if let AnyOptimizer::Known(optimizer) = all {
            settings.insert("optimizer".to_owned(), serde_json::to_string(optimizer)?);
        }
        for (key, groups) in [
            ("optimizer of a group", named(&self.optimizers, parameters)?),
            ("rate of a group", named(&self.lr_factors, parameters)?),
        ] {
            if !groups.is_empty() {
                settings.insert(key.to_owned(), groups.join(", "));
            }
        }
        let frozen = parameters.iter().filter_map(|parameter| match self.frozen_after(parameter)? {
            0 => Some(parameter.name.clone()),
            after => Some(format!("{} after {after} steps", parameter.name)),
        });
        let frozen: Vec<String> = frozen.collect();
        if !frozen.is_empty() {
            settings.insert("frozen".to_owned(), frozen.join(" "));
        }
        Ok(settings)
    }
}

fn contains(group: &ParamGroup, parameter: &Parameter) -> bool {
    group.matches(&parameter.id, Some(&parameter.name))
}

/// Each group's setting and the names of the parameters in it.
fn named<T: Serialize>(
    groups: &[(ParamGroup, T)],
    parameters: &[Parameter],
) -> Result<Vec<String>, serde_json::Error> {
    let text = |(group, setting): &(ParamGroup, T)| {
        let names = parameters.iter().filter(|parameter| contains(group, parameter));
        let names: Vec<&str> = names.map(|parameter| &*parameter.name).collect();
        Ok(format!("{} for {}", serde_json::to_string(setting)?, names.join(" ")))
    };
    groups.iter().map(text).collect()
}

fn last_of<T: Copy>(groups: &[(ParamGroup, T)], parameter: &Parameter) -> Option<T> {
    groups.iter().rev().find(|(group, _)| contains(group, parameter)).map(|(_, setting)| *setting)
}

/// A rule whose state is read from a checkpoint onto the device of the parameters. Burn reads it onto its
/// default device first: a GPU, which need not exist, if wgpu is compiled in.
struct Rule {
    rule: FusedOptimizer,
    device: Device,
}

impl DynOptimizer for Rule {
    fn step_dyn(
        &self,
        rank: usize,
        learning_rate: f64,
        tensor: BridgeTensor,
        gradient: BridgeTensor,
        state: Option<DynState>,
    ) -> (BridgeTensor, Option<DynState>) {
        self.rule.step_dyn(rank, learning_rate, tensor, gradient, state)
    }

    fn to_device_dyn(&self, state: DynState, device: &Device) -> DynState {
        self.rule.to_device_dyn(state, device)
    }

    fn state_flatten(&self, prefix: &str, state: &DynState, out: &mut StateSink) {
        self.rule.state_flatten(prefix, state, out);
    }

    fn state_unflatten(
        &self,
        rank: usize,
        prefix: &str,
        source: &mut StateSource,
        _: &Device,
    ) -> Option<DynState> {
        self.rule.state_unflatten(rank, prefix, source, &self.device)
    }
}
