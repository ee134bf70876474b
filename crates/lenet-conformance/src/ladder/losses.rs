//! Cases of log-softmax and of the two losses, forward and backward.

use lenet_train::Loss;

use super::selection::Ladder;
use crate::digits::labels_to_device;
use crate::{Array, CLASSES, Case, Error, Findings, Kind, Rung, Subject, training_case};
use lenet_oracle as oracle;

/// Batches with more rows than a workgroup of a GPU has units.
const MORE_ROWS: &[usize] = &[300, 4096];

/// Logits and labels of a batch.
#[derive(Clone)]
struct Scores {
    logits: Array,
    labels: Vec<usize>,
}

/// Builds the cases of log-softmax and both losses, for every batch size and spread of the logits.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let mut cases = Vec::new();
    for &batch in ladder.batches() {
        // For logits that are far apart, exp overflows unless the maximum is subtracted first.
        for (kind, spread) in [("near", 1.0), ("apart", 20.0), ("far", 200.0), ("equal", 0.0)] {
            let scores = Scores::new(batch, spread, ladder.seed);
            let name = |operation: &str| format!("{operation}/batch{batch}/{kind}");
            cases.extend(log_softmax(name("log-softmax"), scores.clone(), ladder.seed));
            cases.extend(loss(name("cross-entropy"), Loss::CrossEntropy, scores.clone()));
            cases.extend(loss(name("mse"), Loss::Mse, scores));
        }
    }
    for &batch in if ladder.quick { &MORE_ROWS[..1] } else { MORE_ROWS } {
        let scores = Scores::new(batch, 1.0, ladder.seed);
        for (name, kind) in [("cross-entropy", Loss::CrossEntropy), ("mse", Loss::Mse)] {
            cases.extend(loss(format!("{name}/batch{batch}/near"), kind, scores.clone()));
        }
    }
    cases
}

impl Scores {
    fn new(batch: usize, spread: f64, seed: u64) -> Self {
        let unit = Kind::Random.array(&[batch, CLASSES], seed + 3);
        let logits = Array::from_fn(&unit.shape, |at| f64::from((spread * unit.values[at]) as f32));
        Self { logits, labels: (0..batch).map(|row| (row * 7 + seed as usize) % CLASSES).collect() }
    }
}

fn log_softmax(name: String, scores: Scores, seed: u64) -> [Case; 2] {
    let logits = scores.logits.clone();
    let backward = move |subject: &Subject, findings: &mut Findings| {
        let gy = Kind::Random.array(&scores.logits.shape, seed + 4);
        findings.input("x", &scores.logits);
        findings.input("y.grad", &gy);
        let x = scores.logits.to_device::<2>(subject).require_grad();
        let y = (subject.operations.log_softmax)(x.clone());
        let gradients = (y * gy.to_device(subject)).sum().backward();
        let found = x.grad(&gradients).ok_or_else(|| Error::NoGradient("x".to_owned()))?;
        let precision = subject.precision();
        let y = oracle::log_softmax(&scores.logits.to_oracle(), &precision);
        findings.compare("x.grad", found, &oracle::log_softmax_backward(&y, &gy.to_oracle(), &precision))
    };
    [
        Case::new(Rung::OpsForward, name.clone(), move |subject, findings| {
            findings.input("x", &logits);
            let y = (subject.operations.log_softmax)(logits.to_device(subject));
            findings.compare("y", y, &oracle::log_softmax(&logits.to_oracle(), &subject.precision()))
        }),
        Case::new(Rung::OpsBackward, name, backward),
    ]
}

fn loss(name: String, loss: Loss, scores: Scores) -> [Case; 2] {
    let logits = scores.clone();
    [
        Case::new(Rung::OpsForward, name.clone(), move |subject, findings| {
            findings.input("logits", &logits.logits);
            let value = (subject.operations.loss)(
                loss,
                logits.logits.to_device(subject),
                labels_to_device(&logits.labels, subject),
            );
            let expected =
                training_case::loss(loss, &logits.logits.to_oracle(), &logits.labels, &subject.precision());
            findings.compare("loss", value, &oracle::Tensor::scalar(expected.loss))
        }),
        Case::new(Rung::OpsBackward, name, move |subject, findings| {
            findings.input("logits", &scores.logits);
            let x = scores.logits.to_device::<2>(subject).require_grad();
            let gradients =
                (subject.operations.loss)(loss, x.clone(), labels_to_device(&scores.labels, subject))
                    .backward();
            let found = x.grad(&gradients).ok_or_else(|| Error::NoGradient("logits".to_owned()))?;
            let expected =
                training_case::loss(loss, &scores.logits.to_oracle(), &scores.labels, &subject.precision());
            findings.compare("logits.grad", found, &expected.gradient)
        }),
    ]
}
