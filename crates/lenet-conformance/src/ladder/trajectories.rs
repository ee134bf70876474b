//! Training, step by step, with every optimizer and both losses.
//!
//! Two trainings that differ in a rounding part from each other exponentially, so no bound on their distance that
//! follows from the arithmetic alone is of any use after some steps. Two comparisons get around it:
//!
//! - The oracle goes along with the subject: at each step it takes the subject's own parameters, computes the gradient
//!   and the next parameters with their bounds, and the subject's next parameters must be within. What the optimizer
//!   remembers, the oracle remembers too, from its own gradients. This is required.
//! - The distance from the trajectory in f64, which nobody disturbs, should stay in a band: a few times the distance of
//!   another one in f64 that is disturbed at each step in every parameter by as much as rounding probably does.
//!   Leaving the band is a warning.

use std::rc::Rc;

use burn::optim::GradientsParams;
use lenet_train::Loss;

use super::optimizer_step::{settings, to_oracle_optimizer};
use super::selection::Ladder;
use crate::memo::Memo;
use crate::network;
use crate::training_case::{TrainingCase, loss_name, to_oracle};
use crate::{Array, Axis, Case, Error, Findings, Kind, Rung, Subject};
use lenet_oracle::{self as oracle, PARAMETERS, Precision, Rule, State};
use lenet_report::conformance::Status;

/// The band is this many times as wide as one disturbed trajectory is far away.
const BAND: f64 = 4.0;

/// Ten parameters at one time.
type Parameters = Vec<oracle::Tensor>;

/// Every optimizer with both losses.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let steps = if ladder.quick { 4 } else { 20 };
    let mut cases = Vec::new();
    for (name, optimizer, rate) in settings() {
        // Two optimizers stand for all of them in what the short ladder leaves out for the others.
        let whole = !ladder.quick || ["sgd-momentum", "adam"].contains(&name);
        for loss in [Loss::CrossEntropy, Loss::Mse].into_iter().take(if whole { 2 } else { 1 }) {
            let memo = Memo::new();
            cases.push(Case::new(
                Rung::Trajectories,
                format!("{name}/{}", loss_name(loss)),
                move |subject, findings| {
                    let training = TrainingCase::new(optimizer, rate, loss, steps)?;
                    let found = train(subject, &training)?;
                    compare_steps(&training, &found, subject, findings)?;
                    if !whole {
                        return Ok(());
                    }
                    let reference: Rc<Result<Reference, Error>> =
                        memo.get(subject.precision(), || Reference::new(&training, &subject.precision()));
                    match &*reference {
                        Ok(reference) => reference.compare(&found, subject, findings),
                        Err(error) => findings.verdict("distance", Status::Fail, error.to_string()),
                    }
                    Ok(())
                },
            ));
        }
    }
    cases
}

/// Trains the subject; the parameters before the first step and after each.
fn train(subject: &Subject, training: &TrainingCase) -> Result<Vec<Parameters>, Error> {
    let operations = subject.operations;
    let mut net = training.initial_network(&subject.device);
    let mut optimizer = (operations.optimizer)(training.optimizer);
    let read = |net: &_| -> Result<Parameters, Error> {
        Ok(network::parameters(net)?.into_iter().map(|(_, array)| array.to_oracle()).collect())
    };
    let mut parameters = vec![read(&net)?];
    for batch in &training.batches {
        let logits = (operations.logits)(&net, batch.images.to_device(subject));
        let gradients = (operations.loss)(training.loss, logits, batch.labels_on(subject)).backward();
        let gradients = GradientsParams::from_grads(gradients, &net);
        net = optimizer.step(training.learning_rate, net, gradients);
        parameters.push(read(&net)?);
    }
    Ok(parameters)
}

/// Each step of the subject against the oracle's step from the same parameters.
fn compare_steps(
    training: &TrainingCase,
    found: &[Parameters],
    subject: &Subject,
    findings: &mut Findings,
) -> Result<(), Error> {
    let precision = subject.precision();
    let mut oracle_training = OracleTraining::new(training);
    for (step, pair) in found.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let expected = oracle_training.step(before, step, &precision)?;
        findings.compare_array(&format!("step{}", step + 1), flat_values(after), &flat(&expected));
        if let Some(finding) = findings.checks.last_mut()
            && finding.check.status != Status::Pass
            && let Some(worst) = finding.check.worst.as_ref().and_then(|worst| worst.index.first())
        {
            finding.check.detail += &format!("; the worst is {}", place(*worst));
        }
    }
    if divides_by_gradient(&oracle_training.optimizer) {
        let (ambiguous, numbers) = (oracle_training.ambiguous, oracle_training.numbers);
        let detail = format!("of {ambiguous} of {numbers} gradients rounding may change the sign");
        findings.verdict("sign-ambiguous", Status::Pass, detail);
    }
    Ok(())
}

