//! [`AnyOptimizer`]: which optimizer updates which parameters.

use std::collections::BTreeMap;

use burn::module::ParamGroup;
use burn::optim::{DynOptimizer, DynState, ModuleOptimizer, StateSink, StateSource};
use burn::tensor::Device;
use burn::tensor::kind::BridgeTensor;
use serde::Serialize;

use crate::optimizer::FusedOptimizer;
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
    /// The optimizer of the last group that `parameter` is in, if it is in any.
    pub(crate) fn optimizer_of(&self, parameter: &Parameter) -> Option<Optimizer> {
        last_of(&self.optimizers, parameter)
    }

    /// The factor of the learning rate of `parameter`.
    pub(crate) fn factor_of(&self, parameter: &Parameter) -> f64 {
        last_of(&self.rates, parameter).unwrap_or(1.0)
    }

    /// `all` with the optimizers of the groups. Their state goes to `device` when it is read from a checkpoint.
    pub(crate) fn added_to(&self, all: ModuleOptimizer, device: &Device) -> ModuleOptimizer {
        self.optimizers.iter().fold(all, |all, (group, optimizer)| {
            let rule = Rule { rule: optimizer.rule(), device: device.clone() };
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

fn last_of<T: Copy>(groups: &[(ParamGroup, T)], parameter: &Parameter) -> Option<T> {
    let is_in = |(group, _): &&(ParamGroup, T)| group.matches(&parameter.id, Some(&parameter.name));
    groups.iter().rev().find(is_in).map(|(_, setting)| *setting)
}

/// A rule whose state is read from a checkpoint onto the device of the parameters. Burn itself reads it onto its
/// default device, and from there to theirs: with wgpu compiled in that is a GPU, which need not be there.
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
