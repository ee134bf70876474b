//! Burn's optimizers with PyTorch's defaults.

use std::fmt;

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    AdaGradConfig, AdamConfig, AdamWConfig, DynOptimizer, ModuleOptimizer, RmsPropConfig, SgdConfig,
};
use serde::{Deserialize, Serialize};

use crate::param_groups;

/// An optimizer and its settings. What is not set has PyTorch's default, not Burn's: Burn's SGD dampens its
/// momentum by 0.1, its RMSprop has a momentum of 0.9, its AdamW decays by 1e-4 instead of 1e-2, and its ε is
/// 1e-5 throughout.
///
/// ```
/// use lenet_train::Optimizer;
///
/// let optimizer = Optimizer::sgd().momentum(0.9).weight_decay(5e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// The rule.
    pub kind: OptimizerKind,
    /// μ of SGD, Nesterov-SGD and RMSprop, 0 for none. The others have none.
    pub momentum: f64,
    /// λ: added to the gradient as λ·parameter, but for Adamw, where the parameter shrinks by rate·λ.
    pub weight_decay: f64,
    /// β₁ and β₂ of Adam and AdamW.
    #[serde(default = "default_betas", skip_serializing_if = "is_default_betas")]
    pub betas: [f64; 2],
    /// α of RMSprop.
    #[serde(default = "default_alpha", skip_serializing_if = "is_default_alpha")]
    pub alpha: f64,
    /// Whether RMSprop divides by the deviation of the gradient instead of its size.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub centered: bool,
}

/// The rule of an [`Optimizer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum OptimizerKind {
    /// `torch.optim.SGD`.
    Sgd,
    /// `torch.optim.SGD` with `nesterov=True`.
    Nesterov,
    /// `torch.optim.Adam`.
    Adam,
    /// `torch.optim.AdamW`.
    Adamw,
    /// `torch.optim.RMSprop`.
    Rmsprop,
    /// `torch.optim.Adagrad`.
    Adagrad,
}

impl Optimizer {
    /// Stochastic gradient descent, without momentum.
    pub fn sgd() -> Self {
        Self::new(OptimizerKind::Sgd)
    }

    /// The optimizer of this kind with PyTorch's defaults. Nesterov, which PyTorch allows only with a
    /// momentum, gets the usual 0.9.
    pub fn new(kind: OptimizerKind) -> Self {
        let momentum = if kind == OptimizerKind::Nesterov { 0.9 } else { 0.0 };
        let weight_decay = if kind == OptimizerKind::Adamw { 1e-2 } else { 0.0 };
        Self { kind, momentum, weight_decay, betas: default_betas(), alpha: default_alpha(), centered: false }
    }

    /// The same with this momentum.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// The same with this weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    /// The same with these β₁ and β₂.
    pub fn betas(self, betas: [f64; 2]) -> Self {
        Self { betas, ..self }
    }

    /// The same with this α.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// The same with `centered=True`.
    pub fn centered(self) -> Self {
        Self { centered: true, ..self }
    }

    /// Burn's optimizer with these settings, its state empty: for a loop of your own.
    pub fn init(self) -> ModuleOptimizer {
        param_groups::for_all(self.rule(), None)
    }

    /// The rule that updates one parameter.
    pub(crate) fn rule(self) -> Box<dyn DynOptimizer> {
        let [beta_1, beta_2] = self.betas.map(|beta| beta as f32);
        let decay = (self.weight_decay != 0.0).then(|| WeightDecayConfig::new(self.weight_decay as f32));
        match self.kind {
            OptimizerKind::Sgd | OptimizerKind::Nesterov => {
                let momentum = MomentumConfig::new()
                    .with_momentum(self.momentum)
                    .with_dampening(0.0)
                    .with_nesterov(self.kind == OptimizerKind::Nesterov);
                let momentum = (self.momentum != 0.0).then_some(momentum);
                Box::new(SgdConfig::new().with_momentum(momentum).with_weight_decay(decay).build())
            }
            OptimizerKind::Adam => Box::new(
                AdamConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(1e-8)
                    .with_weight_decay(decay)
                    .build(),
            ),
            OptimizerKind::Adamw => Box::new(
                AdamWConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(1e-8)
                    .with_weight_decay(self.weight_decay as f32)
                    .build(),
            ),
            OptimizerKind::Rmsprop => Box::new(
                RmsPropConfig::new()
                    .with_alpha(self.alpha as f32)
                    .with_centered(self.centered)
                    .with_epsilon(1e-8)
                    .with_momentum(self.momentum as f32)
                    .with_weight_decay(decay)
                    .build(),
            ),
            OptimizerKind::Adagrad => {
                Box::new(AdaGradConfig::new().with_epsilon(1e-10).with_weight_decay(decay).build())
            }
        }
    }
}

fn default_betas() -> [f64; 2] {
    [0.9, 0.999]
}

fn is_default_betas(betas: &[f64; 2]) -> bool {
    *betas == default_betas()
}

fn default_alpha() -> f64 {
    0.99
}

fn is_default_alpha(alpha: &f64) -> bool {
    *alpha == default_alpha()
}

impl From<Optimizer> for ModuleOptimizer {
    fn from(optimizer: Optimizer) -> Self {
        optimizer.init()
    }
}

impl fmt::Display for OptimizerKind {
    /// The name that the command line and the manifest of a run use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sgd => "sgd",
            Self::Nesterov => "nesterov",
            Self::Adam => "adam",
            Self::Adamw => "adamw",
            Self::Rmsprop => "rmsprop",
            Self::Adagrad => "adagrad",
        })
    }
}
