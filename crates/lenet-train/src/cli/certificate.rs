//! [`Certificate`]: for which images no rounding changes the answer.

use std::fmt;

use anyhow::{Context, ensure};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use lenet_data::{DigitSet, SIDE, Samples};
use lenet_model::{Prediction as Answer, StateDict};
use lenet_oracle::{LeNet, Precision, Tensor};
use serde::Serialize;

/// Images that a thread computes at a time.
const IMAGES: usize = 8;

/// What rounding can do to the answers to a set of images.
#[derive(Serialize)]
pub(super) struct Certificate {
    images: usize,
    /// Number of images whose answer no rounding changes.
    certain: usize,
    /// Smallest ratio of the margin to the sum of both bounds among these images; `None` without such an image.
    closest: Option<f64>,
    /// The other images.
    uncertain: Vec<Uncertain>,
}

/// An image whose answer rounding may change.
#[derive(Clone, Serialize)]
struct Uncertain {
    image: usize,
    label: u8,
    /// The two classes with the largest logits.
    classes: [u8; 2],
    /// Their logits in f64.
    logits: [f64; 2],
    /// Bound of the rounding error of each logit.
    bounds: [f64; 2],
}

/// What the oracle finds for an image.
struct Found {
    class: u8,
    /// Smallest ratio of the margin to the bounds, over all other classes. Above 1 the answer is certain.
    ratio: f64,
    top: [(u8, f64, f64); 2],
}

/// Rounding of f32 on any device: WGSL's, which permits flushing denormals to zero, and in which a sum or product may
/// be rounded in any direction, so that its error is up to one unit in the last place.
fn any_rounding() -> Precision {
    let mut precision = Precision::WGSL;
    precision.unit_roundoff *= 2.0;
    precision
}

impl Certificate {
    /// Computes the certificate of the network `state` on `digits`, whose `answers` a device gave.
    ///
    /// # Errors
    /// The network has not ten classes, or a device gave another answer than any rounding can explain.
    pub(super) fn of(state: &StateDict, digits: &DigitSet, answers: &[Answer]) -> anyhow::Result<Self> {
        let classes = state.classes();
        ensure!(classes == 10, "--certify: the oracle is for 10 classes, the weights have {classes}");
        let net = LeNet::new(|name| {
            let found = state.parameters().iter().find(|parameter| parameter.name == name)?;
            Some(Tensor::from_f32(&found.shape, &found.values))
        })
        .context("--certify")?;
        let bar = bar(digits.len());
        let pieces = lenet_threads::map(digits.len().div_ceil(IMAGES), |piece| {
            let images: Vec<usize> = (piece * IMAGES..digits.len().min((piece + 1) * IMAGES)).collect();
            let pixels = digits.gather(&images)?.images;
            let found = look_at(&net, &pixels);
            bar.inc(images.len() as u64);
            Ok(found)
        });
        bar.finish_and_clear();
        let found: Vec<Vec<Found>> = pieces.into_iter().collect::<Result<_, lenet_data::Error>>()?;
        let found: Vec<Found> = found.into_iter().flatten().collect();
        let is_wrong =
            |(found, answer): &(&Found, &Answer)| found.ratio > 1.0 && found.class != answer.class();
        let wrong = found.iter().zip(answers).filter(is_wrong).count();
        ensure!(
            wrong == 0,
            "for {wrong} images the device gives an answer that no rounding explains: it computes wrongly \
             (`cargo xtask test-backends` looks for the operation)"
        );
        Ok(Self::new(&found, digits.labels()))
    }

    fn new(found: &[Found], labels: &[u8]) -> Self {
        let certain = found.iter().map(|found| found.ratio).filter(|ratio| *ratio > 1.0);
        let closest = certain.clone().fold(f64::INFINITY, f64::min);
        let uncertain = found.iter().zip(labels).enumerate().filter(|(_, (found, _))| found.ratio <= 1.0);
        let uncertain = uncertain.map(|(image, (found, &label))| Uncertain {
            image,
            label,
            classes: found.top.map(|(class, ..)| class),
            logits: found.top.map(|(_, logit, _)| logit),
            bounds: found.top.map(|(.., bound)| bound),
        });
        Self {
            images: found.len(),
            certain: certain.count(),
            closest: closest.is_finite().then_some(closest),
            uncertain: uncertain.collect(),
        }
    }
}

