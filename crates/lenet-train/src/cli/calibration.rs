//! Calibration: the temperature that `train` fits, and the table of `eval`.

use std::fmt;

use lenet_data::{DigitSet, Samples};
use lenet_model::calibration::{UNSURE_BELOW, expected_calibration_error, fit_temperature};
use lenet_model::{Classifier, LeNet, Prediction};
use serde::Serialize;

use super::data::EVALUATION_BATCH;

/// Thresholds of the table.
const THRESHOLDS: [f64; 5] = [0.5, UNSURE_BELOW, 0.9, 0.95, 0.99];

/// Whether the probabilities of a network mean what they say.
#[derive(Serialize)]
pub(super) struct Calibration {
    /// The temperature in the metadata of the weights.
    temperature: Option<f64>,
    /// Expected calibration error without the temperature, in 0..=1.
    error_before: f64,
    /// Expected calibration error with the temperature.
    error: f64,
    thresholds: Vec<Threshold>,
}

/// The answers of a probability below a threshold.
#[derive(Serialize)]
struct Threshold {
    /// The threshold.
    below: f64,
    /// Share of the images with such an answer.
    unsure: f64,
    /// Share of wrong answers among the other images; `None` if there are no others.
    error_of_rest: Option<f64>,
}

/// The temperature with the lowest loss on `digits`, which the network was not trained on; `None` without
/// digits, or if there is no lowest one.
pub(super) fn fit(net: &LeNet, digits: &DigitSet) -> anyhow::Result<Option<f64>> {
    Ok(fit_temperature(&logits(&Classifier::new(net.clone()), digits)?, digits.labels()))
}

/// The logits of each digit, `[digits, classes]`.
pub(super) fn logits(classifier: &Classifier, digits: &DigitSet) -> anyhow::Result<Vec<f32>> {
    let mut logits = Vec::with_capacity(10 * digits.len());
    let all: Vec<usize> = (0..digits.len()).collect();
    for batch in all.chunks(EVALUATION_BATCH) {
        logits.extend(classifier.logits(&digits.gather(batch)?.images)?);
    }
    Ok(logits)
}

/// The cross-entropy of an image: −ln softmax(logits) at its label.
pub(super) fn cross_entropy(logits: &[f32], label: u8) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    sum.ln() - f64::from(logits[usize::from(label)] - largest)
}

impl Calibration {
    /// The calibration of `predictions`, computed with `temperature`, and of those `before`, without it.
    pub(super) fn of(
        temperature: Option<f64>,
        before: &[Prediction],
        predictions: &[Prediction],
        labels: &[u8],
    ) -> Self {
        let (before, answers) = (answers(before, labels), answers(predictions, labels));
        Self {
            temperature,
            error_before: expected_calibration_error(&before),
            error: expected_calibration_error(&answers),
            thresholds: THRESHOLDS.iter().map(|&below| Threshold::of(below, &answers)).collect(),
        }
    }

    /// Expected calibration error with the temperature, in 0..=1.
    pub(super) fn error(&self) -> f64 {
        self.error
    }
}

/// The probability of each answer, and whether the answer is right.
fn answers(predictions: &[Prediction], labels: &[u8]) -> Vec<(f64, bool)> {
    let answer =
        |(prediction, label): (&Prediction, &u8)| (probability(prediction), prediction.digit() == *label);
    predictions.iter().zip(labels).map(answer).collect()
}

/// The probability of the answer.
pub(super) fn probability(prediction: &Prediction) -> f64 {
    f64::from(prediction.probabilities[usize::from(prediction.digit())])
}

impl Threshold {
    fn of(below: f64, answers: &[(f64, bool)]) -> Self {
        let rest = || answers.iter().filter(|(probability, _)| *probability >= below);
        let (others, wrong) = (rest().count(), rest().filter(|(_, is_right)| !is_right).count());
        Self {
            below,
            unsure: (answers.len() - others) as f64 / answers.len().max(1) as f64,
            error_of_rest: (others > 0).then(|| wrong as f64 / others as f64),
        }
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (100.0 * self.error_before, 100.0 * self.error);
        match self.temperature {
            Some(temperature) => writeln!(
                f,
                "expected calibration error {before:.2} %, with the temperature {temperature:.3} of the weights {after:.2} %"
            )?,
            None => {
                writeln!(f, "expected calibration error {before:.2} % (the weights have no temperature)")?
            }
        }
        write!(f, "unsure below  share of the images  wrong among the rest")?;
        for Threshold { below, unsure, error_of_rest } in &self.thresholds {
            let error = error_of_rest.map_or("–".to_owned(), |error| format!("{:.2} %", 100.0 * error));
            let (below, unsure) = (format!("{:.0} %", 100.0 * below), format!("{:.2} %", 100.0 * unsure));
            write!(f, "\n{below:>12}  {unsure:>19}  {error:>20}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A prediction of 3 with this probability.
    fn three(probability: f32) -> Prediction {
        let mut probabilities = [(1.0 - probability) / 9.0; 10];
        probabilities[3] = probability;
        Prediction::new(probabilities)
    }

    #[test]
    fn equal_logits_have_the_entropy_of_a_uniform_choice() {
        let losses = [cross_entropy(&[0.0, 0.0], 0), cross_entropy(&[800.0, 800.0], 1)];
        let loss = losses.iter().sum::<f64>() / 2.0;
        assert!((loss - 2f64.ln()).abs() < 1e-12, "{loss}");
    }

    #[test]
    fn a_threshold_tells_how_many_are_unsure_and_how_many_of_the_rest_are_wrong() {
        let predictions = [three(0.99), three(0.85), three(0.6), three(0.4)];
        let calibration = Calibration::of(None, &predictions, &predictions, &[3, 7, 3, 3]);
        let row = |index: usize| {
            let Threshold { below, unsure, error_of_rest } = calibration.thresholds[index];
            (below, unsure, error_of_rest)
        };
        assert_eq!(row(0), (0.5, 0.25, Some(1.0 / 3.0)));
        assert_eq!(row(1), (0.8, 0.5, Some(0.5)));
        assert_eq!(row(2), (0.9, 0.75, Some(0.0)));
    }

    #[test]
    fn without_answers_above_a_threshold_there_is_no_share_of_errors() {
        let predictions = [three(0.6)];
        let text = Calibration::of(Some(0.5), &predictions, &predictions, &[3]).to_string();
        assert!(text.lines().last().unwrap().ends_with("100.00 %                     –"), "{text}");
    }
}
