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
    /// Parameters that do not change.
    pub(crate) frozen: Vec<ParamGroup>,
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

    /// The parameters that are trained.
    pub(crate) fn trained(&self, parameters: &[Parameter]) -> Arc<[Parameter]> {
        parameters.iter().filter(|parameter| !self.is_frozen(parameter)).cloned().collect()
    }

    fn is_frozen(&self, parameter: &Parameter) -> bool {
        self.frozen.iter().any(|group| contains(group, parameter))
    }

    /// Freezes the parameters of `model`.
    pub(crate) fn freeze<M: Module>(&self, model: M) -> M {
        self.frozen.iter().cloned().fold(model, M::freeze_group)
    }

    /// Refuses a frozen group without parameters, and groups that leave nothing to train.
    pub(crate) fn check_frozen(&self, parameters: &[Parameter]) -> Result<(), Error> {
        let is_empty = |group: &&ParamGroup| !parameters.iter().any(|parameter| contains(group, parameter));
        let reason = if let Some(empty) = self.frozen.iter().find(is_empty) {
            format!("no parameter is in {empty:?}")
        } else if !parameters.is_empty() && parameters.iter().all(|parameter| self.is_frozen(parameter)) {
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
        let frozen = parameters.iter().filter(|parameter| self.is_frozen(parameter));
        let frozen: Vec<&str> = frozen.map(|parameter| &*parameter.name).collect();
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
