//! One step of an optimizer, as PyTorch defines it.

use crate::{Number, Precision, Tensor};

mod adaptive;

/// An optimizer and its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimizer {
    /// How a gradient becomes a step.
    pub rule: Rule,
    /// λ: added to the gradient as λ·parameter, but for AdamW, where the parameter shrinks by rate·λ first.
    pub weight_decay: f64,
}

/// How a gradient becomes a step; the formulas are those of `torch.optim`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// v ← μ·v + g, which is g at the first step; step v, with Nesterov g + μ·v.
    Sgd {
        /// μ, 0 for none.
        momentum: f64,
        /// Whether the step looks ahead.
        nesterov: bool,
    },
    /// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g²; step (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
    Adam {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        epsilon: f64,
        /// AdamW: weight decay does not go through the averages.
        decoupled: bool,
    },
    /// v ← α·v + (1 − α)·g²; step b ← μ·b + g / (√v + ε). Centered: √(v − ḡ²), with ḡ ← α·ḡ + (1 − α)·g.
    Rmsprop {
        /// α.
        alpha: f64,
        /// ε.
        epsilon: f64,
        /// μ, 0 for none.
        momentum: f64,
        /// Whether it divides by the deviation of the gradient instead of its size.
        centered: bool,
    },
    /// v ← v + g²; step g / (√v + ε).
    Adagrad {
        /// ε.
        epsilon: f64,
    },
}

/// What an optimizer remembers of one parameter: nothing at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    steps: i32,
    /// For each number of the parameter what its rule averages: velocity; m and v; v, ḡ and b.
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

    /// `parameter` after one step against `gradient`; `state` remembers the step.
    ///
    /// The bounds hold for settings that are rounded to the precision at hand, as Burn's are: 1 − β₂ in f32 is off
    /// by up to u, which is 6e-5 of 0.001. PyTorch computes with them in f64.
    ///
    /// # Panics
    /// If the shapes differ, or `state` is that of another parameter.
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
        let one =
            One { optimizer: self, rate: precision.constant(learning_rate), steps: state.steps, precision };
        let numbers = parameter.numbers().zip(gradient.numbers()).zip(&mut state.memory);
        let numbers = numbers.map(|((parameter, gradient), memory)| one.step(parameter, gradient, memory));
        Tensor::from_numbers(&parameter.shape, numbers.collect::<Vec<_>>())
    }
}

/// A step of one number.
struct One<'a> {
    optimizer: &'a Optimizer,
    rate: Number,
    steps: i32,
    precision: &'a Precision,
}

impl One<'_> {
    fn step(&self, parameter: Number, gradient: Number, memory: &mut [Number; 3]) -> Number {
        let p = self.precision;
        let decay = p.constant(self.optimizer.weight_decay);
        let decayed = p.add(gradient, p.mul(decay, parameter));
        let (parameter, direction) = match self.optimizer.rule {
            Rule::Sgd { momentum, nesterov } => (parameter, self.sgd(decayed, momentum, nesterov, memory)),
            Rule::Adam { betas, epsilon, decoupled: false } => {
                (parameter, self.adam(decayed, betas, epsilon, memory))
            }
            Rule::Adam { betas, epsilon, decoupled: true } => {
                let kept = p.sub(Number::exact(1.0), p.mul(self.rate, decay));
                (p.mul(parameter, kept), self.adam(gradient, betas, epsilon, memory))
            }
            Rule::Rmsprop { alpha, epsilon, momentum, centered } => {
                (parameter, self.rmsprop(decayed, [alpha, epsilon, momentum], centered, memory))
            }
            Rule::Adagrad { epsilon } => (parameter, self.adagrad(decayed, epsilon, memory)),
        };
        p.sub(parameter, p.mul(direction, self.rate))
    }

    fn sgd(&self, gradient: Number, momentum: f64, nesterov: bool, memory: &mut [Number; 3]) -> Number {
        let p = self.precision;
        let momentum = p.constant(momentum);
        let [velocity, ..] = memory;
        *velocity = p.add(gradient, p.mul(*velocity, momentum));
        if nesterov { p.add(gradient, p.mul(*velocity, momentum)) } else { *velocity }
    }
}
