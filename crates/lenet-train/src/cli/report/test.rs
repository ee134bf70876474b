//! The answers of a network to its test set.

use anyhow::ensure;
use lenet_backend::Device;
use lenet_data::DigitSet;
use lenet_data::dataset::Part;
use lenet_model::{Classifier, Prediction, StateDict};
use lenet_report::training::{Images, Test};

use super::super::calibration;
use super::super::data::Digits;
use super::super::eval::{normalised_for, predictions};

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
    let set = normalised_for(&classifier, set);
    let logits = calibration::logits(&classifier, &set)?;
    let losses = logits.chunks_exact(trained).zip(set.labels());
    let losses = losses.map(|(logits, label)| calibration::cross_entropy(logits, *label));
    let loss = losses.sum::<f64>() / set.len() as f64; // NaN without images.
    let predictions = predictions(&logits, trained, state.metadata().temperature.unwrap_or(1.0))?;
    let named = !set.class_names().is_empty();
    let class = |class| if named { set.class_name(class) } else { classifier.class_name(class) };
    let classes = (0..=u8::MAX).take(tested).map(class).collect();
    let probabilities = predictions.into_iter().flat_map(|Prediction { probabilities, .. }| probabilities);
    let images = Images::new(set.width(), set.height(), set.pixels().to_vec());
    let test = Test::new(classes, set.labels().to_vec(), probabilities.collect(), images);
    Ok(Tested { digits: set, test: test.on(&digits.description, Some(loss)) })
}