/// The oracle on its way beside a training.
struct OracleTraining<'a> {
    training: &'a TrainingCase,
    optimizer: oracle::Optimizer,
    states: Vec<State>,
    /// How many gradients are smaller than their own bound.
    ambiguous: usize,
    /// How many gradients there were.
    numbers: usize,
}

impl<'a> OracleTraining<'a> {
    fn new(training: &'a TrainingCase) -> Self {
        let states = vec![State::default(); PARAMETERS.len()];
        let optimizer = to_oracle_optimizer(training.optimizer);
        Self { training, optimizer, states, ambiguous: 0, numbers: 0 }
    }

    /// The parameters that follow `before`.
    fn step(&mut self, before: &Parameters, step: usize, precision: &Precision) -> Result<Parameters, Error> {
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
}

/// Trajectories in f64, by step.
struct Reference {
    exact: Vec<Parameters>,
    /// How far from it a subject should be at most.
    band: Vec<f64>,
}

impl Reference {
    fn new(training: &TrainingCase, precision: &Precision) -> Result<Self, Error> {
        let exact = trajectory(training, &Precision::EXACT)?;
        let disturbed = trajectory(training, precision)?;
        let band = exact.iter().zip(&disturbed).map(|(exact, other)| BAND * distance(exact, other)).collect();
        Ok(Self { exact, band })
    }

    fn compare(&self, found: &[Parameters], subject: &Subject, findings: &mut Findings) {
        let after = found.iter().skip(1);
        let distances: Vec<f64> =
            self.exact.iter().zip(after).map(|(exact, found)| distance(exact, found)).collect();
        let shares = distances.iter().zip(&self.band).map(|(distance, band)| distance / band);
        let share = shares.fold(0.0, f64::max);
        let status = if share <= 1.0 { Status::Pass } else { Status::Warn };
        let detail = format!("at most {share:.1e} of the band from the f64 trajectory");
        findings.verdict("distance", status, detail);
        let series = vec![(subject.name.clone(), distances), ("band".to_owned(), self.band.clone())];
        let difference = "largest |difference| of a parameter";
        findings.curve("distance from the f64 trajectory", difference, Axis::Logarithmic, series);
    }
}

/// The oracle's own training, disturbed by what rounding in `precision` probably does.
fn trajectory(training: &TrainingCase, precision: &Precision) -> Result<Vec<Parameters>, Error> {
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

/// Every number off by its soft bound, to either side.
fn disturbed(tensor: &oracle::Tensor, seed: u64) -> oracle::Tensor {
    let signs = Kind::Random.array(&tensor.shape, seed).values;
    let off = |(number, sign): (oracle::Number, &f64)| {
        let by = number.soft.min(number.hard);
        number.value + if by.is_finite() { by.copysign(*sign) } else { 0.0 }
    };
    oracle::Tensor::exact(&tensor.shape, tensor.numbers().zip(&signs).map(off).collect())
}

fn distance(a: &Parameters, b: &Parameters) -> f64 {
    let differences =
        a.iter().zip(b).flat_map(|(a, b)| a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()));
    differences.fold(0.0, |largest, one| if one.is_nan() { f64::INFINITY } else { largest.max(one) })
}

fn flat(parameters: &Parameters) -> oracle::Tensor {
    let mut all = oracle::Tensor::exact(&[0], Vec::new());
    for tensor in parameters {
        all.values.extend(&tensor.values);
        all.hard.extend(&tensor.hard);
        all.soft.extend(&tensor.soft);
    }
    all.shape = vec![all.values.len()];
    all
}

fn flat_values(parameters: &Parameters) -> Array {
    let values: Vec<f64> = parameters.iter().flat_map(|tensor| tensor.values.clone()).collect();
    Array { shape: vec![values.len()], values }
}

/// The parameter that number `at` of all is in, and its place there.
fn place(mut at: usize) -> String {
    for (name, shape) in PARAMETERS {
        let numbers = shape.iter().product();
        if at < numbers {
            return format!("{name} at {:?}", Array::unravel_index(shape, at));
        }
        at -= numbers;
    }
    "beyond the last parameter".to_owned()
}

/// Whether a step is a quotient of gradients, whose sign matters more than their size.
fn divides_by_gradient(optimizer: &oracle::Optimizer) -> bool {
    !matches!(optimizer.rule, Rule::Sgd { .. })
}
