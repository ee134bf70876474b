//! [`OracleTraining`]: the oracle's training steps, from its own parameters or from those of a subject.

use lenet_oracle::{self as oracle, PARAMETERS, Precision, Rule, State};

use super::optimizer_step::to_oracle_optimizer;
use crate::training_case::{TrainingCase, to_oracle};
use crate::{Error, Kind};

/// The ten parameters at one step.
pub(super) type Parameters = Vec<oracle::Tensor>;

/// The oracle's optimizer, which keeps its own state while it is given a subject's parameters.
pub(super) struct OracleTraining<'a> {
    training: &'a TrainingCase,
    optimizer: oracle::Optimizer,
    states: Vec<State>,
    /// Number of gradient elements whose sign is uncertain, because the bound is at least as large as the
    /// value.
    pub ambiguous: usize,
    /// Number of gradient elements of all steps so far.
    pub numbers: usize,
}

impl<'a> OracleTraining<'a> {
    /// The oracle before the first step.
    pub fn new(training: &'a TrainingCase) -> Self {
        let states = vec![State::default(); PARAMETERS.len()];
        let optimizer = to_oracle_optimizer(training.optimizer);
        Self { training, optimizer, states, ambiguous: 0, numbers: 0 }
    }

    /// Takes step `step`, counted from 0, from the parameters `before`; returns the next parameters with
    /// their bounds.
    pub fn step(
        &mut self,
        before: &Parameters,
        step: usize,
        precision: &Precision,
    ) -> Result<Parameters, Error> {
        let net = oracle::LeNet::new(|name| {
            let at = PARAMETERS.iter().position(|(parameter, _)| *parameter == name)?;
            before.get(at).cloned()
        })?;
        let gradients = self.training.gradients(&net, step, precision).parameters;
        for gradient in gradients.iter().flat_map(oracle::Tensor::numbers) {
            self.ambiguous += usize::from(gradient.hard > 0.0 && gradient.hard >= gradient.value.abs());
            self.numbers += 1;
        }
        let all = before.iter().zip(&gradients).zip(&mut self.states);
        let rate = self.training.learning_rate;
        Ok(all.map(|((p, g), state)| self.optimizer.step(rate, p, g, state, precision)).collect())
    }

    /// Whether the rule divides by an average of the gradient, so that the sign of a gradient matters more
    /// than its size.
    pub fn divides_by_gradient(&self) -> bool {
        !matches!(self.optimizer.rule, Rule::Sgd { .. })
    }
}

/// The oracle's own training. After each step every parameter is shifted by its soft bound for `precision`;
/// for [`Precision::EXACT`] that is zero.
pub(super) fn trajectory(training: &TrainingCase, precision: &Precision) -> Result<Vec<Parameters>, Error> {
    let mut oracle_training = OracleTraining::new(training);
    let mut parameters = to_oracle(&TrainingCase::initial_weights())?.parameters().to_vec();
    let mut all = Vec::with_capacity(training.batches.len());
    for step in 0..training.batches.len() {
        let next = oracle_training.step(&parameters, step, precision)?;
        parameters =
            next.iter().enumerate().map(|(at, tensor)| disturbed(tensor, (10 * step + at) as u64)).collect();
        all.push(parameters.clone());
    }
    Ok(all)
}

/// Shifts every element by its soft bound, up or down at random.
fn disturbed(tensor: &oracle::Tensor, seed: u64) -> oracle::Tensor {
    let signs = Kind::Random.array(&tensor.shape, seed).values;
    let off = |(number, sign): (oracle::Number, &f64)| {
        let by = number.soft.min(number.hard);
        number.value + if by.is_finite() { by.copysign(*sign) } else { 0.0 }
    };
    oracle::Tensor::exact(&tensor.shape, tensor.numbers().zip(&signs).map(off).collect())
}
