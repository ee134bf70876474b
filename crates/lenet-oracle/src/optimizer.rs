//! [`Optimizer`]: one update of a parameter, by the formulas of `torch.optim`.

mod adaptive;

use adaptive::{adagrad, adam, rmsprop};

use crate::{Number, Precision, Tensor};

/// An update rule with weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Optimizer {
    /// Update rule.
    pub rule: Rule,
    /// Weight decay λ. λ·parameter is added to the gradient; AdamW multiplies the parameter by 1 − rate·λ
    /// instead.
    pub weight_decay: f64,
}

/// An update rule: how the step is computed from the gradient g. The parameter changes by −rate·step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// SGD: v ← μ·v + g, starting from v = 0. The step is v, or g + μ·v with Nesterov momentum.
    Sgd {
        /// Momentum μ; 0 disables it.
        momentum: f64,
        /// Whether to use Nesterov momentum.
        nesterov: bool,
    },
    /// Adam: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g². The step is (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) +
    /// ε).
    Adam {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        epsilon: f64,
        /// Whether this is AdamW, whose weight decay bypasses m and v.
        decoupled: bool,
    },
    /// RMSprop: v ← α·v + (1 − α)·g². The step is b ← μ·b + g / (√v + ε). The centered variant replaces √v by
    /// √(v − ḡ²), with ḡ ← α·ḡ + (1 − α)·g.
    Rmsprop {
        /// α.
        alpha: f64,
        /// ε.
        epsilon: f64,
        /// Momentum μ; 0 disables it.
        momentum: f64,
        /// Whether to divide by the standard deviation of the gradient instead of its root mean square.
        centered: bool,
    },
    /// Adagrad: v ← v + g². The step is g / (√v + ε).
    Adagrad {
        /// ε.
        epsilon: f64,
    },
}

/// Optimizer state of one parameter tensor. The default is the state before the first step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    steps: i32,
    /// For each element of the parameter: SGD's v; Adam's m and v; RMSprop's v, ḡ and b; Adagrad's v.
    memory: Vec<[Number; 3]>,
}

impl Optimizer {
    /// `torch.optim.SGD` without momentum.
    pub const SGD: Self = Self::new(Rule::Sgd { momentum: 0.0, nesterov: false });
    /// `torch.optim.Adam` with its defaults.
    pub const ADAM: Self = Self::new(Rule::Adam { betas: [0.9, 0.999], epsilon: 1e-8, decoupled: false });
    /// `torch.optim.AdamW` with its defaults.
    pub const ADAMW: Self = Self {
        weight_decay: 1e-2,
        ..Self::new(Rule::Adam { betas: [0.9, 0.999], epsilon: 1e-8, decoupled: true })
    };
    /// `torch.optim.RMSprop` with its defaults.
    pub const RMSPROP: Self =
        Self::new(Rule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false });
    /// `torch.optim.Adagrad` with its defaults.
    pub const ADAGRAD: Self = Self::new(Rule::Adagrad { epsilon: 1e-10 });

    /// The rule without weight decay.
    pub const fn new(rule: Rule) -> Self {
        Self { rule, weight_decay: 0.0 }
    }

    /// The same rule with this weight decay.
    pub const fn with_weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    /// Returns `parameter` after one step and updates `state`.
    ///
    /// The bounds allow for settings that are rounded to f32, as Burn's are: 1 − β₂ in f32 has an absolute
    /// error of up to u, which is 6e-5 of 0.001. PyTorch computes with the settings in f64.
    ///
    /// # Panics
    /// If the shapes of `parameter` and `gradient` differ.
    pub fn step(
        &self,
        learning_rate: f64,
        parameter: &Tensor,
        gradient: &Tensor,
        state: &mut State,
        precision: &Precision,
    ) -> Tensor {
        assert_eq!(parameter.shape, gradient.shape);
        state.memory.resize(parameter.values.len(), [Number::default(); 3]);
        state.steps += 1;
        let learning_rate = precision.constant(learning_rate);
        let scalar = ScalarStep { optimizer: self, learning_rate, steps: state.steps, precision };
        let numbers = parameter.numbers().zip(gradient.numbers()).zip(&mut state.memory);
        let numbers =
            numbers.map(|((parameter, gradient), memory)| scalar.apply(parameter, gradient, memory));
        Tensor::from_numbers(&parameter.shape, numbers.collect::<Vec<_>>())
    }
}

/// The update of one element of a parameter.
struct ScalarStep<'a> {
    optimizer: &'a Optimizer,
    learning_rate: Number,
    steps: i32,
    precision: &'a Precision,
}

impl ScalarStep<'_> {
    fn apply(&self, parameter: Number, gradient: Number, memory: &mut [Number; 3]) -> Number {
        let p = self.precision;
        let decay = p.constant(self.optimizer.weight_decay);
        let decayed = p.add(gradient, p.mul(decay, parameter));
        let (parameter, direction) = match self.optimizer.rule {
            Rule::Sgd { momentum, nesterov } => (parameter, sgd(p, decayed, momentum, nesterov, memory)),
            Rule::Adam { betas, epsilon, decoupled: false } => {
                (parameter, adam(p, self.steps, decayed, betas, epsilon, memory))
            }
            Rule::Adam { betas, epsilon, decoupled: true } => {
                let decay_factor = p.sub(Number::exact(1.0), p.mul(self.learning_rate, decay));
                (p.mul(parameter, decay_factor), adam(p, self.steps, gradient, betas, epsilon, memory))
            }
            Rule::Rmsprop { alpha, epsilon, momentum, centered } => {
                (parameter, rmsprop(p, self.steps, decayed, [alpha, epsilon, momentum], centered, memory))
            }
            Rule::Adagrad { epsilon } => (parameter, adagrad(p, decayed, epsilon, memory)),
        };
        p.sub(parameter, p.mul(direction, self.learning_rate))
    }
}

/// SGD's direction; `memory` holds the velocity.
fn sgd(p: &Precision, gradient: Number, momentum: f64, nesterov: bool, memory: &mut [Number; 3]) -> Number {
    let momentum = p.constant(momentum);
    let [velocity, ..] = memory;
    *velocity = p.add(gradient, p.mul(*velocity, momentum));
    if nesterov { p.add(gradient, p.mul(*velocity, momentum)) } else { *velocity }
}
