//! The rules by which optimizers change parameters, each written once and run on vectors and on tensors.

use burn::tensor::Tensor;

/// One step of an optimizer for one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The rule.
    pub rule: UpdateRule,
    /// The number of this step, from 1.
    pub step: usize,
    /// The rate γ.
    pub learning_rate: f64,
    /// λ: λ·p is added to the gradient, or, for [`UpdateRule::Adamw`], γ·λ·p taken from the parameter p.
    pub weight_decay: f64,
}

/// The rule of an [`Update`], as PyTorch's documentation of `torch.optim` gives it. p is the parameter, g its gradient;
/// everything else starts at 0 and is kept from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UpdateRule {
    /// v ← μ·v + g; p ← p − γ·v.
    Sgd {
        /// μ; for 0 no v is kept.
        momentum: f64,
    },
    /// v ← μ·v + g; p ← p − γ·(g + μ·v).
    Nesterov {
        /// μ.
        momentum: f64,
    },
    /// m ← β₁·m + (1−β₁)·g; v ← β₂·v + (1−β₂)·g²; p ← p − γ·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ) at step t.
    Adam {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        epsilon: f64,
    },
    /// Adam with p ← p − γ·λ·p in place of the weight decay in g.
    Adamw {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        epsilon: f64,
    },
    /// v ← α·v + (1−α)·g²; if centered, a ← α·a + (1−α)·g; b ← μ·b + g/(√(v − a²) + ε); p ← p − γ·b.
    Rmsprop {
        /// α.
        alpha: f64,
        /// ε.
        epsilon: f64,
        /// μ; for 0 no b is kept.
        momentum: f64,
        /// Whether a is kept and subtracted.
        centered: bool,
    },
    /// s ← s + g²; p ← p − γ·g/(√s + ε).
    Adagrad {
        /// ε.
        epsilon: f64,
    },
}

impl UpdateRule {
    /// How many numbers are kept for each number of a parameter.
    pub fn kept(self) -> usize {
        StepRule::new(self, 1).kept()
    }
}

/// What a rule computes with: a vector of numbers, or a tensor.
pub(crate) trait Number: Clone {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    fn root(self) -> Self;
    /// `self · factor`.
    fn scaled(self, factor: f64) -> Self;
    /// `self + offset`.
    fn raised(self, offset: f64) -> Self;
}

/// An [`Update`] with its constants, which are rounded to the type of the numbers where they meet them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    rate: f64,
    /// Weight decay in the gradient.
    decay: f64,
    /// What weight decay leaves of the parameter.
    left: f64,
    pub rule: StepRule,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StepRule {
    Sgd,
    Momentum { momentum: f64, nesterov: bool },
    Adam { betas: [f64; 2], rests: [f64; 2], correction: f64, epsilon: f64 },
    Rmsprop { alpha: f64, rest: f64, epsilon: f64, momentum: f64, centered: bool },
    Adagrad { epsilon: f64 },
}

impl Step {
    pub fn new(update: &Update) -> Self {
        let decoupled = matches!(update.rule, UpdateRule::Adamw { .. });
        let (decay, left) = match decoupled {
            true => (0.0, 1.0 - update.learning_rate * update.weight_decay),
            false => (update.weight_decay, 1.0),
        };
        let rule = StepRule::new(update.rule, update.step);
        Self { rate: update.learning_rate, decay, left, rule }
    }

    /// The new parameter; `kept` is changed in place. Sums and products are rounded one by one, so that every
    /// instruction set and Burn's own operations give the same bits.
    #[inline(always)]
    pub fn apply<T: Number>(&self, parameter: T, gradient: T, kept: &mut [T]) -> T {
        let gradient = match self.decay {
            0.0 => gradient,
            decay => parameter.clone().scaled(decay).plus(gradient),
        };
        let parameter = if self.left == 1.0 { parameter } else { parameter.scaled(self.left) };
        parameter.minus(self.rule.direction(gradient, kept).scaled(self.rate))
    }
}

