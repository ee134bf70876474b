//! A short training whose network must reach a minimum accuracy: the steps that lower rungs compare must add
//! up to a network that works.

use burn::optim::GradientsParams;
use lenet_model::{LeNet, StateDict};
use lenet_train::{Loss, Optimizer, OptimizerKind};

use super::selection::Ladder;
use crate::digits::{self, Digits};
use crate::{Array, Axis, Case, Error, Findings, Rung, Subject, network};
use lenet_oracle::{self as oracle, Tensor};
use lenet_report::conformance::Status;

/// Seed of weights and digits.
const SEED: u64 = 5;
/// Index of the first test digit; training digits have smaller indices.
const TEST_START: u64 = 10_000;
/// Adam's learning rate at the first step. It decays linearly to zero. With a constant rate, two trainings
/// that differ by roundings would end with different predictions.
const LEARNING_RATE: f64 = 4e-3;
/// Minimum fraction of equal predictions of two correct trainings.
const MIN_AGREEMENT: f64 = 0.9;

/// The length of the training and the required accuracy. With other initial weights the accuracy is 63 to 72
/// % after the short training and 89 to 93 % after the long one.
#[derive(Clone, Copy)]
struct LearningCase {
    steps: u64,
    batch: u64,
    /// Number of test digits.
    test: u64,
    /// Required top-1 accuracy on the test digits. Guessing has 0.1.
    accuracy: f64,
}

/// Builds the case.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let learning = if ladder.quick {
        LearningCase { steps: 40, batch: 12, test: 100, accuracy: 0.5 }
    } else {
        LearningCase { steps: 200, batch: 32, test: 500, accuracy: 0.8 }
    };
    vec![Case::new(Rung::Learning, format!("{}-steps", learning.steps), move |subject, findings| {
        learning.compare(subject, findings)
    })]
}

impl LearningCase {
    fn compare(&self, subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
        let (net, losses) = self.train(subject)?;
        let series = vec![(subject.name.clone(), losses)];
        findings.curve("loss of each batch", "cross-entropy", Axis::Linear, series);
        let digits = digits::plain(SEED, TEST_START..TEST_START + self.test)?;
        let found = Array::read((subject.operations.logits)(&net, digits.images.to_device(subject)))?;
        let predictions = classes(&found);
        self.compare_accuracy(&predictions, &digits, findings);
        // The oracle predicts with the subject's trained weights.
        let expected = same_weights(&net)?.forward(&digits.images.to_oracle(), &subject.precision()).output;
        compare_predictions(&predictions, &expected, findings);
        findings.compare_array("logits", found, &expected);
        self.compare_with_flex(&predictions, &digits, findings)
    }

    /// Trains a network; returns the network and the loss of each batch.
    fn train(&self, subject: &Subject) -> Result<(LeNet, Vec<f64>), Error> {
        let operations = subject.operations;
        let mut net = LeNet::with_state_dict(&StateDict::random(SEED), &subject.device);
        let mut optimizer = (operations.optimizer)(Optimizer::new(OptimizerKind::Adam));
        let mut losses = Vec::new();
        for step in 0..self.steps {
            let batch = digits::plain(SEED, step * self.batch..(step + 1) * self.batch)?;
            let logits = (operations.logits)(&net, batch.images.to_device(subject));
            let loss = (operations.loss)(Loss::CrossEntropy, logits, batch.labels_on(subject));
            losses.extend(Array::read(loss.clone())?.values);
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            let left = 1.0 - step as f64 / self.steps as f64;
            net = optimizer.step(LEARNING_RATE * left, net, gradients);
        }
        Ok((net, losses))
    }

    fn compare_accuracy(&self, predictions: &[usize], digits: &Digits, findings: &mut Findings) {
        let right = share_of_equal(predictions, &digits.labels);
        let status = if right >= self.accuracy { Status::Pass } else { Status::Fail };
        let detail = format!(
            "{:.1} % of the digits are classified correctly; {:.0} % are required",
            100.0 * right,
            100.0 * self.accuracy
        );
        findings.verdict("accuracy", status, detail);
    }

    /// Compares the predictions with those after the same training on Burn's CPU backend, if this build
    /// includes it.
    fn compare_with_flex(
        &self,
        predictions: &[usize],
        digits: &Digits,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let Ok(flex) = Subject::open("flex-stock") else {
            findings.verdict("agreement", Status::Unsupported, "this build does not include flex");
            return Ok(());
        };
        let (net, _) = self.train(&flex)?;
        let theirs = classes(&Array::read((flex.operations.logits)(&net, digits.images.to_device(&flex)))?);
        let equal = share_of_equal(predictions, &theirs);
        let status = if equal >= MIN_AGREEMENT { Status::Pass } else { Status::Warn };
        findings.verdict(
            "agreement",
            status,
            format!("{:.1} % of the predictions agree with flex-stock", 100.0 * equal),
        );
        Ok(())
    }
}

/// Converts `net` to the oracle's network.
fn same_weights(net: &LeNet) -> Result<oracle::LeNet, Error> {
    let parameters = network::parameters(net)?;
    let find = |name: &str| parameters.iter().find(|(parameter, _)| parameter == name);
    Ok(oracle::LeNet::new(|name| find(name).map(|(_, array)| array.to_oracle()))?)
}

/// Requires the oracle's class wherever no error within the bounds can change it.
fn compare_predictions(predictions: &[usize], expected: &Tensor, findings: &mut Findings) {
    let expected = expected.argmax();
    let decided = expected.iter().filter(|prediction| prediction.decided).count();
    let wrong = expected.iter().zip(predictions).filter(|(e, found)| e.decided && e.class != **found).count();
    let status = if wrong == 0 { Status::Pass } else { Status::Fail };
    let all = predictions.len();
    let detail = format!(
        "{wrong} of {decided} unambiguous predictions (of {all}) differ from f64 with the same weights"
    );
    findings.verdict("predictions", status, detail);
}

/// Predicted class of each row.
fn classes(logits: &Array) -> Vec<usize> {
    logits.to_oracle().argmax().into_iter().map(|prediction| prediction.class).collect()
}

/// Fraction of equal elements.
fn share_of_equal(a: &[usize], b: &[usize]) -> f64 {
    let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    equal as f64 / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CLASSES;

    #[test]
    fn the_class_is_the_largest_score_of_each_row() {
        let mut logits = Array::filled(&[2, CLASSES], 0.0);
        logits.values[3] = 1.0;
        logits.values[CLASSES + 9] = 1.0;
        assert_eq!(classes(&logits), [3, 9]);
    }
}
