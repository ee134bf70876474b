//! The answers of a network to its test set.

use anyhow::ensure;
use lenet_backend::Device;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, Normalisation};
use lenet_model::{Classifier, Prediction, StateDict};
use lenet_report::training::{Images, Test};

use super::super::calibration;
use super::super::data::Digits;
use super::super::eval::predictions;

/// A test set with its answers.
pub(super) struct Tested {
    pub(super) digits: DigitSet,
    pub(super) test: Test,
}

/// Reads the test set and computes the network's answers to it.
pub(super) fn load(state: &StateDict, digits: &Digits, device: &Device) -> anyhow::Result<Tested> {
    let classifier = Classifier::with_state_dict(state, device);
    let set = digits.load(Part::Test)?;
    let (trained, tested) = (classifier.classes(), set.classes());
    ensure!(trained == tested, "the weights have {trained} classes, {} has {tested}", digits.description);
    let normalisation = classifier.normalisation();
    let set = set.with_normalisation(Normalisation::new(normalisation.mean, normalisation.std));
    let logits = calibration::logits(&classifier, &set)?;
    let loss = cross_entropy(&logits, set.labels(), trained);
    let predictions = predictions(&logits, trained, state.metadata().temperature.unwrap_or(1.0))?;
    let class = |class: u8| match set.class_names().get(usize::from(class)) {
        Some(name) => name.clone(),
        None => classifier.class_name(class),
    };
    let classes = (0..=u8::MAX).take(tested).map(class).collect();
    let probabilities = predictions.into_iter().flat_map(|Prediction { probabilities, .. }| probabilities);
    let images = Images::new(set.width(), set.height(), set.pixels().to_vec());
    let test = Test::new(classes, set.labels().to_vec(), probabilities.collect(), images);
    Ok(Tested { digits: set, test: test.on(&digits.description, Some(loss)) })
}

/// Mean cross-entropy of logits `[images, classes]`: the mean of `−ln softmax(logits)[label]`, NaN without images.
fn cross_entropy(logits: &[f32], labels: &[u8], classes: usize) -> f64 {
    let loss = |(logits, &label): (&[f32], &u8)| {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
        sum.ln() - f64::from(logits[usize::from(label)] - largest)
    };
    logits.chunks_exact(classes).zip(labels).map(loss).sum::<f64>() / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_have_the_entropy_of_a_uniform_choice() {
        let loss = cross_entropy(&[0.0, 0.0, 800.0, 800.0], &[0, 1], 2);
        assert!((loss - 2f64.ln()).abs() < 1e-12, "{loss}");
    }
}
