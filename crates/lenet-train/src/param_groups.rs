//! [`AnyOptimizer`]: which optimizer updates which parameters.

use std::collections::BTreeMap;

use burn::module::ParamGroup;
use burn::optim::{DynOptimizer, DynState, ModuleOptimizer, SgdConfig, StateSink, StateSource};
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;
use serde::Serialize;

use crate::{Optimizer, Parameter};

/// What updates the parameters: an [`Optimizer`], or any of Burn's, with its groups of parameters and all.
pub enum AnyOptimizer {
    /// Its settings are kept in checkpoints, and a fit with others does not go on from one.
    Known(Optimizer),
    /// Burn does not tell its settings, so it is up to you to go on with the same ones. Burn reads its state from a
    /// checkpoint onto `Device::default()`, which must be there, and moves it from there.
    Burns(Box<ModuleOptimizer>),
}

impl From<Optimizer> for AnyOptimizer {
    fn from(optimizer: Optimizer) -> Self {
        Self::Known(optimizer)
    }
}

impl From<ModuleOptimizer> for AnyOptimizer {
    fn from(optimizer: ModuleOptimizer) -> Self {
        Self::Burns(Box::new(optimizer))
    }
}

/// Parameters that go by their own optimizer or learning rate.
#[derive(Default)]
pub(crate) struct Groups {
    pub(crate) optimizers: Vec<(ParamGroup, Optimizer)>,
    /// Factors of the learning rate.
    pub(crate) rates: Vec<(ParamGroup, f64)>,
}

impl Groups {
    /// The optimizer of all parameters. A state read from a checkpoint goes to `device`.
    pub(crate) fn optimizer(&self, all: &AnyOptimizer, device: &Device) -> ModuleOptimizer {
        let all = match all {
            AnyOptimizer::Known(optimizer) => for_all(optimizer.rule(), Some(device)),
            AnyOptimizer::Burns(optimizer) => (**optimizer).clone(),
        };
        self.optimizers.iter().fold(all, |all, (group, optimizer)| {
            let rule = Rule { rule: optimizer.rule(), device: Some(device.clone()) };
            all.with_group(group.clone(), rule, None)
        })
    }

    /// What a checkpoint keeps of the optimizer and the groups. A group is told by the names of its parameters.
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
            ("rate of a group", named(&self.rates, parameters)?),
        ] {
            if !groups.is_empty() {
                settings.insert(key.to_owned(), groups.join(", "));
            }
        }
        Ok(settings)
    }
}

/// Each group's setting and the names of the parameters in it.
fn named<T: Serialize>(
    groups: &[(ParamGroup, T)],
    parameters: &[Parameter],
) -> Result<Vec<String>, serde_json::Error> {
    let text = |(group, setting): &(ParamGroup, T)| {
        let names = parameters.iter().filter(|parameter| group.matches(&parameter.id, Some(&parameter.name)));
        let names: Vec<&str> = names.map(|parameter| &*parameter.name).collect();
        Ok(format!("{} for {}", serde_json::to_string(setting)?, names.join(" ")))
    };
    groups.iter().map(text).collect()
}

/// An optimizer that updates all parameters by `rule`.
pub(crate) fn for_all(rule: Box<dyn DynOptimizer>, device: Option<&Device>) -> ModuleOptimizer {
    // Burn asks the last group that matches, so the first, which it insists on, is never asked.
    let first = ModuleOptimizer::from(SgdConfig::new().build());
    first.with_group(ParamGroup::all(), Rule { rule, device: device.cloned() }, None)
}

/// A rule whose state is read from a checkpoint onto the device of the parameters. Burn itself reads it onto its
/// default device, and from there to theirs: with wgpu compiled in that is a GPU, which need not be there.
struct Rule {
    rule: Box<dyn DynOptimizer>,
    device: Option<Device>,
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
        default: &Device,
    ) -> Option<DynState> {
        self.rule.state_unflatten(rank, prefix, source, self.device.as_ref().unwrap_or(default))
    }
}