impl StepRule {
    fn new(rule: UpdateRule, step: usize) -> Self {
        match rule {
            UpdateRule::Sgd { momentum: 0.0 } => Self::Sgd,
            UpdateRule::Sgd { momentum } => Self::Momentum { momentum, nesterov: false },
            UpdateRule::Nesterov { momentum } => Self::Momentum { momentum, nesterov: true },
            UpdateRule::Adam { betas, epsilon } | UpdateRule::Adamw { betas, epsilon } => {
                // m̂/(√v̂ + ε) = m·√c₂/c₁ / (√v + ε·√c₂) with c = 1 − βᵗ.
                let [c1, c2] = betas.map(|beta| 1.0 - beta.powf(step as f64));
                Self::Adam {
                    betas,
                    rests: betas.map(|beta| 1.0 - beta),
                    correction: c2.sqrt() / c1,
                    epsilon: epsilon * c2.sqrt(),
                }
            }
            UpdateRule::Rmsprop { alpha, epsilon, momentum, centered } => {
                Self::Rmsprop { alpha, rest: 1.0 - alpha, epsilon, momentum, centered }
            }
            UpdateRule::Adagrad { epsilon } => Self::Adagrad { epsilon },
        }
    }

    /// How many numbers are kept for each number of a parameter.
    pub fn kept(&self) -> usize {
        match *self {
            Self::Sgd => 0,
            Self::Momentum { .. } | Self::Adagrad { .. } => 1,
            Self::Adam { .. } => 2,
            Self::Rmsprop { momentum, centered, .. } => {
                1 + usize::from(centered) + usize::from(momentum != 0.0)
            }
        }
    }

    /// Where the parameter goes against.
    #[inline(always)]
    fn direction<T: Number>(&self, gradient: T, kept: &mut [T]) -> T {
        match *self {
            Self::Sgd => gradient,
            Self::Momentum { momentum, nesterov } => {
                kept[0] = kept[0].clone().scaled(momentum).plus(gradient.clone());
                if nesterov { kept[0].clone().scaled(momentum).plus(gradient) } else { kept[0].clone() }
            }
            Self::Adam { betas, rests, correction, epsilon } => {
                kept[0] = kept[0].clone().scaled(betas[0]).plus(gradient.clone().scaled(rests[0]));
                kept[1] = kept[1].clone().scaled(betas[1]).plus(square(gradient).scaled(rests[1]));
                kept[0].clone().scaled(correction).over(kept[1].clone().root().raised(epsilon))
            }
            Self::Rmsprop { alpha, rest, epsilon, momentum, centered } => {
                kept[0] = kept[0].clone().scaled(alpha).plus(square(gradient.clone()).scaled(rest));
                let mut variance = kept[0].clone();
                if centered {
                    kept[1] = kept[1].clone().scaled(alpha).plus(gradient.clone().scaled(rest));
                    variance = variance.minus(square(kept[1].clone()));
                }
                let direction = gradient.over(variance.root().raised(epsilon));
                if momentum == 0.0 {
                    return direction;
                }
                let buffer = 1 + usize::from(centered);
                kept[buffer] = kept[buffer].clone().scaled(momentum).plus(direction);
                kept[buffer].clone()
            }
            Self::Adagrad { epsilon } => {
                kept[0] = kept[0].clone().plus(square(gradient.clone()));
                gradient.over(kept[0].clone().root().raised(epsilon))
            }
        }
    }
}

#[inline(always)]
fn square<T: Number>(x: T) -> T {
    x.clone().times(x)
}

impl<const D: usize> Number for Tensor<D> {
    fn plus(self, other: Self) -> Self {
        self.add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.sub(other)
    }

    fn times(self, other: Self) -> Self {
        self.mul(other)
    }

    fn over(self, other: Self) -> Self {
        self.div(other)
    }

    fn root(self) -> Self {
        self.sqrt()
    }

    fn scaled(self, factor: f64) -> Self {
        self.mul_scalar(factor)
    }

    fn raised(self, offset: f64) -> Self {
        self.add_scalar(offset)
    }
}