/// A progress bar on standard error if that is a terminal: the whole test set takes a minute of one core.
fn bar(images: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("certificate  {wide_bar}  {pos}/{len} images  {eta} left");
    ProgressBar::new(images as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Logits with bounds of `pixels`, `[images × 32 × 32]`. The sharper bounds take fifty times as long, so only images
/// that need them get them.
fn look_at(net: &LeNet, pixels: &[f32]) -> Vec<Found> {
    let precision = any_rounding();
    let image = |pixels: &[f32]| Tensor::from_f32(&[pixels.len() / SIDE / SIDE, 1, SIDE, SIDE], pixels);
    let output = net.forward(&image(pixels), &precision).output;
    let one = |(index, pixels): (usize, &[f32])| {
        let found = answer(&output, index);
        if found.ratio > 1.0 {
            return found;
        }
        let mut activations = net.forward(&image(pixels), &precision);
        net.sharpen(&mut activations);
        answer(&activations.output, 0)
    };
    pixels.chunks_exact(SIDE * SIDE).enumerate().map(one).collect()
}

/// The answer in row `row` of the logits. A NaN makes it uncertain.
fn answer(output: &Tensor, row: usize) -> Found {
    let numbers = (0..10u8).map(|class| {
        let number = output.number(row * 10 + usize::from(class));
        (class, number.value, number.hard)
    });
    let mut top: Vec<(u8, f64, f64)> = numbers.collect();
    top.sort_by(|(_, one, _), (_, other, _)| other.total_cmp(one));
    let (class, largest, bound) = top[0];
    // A tie without errors, or a NaN, has no ratio and is not certain.
    let ratio = |(_, value, other): &(u8, f64, f64)| match (largest - value) / (bound + other) {
        ratio if ratio.is_nan() => 0.0,
        ratio => ratio,
    };
    let ratio = top[1..].iter().map(ratio).fold(f64::INFINITY, f64::min);
    Found { class, ratio, top: [top[0], top[1]] }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { images, certain, closest, uncertain } = self;
        let [certain, images] = [*certain, *images].map(|count| HumanCount(count as u64));
        write!(f, "certificate: no rounding changes the answer to {certain} of {images} images")?;
        if let Some(closest) = closest {
            write!(f, "\nthe closest of them has {closest:.1} times the margin that rounding can take")?;
        }
        if !uncertain.is_empty() {
            write!(f, "\nrounding may change these:")?;
            write!(f, "\n image  label  answer            logit  ±bound  or            logit  ±bound")?;
        }
        for Uncertain { image, label, classes: [one, other], logits: [a, b], bounds: [p, q] } in uncertain {
            write!(
                f,
                "\n{image:>6}  {label:>5}  {one:>6}  {a:>15.6}  {p:>6.0e}  {other:>2}  {b:>15.6}  {q:>6.0e}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of ten classes with one bound.
    fn logits(values: [f64; 10], bound: f64) -> Tensor {
        let mut tensor = Tensor::exact(&[1, 10], values.to_vec());
        tensor.hard = vec![bound; 10];
        tensor
    }

    #[test]
    fn an_answer_is_certain_if_its_margin_is_above_both_bounds() {
        let values = [0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0];
        let found = |bound| answer(&logits(values, bound), 0);
        assert!(found(0.49).ratio > 1.0 && found(0.51).ratio < 1.0 && found(0.5).ratio <= 1.0);
        assert_eq!((found(0.5).class, found(0.5).top[1].0), (3, 7));
    }

    #[test]
    fn without_a_finite_bound_nothing_is_certain() {
        let mut values = [0.0; 10];
        values[3] = 9.0;
        assert!(answer(&logits(values, f64::INFINITY), 0).ratio <= 1.0);
        values[4] = f64::NAN;
        assert!(answer(&logits(values, 0.1), 0).ratio <= 1.0);
    }

    #[test]
    fn equal_logits_without_error_are_not_certain() {
        assert!(answer(&logits([1.0; 10], 0.0), 0).ratio <= 1.0);
        let two = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(answer(&logits(two, 0.0), 0).ratio <= 1.0);
    }
}
