//! The trained weights in the package.

use lenet_model::{Classifier, LeNet, Prediction, StateDict, pretrained, weights};

use crate::device;

/// Twenty digits of 32×32 bytes: 0 to 9 twice, in this order. They are
/// `lenet_data::synthetic::digits(2026, 0..20)` of version 0.1.0. The weights were trained on MNIST alone.
const DIGITS: &[u8] = include_bytes!("synthetic-digits.bin");

/// Normalises with mean and standard deviation of MNIST's training images, as `lenet_data::normalise` does.
fn normalised(pixels: &[u8]) -> Vec<f32> {
    pixels.iter().map(|&pixel| (f32::from(pixel) / 255.0 - 0.1307) / 0.3081).collect()
}

/// Drawn digits are not written ones, and some are hard to read: a network that was not trained reads two.
#[test]
fn the_trained_network_reads_most_of_the_stored_digits() {
    let classifier = Classifier::new(LeNet::pretrained(&device()));
    let predictions = classifier.classify(&normalised(DIGITS)).unwrap();
    let right =
        (0..).zip(&predictions).filter(|(index, prediction)| prediction.digit() == index % 10).count();
    assert!(right >= 16, "{right} of 20");
}

/// Temperature is read from the package and changes probabilities, not answers.
#[test]
fn the_trained_classifier_applies_its_temperature() {
    let temperature = StateDict::pretrained().metadata().temperature.unwrap();
    let images = normalised(DIGITS);
    let (plain, calibrated) =
        (Classifier::new(LeNet::pretrained(&device())), Classifier::pretrained(&device()));
    let logits = plain.logits(&images).unwrap();
    for (logits, calibrated) in logits.as_chunks::<10>().0.iter().zip(calibrated.classify(&images).unwrap()) {
        let expected =
            Prediction::from_logits(&logits.map(|logit| (f64::from(logit) / temperature) as f32)).unwrap();
        for (one, other) in expected.probabilities.iter().zip(&calibrated.probabilities) {
            assert!((one - other).abs() < 1e-5);
        }
    }
}

#[test]
fn the_bytes_in_the_package_are_those_weights() {
    let state = weights::from_bytes(pretrained::WEIGHTS, weights::Format::Safetensors).unwrap();
    assert_eq!(state, StateDict::pretrained());
}
