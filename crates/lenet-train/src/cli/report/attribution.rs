//! Which pixels of a misread image spoke for the answer and against the label.

use anyhow::Context;
use burn::tensor::{Tensor, TensorData};
use lenet_backend::Device;
use lenet_data::{SIDE, Samples};
use lenet_model::{Classifier, LeNet, StateDict};
use lenet_report::picture::{Picture, Scale};
use lenet_report::training::{Attribution, Test};

use super::test::Tested;

/// Number of mistakes to explain: as many as the page shows.
const MISTAKES: usize = 18;
/// Distance between the middles of two covered patches, and half their side.
const STEP: usize = 2;
const HALF: usize = 3;

/// Adds the attributions of the worst mistakes.
pub(super) fn add(tested: Tested, state: &StateDict, device: &Device) -> anyhow::Result<Test> {
    let Tested { digits, mut test } = tested;
    let images = test.worst(MISTAKES);
    if images.is_empty() {
        return Ok(test);
    }
    let pixels = digits.gather(&images)?.images;
    let size @ [width, height] = [digits.width(), digits.height()];
    // Label and answer of each image.
    let classes = images.iter().map(|&image| [test.labels[image], test.answer(image).0].map(usize::from));
    let classes: Vec<[usize; 2]> = classes.collect();
    let gradients = gradients(state, &pixels, &classes, device)?;
    let classifier = Classifier::with_state_dict(state, device);
    for (index, (&image, classes)) in images.iter().zip(&classes).enumerate() {
        let one = index * SIDE * SIDE..(index + 1) * SIDE * SIDE;
        let gradient = Picture::new(width, height, &centre(&gradients[one.clone()], size), Scale::Signed);
        let occlusion = occlusion(&classifier, &pixels[one], *classes, size)?;
        test.attributions.push(Attribution::new(image, gradient, occlusion));
    }
    Ok(test)
}

/// Gradient of logit(answer) − logit(label) with respect to each pixel: `[images, 32, 32]`.
fn gradients(
    state: &StateDict,
    pixels: &[f32],
    classes: &[[usize; 2]],
    device: &Device,
) -> anyhow::Result<Vec<f32>> {
    let device = device.clone().autodiff();
    let net = LeNet::with_state_dict(state, &device);
    let count = classes.len();
    let mut signs = vec![0.0f32; count * net.classes()];
    for (signs, [label, answer]) in signs.chunks_exact_mut(net.classes()).zip(classes) {
        (signs[*label], signs[*answer]) = (-1.0, 1.0);
    }
    let signs = Tensor::<2>::from_data(TensorData::new(signs, [count, net.classes()]), &device);
    let images = TensorData::new(pixels.to_vec(), [count, 1, SIDE, SIDE]);
    let images = Tensor::<4>::from_data(images, &device).require_grad();
    let gradients = (net.forward(images.clone()) * signs).sum().backward();
    let gradient = images.grad(&gradients).context("the device computes no gradient of the images")?;
    Ok(gradient.try_into_vec_as()?)
}

/// Fall of logit(answer) − logit(label) when a patch is covered with background: a number for every second row and
/// column.
fn occlusion(
    classifier: &Classifier,
    pixels: &[f32],
    [label, answer]: [usize; 2],
    [width, height]: [usize; 2],
) -> anyhow::Result<Picture> {
    let background = classifier.normalisation().apply(&[0])[0];
    let (top, left) = ((SIDE - height) / 2, (SIDE - width) / 2);
    let (rows, columns) = (height.div_ceil(STEP), width.div_ceil(STEP));
    let mut images = pixels.to_vec(); // First the image itself.
    for place in 0..rows * columns {
        let (y, x) = (top + place / columns * STEP, left + place % columns * STEP);
        let mut covered = pixels.to_vec();
        for row in y.saturating_sub(HALF)..(y + HALF).min(SIDE) {
            covered[row * SIDE..][x.saturating_sub(HALF)..(x + HALF).min(SIDE)].fill(background);
        }
        images.extend(covered);
    }
    let logits = classifier.logits(&images)?;
    let margin = |logits: &[f32]| logits[answer] - logits[label];
    let margins: Vec<f32> = logits.chunks_exact(classifier.classes()).map(margin).collect();
    let falls: Vec<f32> = margins[1..].iter().map(|covered| margins[0] - covered).collect();
    Ok(Picture::new(columns, rows, &falls, Scale::Signed))
}

/// The image in the middle of 32×32 pixels.
fn centre(pixels: &[f32], [width, height]: [usize; 2]) -> Vec<f32> {
    let (top, left) = ((SIDE - height) / 2, (SIDE - width) / 2);
    pixels.chunks(SIDE).skip(top).take(height).flat_map(|row| &row[left..left + width]).copied().collect()
}
