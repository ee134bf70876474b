//! Cases that train step by step, with every optimizer and both losses.
//!
//! Two trainings that differ by one rounding diverge exponentially, so an error bound that is propagated
//! through all steps becomes useless after a few. Two comparisons avoid this:
//!
//! - Single steps: from the subject's parameters before each step, the oracle computes the gradient and the
//!   next parameters with their bounds. The subject's next parameters must be within these bounds. The oracle
//!   keeps an optimizer state of its own, from its own gradients. A violation is a failure.
//! - Distance: the subject's distance from the oracle's f64 trajectory should stay within a band, a few times
//!   the distance of a second f64 trajectory whose parameters are shifted by their soft bounds after each
//!   step. A violation is a warning.

use std::rc::Rc;

use burn::optim::GradientsParams;
use lenet_train::Loss;

use super::optimizer_step::settings;
use super::oracle_training::{OracleTraining, Parameters, trajectory};
use super::selection::Ladder;
use crate::memo::Memo;
use crate::network;
use crate::training_case::{TrainingCase, loss_name};
use crate::{Array, Axis, Case, Error, Findings, Rung, Subject};
use lenet_oracle::{self as oracle, PARAMETERS, Precision};
use lenet_report::conformance::Status;

/// Width of the band, in multiples of the distance of the shifted trajectory.
const BAND: f64 = 4.0;

/// Builds a case for every optimizer and loss.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let steps = if ladder.quick { 4 } else { 20 };
    let mut cases = Vec::new();
    for (name, optimizer, rate) in settings() {
        // On the short ladder only two optimizers are compared with both losses and with the f64 trajectory.
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

/// Trains on the subject; returns the parameters before the first step and after each step.
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

/// Compares each step of the subject with the oracle's step from the same parameters.
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
            finding.check.detail += &format!("; the worst is {}", describe_offset(*worst));
        }
    }
    if oracle_training.divides_by_gradient() {
        let (ambiguous, numbers) = (oracle_training.ambiguous, oracle_training.numbers);
        let detail = format!("rounding can change the sign of {ambiguous} of {numbers} gradients");
        findings.verdict("sign-ambiguous", Status::Pass, detail);
    }
    Ok(())
}

/// The oracle's f64 trajectory and the band around it.
struct Reference {
    /// Parameters after each step.
    exact: Vec<Parameters>,
    /// Expected largest distance of a subject from them, for each step.
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

/// Largest absolute difference of two sets of parameters; infinite if one contains NaN.
fn distance(a: &Parameters, b: &Parameters) -> f64 {
    let differences =
        a.iter().zip(b).flat_map(|(a, b)| a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()));
    differences.fold(0.0, |largest, one| if one.is_nan() { f64::INFINITY } else { largest.max(one) })
}

/// Concatenates all parameters.
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

/// Name and index of the parameter element at offset `offset` of all concatenated parameters.
fn describe_offset(mut offset: usize) -> String {
    for (name, shape) in PARAMETERS {
        let numbers = shape.iter().product();
        if offset < numbers {
            return format!("{name} at {:?}", Array::unravel_index(shape, offset));
        }
        offset -= numbers;
    }
    "beyond the last parameter".to_owned()
}
