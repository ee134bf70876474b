//! [`fingerprint`]: hashes of results, which are the same in every browser and, with the portable kernels, natively.

use std::time::Duration;

use lenet_train::{Loss, Optimizer, OptimizerKind};
use sha2::{Digest, Sha256};

use super::{Digits, Network, Training, TrainingOptions};
use crate::Error;

/// Names of results, each with the SHA-256 of its bits: synthetic digits, the answers of the trained weights, a
/// gradient at the input, and the weights after some steps with every optimizer and loss.
///
/// # Errors
/// None is known: they would be those of the parts.
pub fn fingerprint() -> Result<Vec<(String, String)>, Error> {
    let digits = Digits::synthetic(7, 0, 100)?;
    let mut lines = vec![("synthetic digits".to_owned(), sha256(digits.0.pixels().iter().copied()))];
    let network = Network::pretrained();
    let input: Vec<f32> = network.classifier.normalisation().apply(digits.0.pixels());
    lines.push(("logits of 100 images".to_owned(), of_numbers(&network.classifier.logits(&input)?)));
    let alone = network.classifier.logits(&input[..super::PIXELS])?;
    lines.push(("logits of one image".to_owned(), of_numbers(&alone)));
    let gradient = network.input_gradient(digits.0.image(0), 3)?;
    lines.push(("gradient at the input".to_owned(), of_numbers(&gradient)));
    use OptimizerKind::{Adagrad, Adam, Adamw, Nesterov, Rmsprop, Sgd};
    for kind in [Sgd, Nesterov, Adam, Adamw, Rmsprop, Adagrad] {
        for loss in [Loss::CrossEntropy, Loss::Mse] {
            let (optimizer, learning_rate) = (Optimizer::new(kind), 0.002);
            let options =
                TrainingOptions { optimizer, loss, learning_rate, batch_size: 32, ..Default::default() };
            let mut training = Training::new(&Network::initial(1), &digits, &digits, options)?;
            training.advance(10, Duration::MAX)?;
            let weights = training.network()?;
            let numbers = weights.state().parameters().iter().flat_map(|parameter| &parameter.values);
            let numbers: Vec<f32> = numbers.copied().collect();
            lines.push((format!("10 steps of {kind}, {loss:?}"), of_numbers(&numbers)));
        }
    }
    Ok(lines)
}

fn of_numbers(numbers: &[f32]) -> String {
    sha256(numbers.iter().flat_map(|number| number.to_le_bytes()))
}

fn sha256(bytes: impl Iterator<Item = u8>) -> String {
    let bytes: Vec<u8> = bytes.collect();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
