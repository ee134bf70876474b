//! PyTorch's optimizers with PyTorch's defaults.

use std::fmt;

use burn::optim::{ModuleOptimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use burn_pack::Scalar;
use lenet_backend::optim::{Update, UpdateRule};
use serde::{Deserialize, Serialize};

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

    /// The optimizer for a module, its state empty: for a loop of your own. (Give a [`Trainer`](crate::Trainer) the
    /// `Optimizer` itself: then a resumed fit is refused if its settings have changed.)
    pub fn init(self) -> ModuleOptimizer {
        self.rule().into()
    }

    /// The rule that updates one parameter.
    pub(crate) fn rule(self) -> FusedOptimizer {
        let Self { momentum, betas, .. } = self;
        let rule = match self.kind {
            OptimizerKind::Sgd => UpdateRule::Sgd { momentum },
            OptimizerKind::Nesterov => UpdateRule::Nesterov { momentum },
            OptimizerKind::Adam => UpdateRule::Adam { betas, epsilon: 1e-8 },
            OptimizerKind::Adamw => UpdateRule::Adamw { betas, epsilon: 1e-8 },
            OptimizerKind::Rmsprop => {
                let Self { alpha, centered, .. } = self;
                UpdateRule::Rmsprop { alpha, epsilon: 1e-8, momentum, centered }
            }
            OptimizerKind::Adagrad => UpdateRule::Adagrad { epsilon: 1e-10 },
        };
        FusedOptimizer { rule, weight_decay: self.weight_decay }
    }
}

/// The rules of `lenet_backend::optim::update` as an optimizer of Burn's.
#[derive(Clone, Debug)]
pub(crate) struct FusedOptimizer {
    rule: UpdateRule,
    weight_decay: f64,
}

/// What is kept of a parameter from step to step.
#[derive(Clone)]
pub(crate) struct Kept<const D: usize> {
    /// How many steps have been made.
    steps: usize,
    /// As the rule orders them.
    tensors: Vec<Tensor<D>>,
}

/// In a checkpoint: `steps`, and the tensors as `kept.0`, `kept.1`, …
impl<const D: usize> RecordState for Kept<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "steps", Scalar::from(self.steps));
        for (index, tensor) in self.tensors.iter().enumerate() {
            out.push_tensor(prefix, &format!("kept.{index}"), tensor.clone().into_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let steps = source.take_scalar(prefix, "steps")?.try_into().ok()?;
        let data = (0..).map_while(|index| source.take_tensor(prefix, &format!("kept.{index}")));
        Some(Self { steps, tensors: data.map(|data| Tensor::from_data(data, device)).collect() })
    }
}

impl burn::optim::Optimizer for FusedOptimizer {
    type State<const D: usize> = Kept<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        kept: Option<Kept<D>>,
    ) -> (Tensor<D>, Option<Kept<D>>) {
        let Kept { steps, tensors } = kept.unwrap_or(Kept { steps: 0, tensors: Vec::new() });
        let Self { rule, weight_decay } = *self;
        let update = Update::new(rule, steps + 1, learning_rate).with_weight_decay(weight_decay);
        let (parameter, tensors) = lenet_backend::optim::update(update, parameter, gradient, tensors);
        (parameter, Some(Kept { steps: steps + 1, tensors }))
    }

    fn to_device<const D: usize>(kept: Kept<D>, device: &Device) -> Kept<D> {
        let tensors = kept.tensors.into_iter().map(|tensor| tensor.to_device(device)).collect();
        Kept { tensors, ..kept }
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
