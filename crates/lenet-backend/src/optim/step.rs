//! The arithmetic of the update rules, written once and run on vectors (by the kernels) and on tensors (by
//! Burn).

use super::rule::{Update, UpdateRule};

/// The arithmetic of an update rule: on a vector of numbers, or on a tensor.
pub(crate) trait Number: Clone {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    fn sqrt(self) -> Self;
    /// `self · factor`.
    fn mul_scalar(self, factor: f64) -> Self;
    /// `self + offset`.
    fn add_scalar(self, offset: f64) -> Self;
}

/// An [`Update`] with its constants computed. They are rounded to the type of the numbers when they are
/// applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub learning_rate: f64,
    /// Weight decay that is added to the gradient.
    pub weight_decay: f64,
    /// The factor of decoupled weight decay (AdamW): 1 − γ·λ.
    pub decay_factor: f64,
    pub rule: StepRule,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepRule {
    Sgd,
    Momentum { momentum: f64, nesterov: bool },
    Adam { betas: [f64; 2], one_minus_betas: [f64; 2], correction: f64, epsilon: f64 },
    Rmsprop { alpha: f64, one_minus_alpha: f64, epsilon: f64, momentum: f64, centered: bool },
    Adagrad { epsilon: f64 },
}

impl Step {
    pub fn new(update: &Update) -> Self {
        let decoupled = matches!(update.rule, UpdateRule::Adamw { .. });
        let (weight_decay, decay_factor) = match decoupled {
            true => (0.0, 1.0 - update.learning_rate * update.weight_decay),
            false => (update.weight_decay, 1.0),
        };
        let rule = StepRule::new(update.rule, update.step);
        Self { learning_rate: update.learning_rate, weight_decay, decay_factor, rule }
    }

    /// Returns the new parameter and updates `state` in place. Sums and products are rounded one by one, so
    /// that every instruction set and Burn's operations compute the same bits.
    #[inline(always)]
    pub fn apply<T: Number>(&self, parameter: T, gradient: T, state: &mut [T]) -> T {
        let gradient = match self.weight_decay {
            0.0 => gradient,
            decay => parameter.clone().mul_scalar(decay).add(gradient),
        };
        let parameter =
            if self.decay_factor == 1.0 { parameter } else { parameter.mul_scalar(self.decay_factor) };
        parameter.sub(self.rule.direction(gradient, state).mul_scalar(self.learning_rate))
    }
}

impl UpdateRule {
    /// Number of state tensors for each parameter.
    pub fn state_len(self) -> usize {
        StepRule::new(self, 1).state_len()
    }
}

impl StepRule {
    fn new(rule: UpdateRule, step: usize) -> Self {
        match rule {
            UpdateRule::Sgd { momentum: 0.0 } => Self::Sgd,
            UpdateRule::Sgd { momentum } => Self::Momentum { momentum, nesterov: false },
            UpdateRule::Nesterov { momentum } => Self::Momentum { momentum, nesterov: true },
            UpdateRule::Adam { betas, epsilon } | UpdateRule::Adamw { betas, epsilon } => {
                // m̂/(√v̂ + ε) = m·√c₂/c₁ / (√v + ε·√c₂) with c = 1 − βᵗ. The power is that of the crate libm: the
                // system's differs in the last bit from one system to another.
                let [c1, c2] = betas.map(|beta| 1.0 - libm::pow(beta, step as f64));
                Self::Adam {
                    betas,
                    one_minus_betas: betas.map(|beta| 1.0 - beta),
                    correction: c2.sqrt() / c1,
                    epsilon: epsilon * c2.sqrt(),
                }
            }
            UpdateRule::Rmsprop { alpha, epsilon, momentum, centered } => {
                Self::Rmsprop { alpha, one_minus_alpha: 1.0 - alpha, epsilon, momentum, centered }
            }
            UpdateRule::Adagrad { epsilon } => Self::Adagrad { epsilon },
        }
    }

    /// Number of state variables for each number of a parameter.
    pub fn state_len(&self) -> usize {
        match *self {
            Self::Sgd => 0,
            Self::Momentum { .. } | Self::Adagrad { .. } => 1,
            Self::Adam { .. } => 2,
            Self::Rmsprop { momentum, centered, .. } => {
                1 + usize::from(centered) + usize::from(momentum != 0.0)
            }
        }
    }

    /// The direction that is subtracted from the parameter, times the learning rate.
    #[inline(always)]
    fn direction<T: Number>(&self, gradient: T, state: &mut [T]) -> T {
        match *self {
            Self::Sgd => gradient,
            Self::Momentum { momentum, nesterov } => {
                state[0] = state[0].clone().mul_scalar(momentum).add(gradient.clone());
                if nesterov { state[0].clone().mul_scalar(momentum).add(gradient) } else { state[0].clone() }
            }
            Self::Adam { betas, one_minus_betas, correction, epsilon } => {
                state[0] = state[0]
                    .clone()
                    .mul_scalar(betas[0])
                    .add(gradient.clone().mul_scalar(one_minus_betas[0]));
                state[1] = state[1]
                    .clone()
                    .mul_scalar(betas[1])
                    .add(square(gradient).mul_scalar(one_minus_betas[1]));
                state[0].clone().mul_scalar(correction).div(state[1].clone().sqrt().add_scalar(epsilon))
            }
            Self::Rmsprop { alpha, one_minus_alpha, epsilon, momentum, centered } => {
                state[0] = state[0]
                    .clone()
                    .mul_scalar(alpha)
                    .add(square(gradient.clone()).mul_scalar(one_minus_alpha));
                let mut variance = state[0].clone();
                if centered {
                    state[1] =
                        state[1].clone().mul_scalar(alpha).add(gradient.clone().mul_scalar(one_minus_alpha));
                    variance = variance.sub(square(state[1].clone()));
                }
                let direction = gradient.div(variance.sqrt().add_scalar(epsilon));
                if momentum == 0.0 {
                    return direction;
                }
                let buffer = 1 + usize::from(centered);
                state[buffer] = state[buffer].clone().mul_scalar(momentum).add(direction);
                state[buffer].clone()
            }
            Self::Adagrad { epsilon } => {
                state[0] = state[0].clone().add(square(gradient.clone()));
                gradient.div(state[0].clone().sqrt().add_scalar(epsilon))
            }
        }
    }
}

#[inline(always)]
fn square<T: Number>(x: T) -> T {
    x.clone().mul(x)
}
