//! [`Update`] and [`UpdateRule`]: which step of which optimizer.

/// The settings of one optimizer step for one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// The update rule.
    pub rule: UpdateRule,
    /// The number of this step, counted from 1.
    pub step: usize,
    /// The learning rate γ.
    pub learning_rate: f64,
    /// The weight decay λ: λ·p is added to the gradient, or, for [`UpdateRule::Adamw`], γ·λ·p is subtracted
    /// from the parameter p.
    pub weight_decay: f64,
}

impl Update {
    /// Step number `step` (counted from 1) of `rule`, without weight decay.
    pub fn new(rule: UpdateRule, step: usize, learning_rate: f64) -> Self {
        Self { rule, step, learning_rate, weight_decay: 0.0 }
    }

    /// The same step with this weight decay.
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }
}

/// The update rule of an optimizer, as the documentation of `torch.optim` defines it. p is the parameter, g
/// its gradient; all other variables are the optimizer's state, which starts at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum UpdateRule {
    /// v ← μ·v + g; p ← p − γ·v.
    Sgd {
        /// The momentum μ; with 0 the state is empty.
        momentum: f64,
    },
    /// v ← μ·v + g; p ← p − γ·(g + μ·v).
    Nesterov {
        /// The momentum μ.
        momentum: f64,
    },
    /// m ← β₁·m + (1−β₁)·g; v ← β₂·v + (1−β₂)·g²; p ← p − γ·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ) at
    /// step t.
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
        /// The momentum μ; with 0 there is no b.
        momentum: f64,
        /// Whether the variance is centered: a is computed and its square subtracted.
        centered: bool,
    },
    /// s ← s + g²; p ← p − γ·g/(√s + ε).
    Adagrad {
        /// ε.
        epsilon: f64,
    },
}
