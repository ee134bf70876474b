//! Why the network answers so: gradients, occlusion, and what would change its mind.

use burn::tensor::{Gradients, Tensor, TensorData};
use lenet_backend::ops::linear;
use lenet_backend::{floats, integers};
use lenet_data::SIDE;
use lenet_train::Loss;

use super::PIXELS;
use super::network::{Network, numbers};
use crate::Error;

/// How much ink, of 255, a step of [`Network::towards`] adds or takes where the gradient is largest.
const STRIDE: f32 = 24.0;
/// The probability at which [`Network::towards`] has arrived.
const ARRIVED: f32 = 0.9;
/// Maximum number of steps of [`Network::towards`].
const MOST_STEPS: usize = 200;

/// Images on the way to another answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Path {
    /// `[n, 32, 32]`; the first one is the start.
    pub images: Vec<u8>,
    /// The probability of the class in each of them.
    pub probabilities: Vec<f32>,
}

impl Network {
    /// The gradient of the logit of `class` with respect to the ink of each pixel, on a scale where full ink is 1:
    /// `[32 × 32]`.
    ///
    /// # Errors
    /// [`Error::Argument`] if the image has another size or there is no such class.
    pub fn input_gradient(&self, image: &[u8], class: usize) -> Result<Vec<f32>, Error> {
        self.check_class(class)?;
        let gradient = numbers(self.gradient_at_input(image, |logits| one_of(logits, class))?)?;
        // The input is (ink − mean) / std.
        let std = self.classifier.normalisation().std;
        Ok(gradient.into_iter().map(|slope| slope / std).collect())
    }

    /// How much the logit of `class` falls if a square of `side` × `side` pixels around each pixel becomes
    /// background: `[32 × 32]`. Above 0, what is there speaks for the class.
    ///
    /// # Errors
    /// [`Error::Argument`] if the image has another size, there is no such class, or `side` is even or above 31.
    pub fn occlusion(&self, image: &[u8], class: usize, side: usize) -> Result<Vec<f32>, Error> {
        self.check_class(class)?;
        if side.is_multiple_of(2) || side >= SIDE {
            return Err(Error::argument("the side of the square", side, "an odd number below 32"));
        }
        let normalised = self.normalised(image)?;
        let background = self.classifier.normalisation().apply(&[0])[0];
        let (classes, half) = (self.classifier.classes(), side / 2);
        let whole = self.classifier.logits(&normalised)?[class];
        let mut falls = Vec::with_capacity(PIXELS);
        // A row at a time bounds the memory.
        for row in 0..SIDE {
            let mut images = normalised.repeat(SIDE);
            for (column, image) in images.chunks_exact_mut(PIXELS).enumerate() {
                for line in row.saturating_sub(half)..(row + half + 1).min(SIDE) {
                    let columns = column.saturating_sub(half)..(column + half + 1).min(SIDE);
                    image[line * SIDE..][columns].fill(background);
                }
            }
            let logits = self.classifier.logits(&images)?;
            falls.extend(logits.chunks_exact(classes).map(|logits| whole - logits[class]));
        }
        Ok(falls)
    }

    /// Changes the image step by step so that `class` becomes more probable, until its probability is 0.9 or
    /// `steps` are done. Each step follows the gradient of the logarithm of the probability; the ink of every
    /// pixel stays within 0 to 255.
    ///
    /// # Errors
    /// [`Error::Argument`] if the image has another size, there is no such class, or `steps` is above 200;
    /// [`Error::Model`] if logits are not finite.
    pub fn towards(&self, image: &[u8], class: usize, steps: usize) -> Result<Path, Error> {
        self.check_class(class)?;
        if steps > MOST_STEPS {
            return Err(Error::argument("the number of steps", steps, format!("at most {MOST_STEPS}")));
        }
        let mut ink: Vec<f32> = image.iter().copied().map(f32::from).collect();
        let mut rounded = image.to_vec();
        let mut path = Path { images: image.to_vec(), probabilities: vec![self.probability(image, class)?] };
        for _ in 0..steps {
            if path.probabilities.last().is_some_and(|probability| *probability >= ARRIVED) {
                break;
            }
            let gradient = self.loss_gradient(&rounded, class)?;
            let largest = gradient.iter().fold(f32::MIN_POSITIVE, |largest, slope| largest.max(slope.abs()));
            for (ink, slope) in ink.iter_mut().zip(gradient) {
                *ink = (*ink - STRIDE * slope / largest).clamp(0.0, 255.0);
            }
            rounded = ink.iter().map(|ink| ink.round() as u8).collect();
            path.probabilities.push(self.probability(&rounded, class)?);
            path.images.extend(&rounded);
        }
        Ok(path)
    }

    fn probability(&self, image: &[u8], class: usize) -> Result<f32, Error> {
        self.normalised(image)?;
        Ok(self.probabilities(image)?[class])
    }

    /// The gradient of −log p(class) with respect to the input.
    fn loss_gradient(&self, image: &[u8], class: usize) -> Result<Vec<f32>, Error> {
        numbers(self.gradient_at_input(image, |logits| {
            let labels = integers(&[class as i64], &logits.device());
            Loss::CrossEntropy.forward(logits, labels).backward()
        })?)
    }

    /// The gradient, with respect to the network's input, of a number that `of` computes from the logits and tracks
    /// back.
    fn gradient_at_input(
        &self,
        image: &[u8],
        of: impl FnOnce(Tensor<2>) -> Gradients,
    ) -> Result<Tensor<4>, Error> {
        let x = self.input(self.normalised(image)?).require_grad();
        let gradients = of(self.net.forward(x.clone()));
        Ok(x.grad(&gradients).ok_or(lenet_train::Error::NoGradient)?)
    }
}

/// The gradients of the logit of `class`: of the logits times a column with a single 1, in which sums are exact.
fn one_of(logits: Tensor<2>, class: usize) -> Gradients {
    let ([_, classes], device) = (logits.dims(), logits.device());
    let mut column = vec![0.0_f32; classes];
    column[class] = 1.0;
    let column = floats(TensorData::new(column, [classes, 1]), &device);
    linear(logits, column, Tensor::zeros([1], &device)).backward()
}
