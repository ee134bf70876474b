//! The optimizer of a training.

use burn::module::ParamGroup;
use clap::Args;
use lenet_train::{Optimizer, OptimizerKind};
use serde::Serialize;

use super::super::parse::{self, LayerFactors, Numbers};
use super::refuse;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Optimizer")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct OptimizerArgs {
    /// The optimizer
    #[arg(long = "optimizer", value_enum, default_value = "sgd")]
    #[serde(rename = "optimizer")]
    pub(crate) kind: OptimizerKind,
    /// Momentum of sgd, nesterov and rmsprop [default: 0.9; for rmsprop 0]
    #[arg(long, value_name = "M", value_parser = parse::below_one, allow_negative_numbers = true)]
    momentum: Option<f64>,
    /// Weight decay [default: 0.0005 for sgd and nesterov, 0.01 for adamw, else 0]
    #[arg(long, value_name = "D", value_parser = parse::not_negative, allow_negative_numbers = true)]
    weight_decay: Option<f64>,
    /// Apply weight decay to the weights only, not to the biases
    #[arg(long)]
    no_bias_decay: bool,
    /// Decay of the two moving averages of adam and adamw [default: 0.9,0.999]
    #[arg(long, value_name = "B1,B2", value_parser = parse::numbers, allow_negative_numbers = true)]
    betas: Option<Numbers>,
    /// Decay of the moving average of rmsprop [default: 0.99]
    #[arg(long, value_name = "A", value_parser = parse::below_one, allow_negative_numbers = true)]
    alpha: Option<f64>,
    /// Divide by the standard deviation of the gradient instead of its root mean square (rmsprop)
    #[arg(long)]
    centered: bool,
    /// Factors of the learning rates of layers, such as conv1=2,conv2=2 [default: 1]
    #[arg(long, value_name = "LAYER=FACTOR,…", value_parser = parse::layer_factors)]
    layer_lr: Option<LayerFactors>,
}

impl OptimizerArgs {
    /// The optimizer. Defaults are values that train this network well.
    pub(crate) fn optimizer(&self) -> Optimizer {
        let default = match self.kind {
            kind @ (OptimizerKind::Sgd | OptimizerKind::Nesterov) => {
                Optimizer::new(kind).momentum(0.9).weight_decay(5e-4)
            }
            kind => Optimizer::new(kind),
        };
        let betas = self.betas.as_ref().and_then(|betas| <[f64; 2]>::try_from(&betas.0[..]).ok());
        let optimizer = default
            .momentum(self.momentum.unwrap_or(default.momentum))
            .weight_decay(self.weight_decay.unwrap_or(default.weight_decay))
            .betas(betas.unwrap_or(default.betas))
            .alpha(self.alpha.unwrap_or(default.alpha));
        if self.centered { optimizer.centered() } else { optimizer }
    }

    /// Groups of parameters with their own optimizer.
    pub(crate) fn groups(&self) -> anyhow::Result<Vec<(ParamGroup, Optimizer)>> {
        if !self.no_bias_decay {
            return Ok(Vec::new());
        }
        let biases = ParamGroup::from_regex(r"\.bias$");
        let biases = biases.map_err(|error| anyhow::anyhow!("the group of biases: {error:?}"))?;
        Ok(vec![(biases, self.optimizer().weight_decay(0.0))])
    }

    /// Groups of parameters with a factor of their learning rate.
    pub(crate) fn lr_factors(&self) -> impl Iterator<Item = (ParamGroup, f64)> {
        let factors = self.layer_lr.iter().flat_map(|LayerFactors(factors)| factors);
        factors.map(|(layer, factor)| (ParamGroup::from_predicate(*layer), *factor))
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        use OptimizerKind::{Adam, Adamw, Nesterov, Rmsprop, Sgd};
        let kind = self.kind;
        let beside = format!("--optimizer {kind}");
        let is_momentum = matches!(kind, Sgd | Nesterov | Rmsprop);
        refuse(self.momentum.is_some() && !is_momentum, "--momentum", &beside, "sgd, nesterov and rmsprop")?;
        let is_adam = matches!(kind, Adam | Adamw);
        refuse(self.betas.is_some() && !is_adam, "--betas", &beside, "adam and adamw")?;
        refuse(self.alpha.is_some() && kind != Rmsprop, "--alpha", &beside, "rmsprop")?;
        refuse(self.centered && kind != Rmsprop, "--centered", &beside, "rmsprop")?;
        let two_below_1 = |betas: &Numbers| betas.0.len() == 2 && betas.0.iter().all(|beta| *beta < 1.0);
        anyhow::ensure!(
            self.betas.as_ref().is_none_or(two_below_1),
            "--betas takes two numbers from 0 to below 1: --betas 0.9,0.999"
        );
        anyhow::ensure!(
            kind != Nesterov || self.momentum != Some(0.0),
            "--momentum 0 leaves nothing of nesterov: use --optimizer sgd"
        );
        anyhow::ensure!(
            !self.no_bias_decay || self.optimizer().weight_decay != 0.0,
            "--no-bias-decay does nothing without a weight decay: add --weight-decay"
        );
        Ok(())
    }
}
