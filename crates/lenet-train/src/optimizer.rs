//! PyTorch's optimizers with PyTorch's defaults.

use std::fmt;

use burn::optim::ModuleOptimizer;
use lenet_backend::optim::{Update, UpdateRule};
use serde::{Deserialize, Serialize};

use crate::fused_optimizer::FusedOptimizer;

/// An optimizer and its settings. Settings that are not given have PyTorch's defaults, which differ from
/// Burn's: Burn's SGD dampens its momentum by 0.1, its RMSprop has a momentum of 0.9, its AdamW decays by
/// 1e-4 instead of 1e-2, and its ε is 1e-5 throughout.
///
/// ```
/// use lenet_train::Optimizer;
///
/// let optimizer = Optimizer::sgd().momentum(0.9).weight_decay(5e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Optimizer {
    /// The update rule.
    pub kind: OptimizerKind,
    /// Momentum μ of SGD, Nesterov-SGD and RMSprop; 0 disables it. The other rules ignore it.
    pub momentum: f64,
    /// Weight decay λ: λ·parameter is added to the gradient, except in AdamW, which multiplies the parameter
    /// by 1 − learning rate·λ.
    pub weight_decay: f64,
    /// β₁ and β₂ of Adam and AdamW.
    #[serde(default = "default_betas", skip_serializing_if = "is_default_betas")]
    pub betas: [f64; 2],
    /// α of RMSprop.
    #[serde(default = "default_alpha", skip_serializing_if = "is_default_alpha")]
    pub alpha: f64,
    /// Whether RMSprop divides by the standard deviation of the gradient instead of its root mean square.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub centered: bool,
}

/// Update rule of an [`Optimizer`]. A new rule is a breaking change, so that code which must know all rules,
/// such as a conformance test, does not compile until it does.
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
    /// momentum, gets 0.9.
    pub fn new(kind: OptimizerKind) -> Self {
        let momentum = if kind == OptimizerKind::Nesterov { 0.9 } else { 0.0 };
        let weight_decay = if kind == OptimizerKind::Adamw { 1e-2 } else { 0.0 };
        Self { kind, momentum, weight_decay, betas: default_betas(), alpha: default_alpha(), centered: false }
    }

    /// Sets the momentum μ.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Sets the weight decay λ.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    /// Sets β₁ and β₂ of Adam and AdamW.
    pub fn betas(self, betas: [f64; 2]) -> Self {
        Self { betas, ..self }
    }

    /// Sets α of RMSprop.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets PyTorch's `centered=True` of RMSprop.
    pub fn centered(self) -> Self {
        Self { centered: true, ..self }
    }

    /// Creates Burn's optimizer with an empty state, for a training loop without a
    /// [`Trainer`](crate::Trainer). (A `Trainer` takes the `Optimizer` itself, so that a resumed fit with
    /// other settings is refused.)
    pub fn init(self) -> ModuleOptimizer {
        self.rule().into()
    }

    /// Step number `step` (counted from 1) of one parameter, for [`lenet_backend::optim::update`]: for a training loop
    /// that keeps the optimizer's state itself.
    pub fn update(self, step: usize, learning_rate: f64) -> Update {
        Update::new(self.update_rule(), step, learning_rate).with_weight_decay(self.weight_decay)
    }

    /// The optimizer of one parameter.
    pub(crate) fn rule(self) -> FusedOptimizer {
        FusedOptimizer { rule: self.update_rule(), weight_decay: self.weight_decay }
    }

    fn update_rule(self) -> UpdateRule {
        let Self { momentum, betas, .. } = self;
        match self.kind {
            OptimizerKind::Sgd => UpdateRule::Sgd { momentum },
            OptimizerKind::Nesterov => UpdateRule::Nesterov { momentum },
            OptimizerKind::Adam => UpdateRule::Adam { betas, epsilon: 1e-8 },
            OptimizerKind::Adamw => UpdateRule::Adamw { betas, epsilon: 1e-8 },
            OptimizerKind::Rmsprop => {
                let Self { alpha, centered, .. } = self;
                UpdateRule::Rmsprop { alpha, epsilon: 1e-8, momentum, centered }
            }
            OptimizerKind::Adagrad => UpdateRule::Adagrad { epsilon: 1e-10 },
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
    /// Formats the name used by the command line and by the manifest of a run.
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
