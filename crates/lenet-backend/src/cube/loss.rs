//! The losses of a classifier: value and gradient in one launch.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, has, planted};
use super::{add_up, empty, grid, numbers, units};

/// The loss of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Criterion {
    /// Cross-entropy, with class weights or without.
    CrossEntropy { weighted: bool },
    /// Mean over the classes of (z − one-hot(label))².
    SquaredError,
}

/// Computes the mean loss `[1]` of `logits` `[batch, classes]` for `labels` `[batch]`, i32, and its gradient.
/// `weights` is `[classes]` if the criterion is weighted, otherwise it is not read.
pub(crate) fn class_loss(
    criterion: Criterion,
    smoothing: f32,
    logits: &CubeTensor,
    labels: &CubeTensor,
    weights: &CubeTensor,
) -> (CubeTensor, CubeTensor) {
    let [_, classes] = logits.shape().dims();
    let (value, gradient) = (empty(logits, [1], DType::F32), empty(logits, logits.shape(), DType::F32));
    let units = units(&logits.client, 256);
    loss_and_gradient::launch(
        &logits.client,
        CubeCount::new_1d(1),
        CubeDim::new_1d(if has(Bug::WorkgroupSize) { units / 2 } else { units }),
        numbers(logits),
        numbers(labels),
        numbers(weights),
        numbers(&value),
        numbers(&gradient),
        smoothing,
        classes,
        criterion,
        units as usize,
        planted(&[Bug::BarrierMissing]),
    );
    (value, gradient)
}

/// Computes `tensor · factor` for a factor `[1]` on the device.
pub(crate) fn scaled(tensor: &CubeTensor, factor: &CubeTensor) -> CubeTensor {
    let product = empty(tensor, tensor.shape(), DType::F32);
    let (count, dim) = grid(&tensor.client, tensor.shape().num_elements());
    scale::launch(&tensor.client, count, dim, numbers(tensor), numbers(factor), numbers(&product));
    product
}

#[cube(launch)]
fn scale(x: &[f32], factor: &[f32], y: &mut [f32]) {
    if ABSOLUTE_POS < y.len() {
        y[ABSOLUTE_POS] = x[ABSOLUTE_POS] * factor[0];
    }
}

/// One workgroup computes the whole loss, because the gradient of a sample depends on the weights of all labels.
#[cube(launch)]
fn loss_and_gradient(
    logits: &[f32],
    labels: &[i32],
    weights: &[f32],
    value: &mut [f32],
    gradient: &mut [f32],
    smoothing: f32,
    classes: usize,
    #[comptime] criterion: Criterion,
    #[comptime] units: usize,
    #[comptime] bug: Option<Bug>,
) {
    let weighted = comptime!(criterion == Criterion::CrossEntropy { weighted: true });
    let squared = comptime!(criterion == Criterion::SquaredError);
    let unit = UNIT_POS as usize;
    let batch = labels.len();

    let mut total = f32::cast_from(batch as u32);
    if weighted {
        let mut sum = 0.0f32;
        for row in range_stepped(unit, batch, units) {
            let label = labels[row];
            if label >= 0 && (label as usize) < classes {
                sum += weights[label as usize];
            }
        }
        total = sum_of_units(sum, units, bug);
    }
    if squared {
        total = f32::cast_from((batch * classes) as u32);
    }
    let factor = 1.0f32 / total;

    let mut sum = 0.0f32;
    for row in range_stepped(unit, batch, units) {
        let label = labels[row];
        let from = row * classes;
        if label >= 0 && (label as usize) < classes {
            if squared {
                sum += squared_error(logits, gradient, from, label as usize, classes, factor);
            } else {
                sum += cross_entropy(
                    logits,
                    weights,
                    gradient,
                    from,
                    label as usize,
                    classes,
                    smoothing,
                    factor,
                    weighted,
                );
            }
        } else {
            // No class: the loss and the gradient are NaN, whatever the other bits are.
            let nan = f32::reinterpret(u32::reinterpret(label) | 0x7fc0_0000u32);
            sum += nan;
            for class in 0..classes {
                gradient[from + class] = nan;
            }
        }
    }
    let sum = sum_of_units(sum, units, bug);
    if unit == 0 {
        value[0] = sum / total;
    }
}

/// −Σⱼ wⱼ·tⱼ·log softmax(z)ⱼ of one sample; writes its gradient times `factor`: softmax(z)ₖ·Σⱼ wⱼ·tⱼ − wₖ·tₖ.
#[cube]
fn cross_entropy(
    logits: &[f32],
    weights: &[f32],
    gradient: &mut [f32],
    from: usize,
    label: usize,
    classes: usize,
    smoothing: f32,
    factor: f32,
    #[comptime] weighted: bool,
) -> f32 {
    let mut largest = logits[from];
    for class in 1..classes {
        largest = max(largest, logits[from + class]);
    }
    let mut sum = 0.0f32;
    for class in 0..classes {
        let power = (logits[from + class] - largest).exp();
        gradient[from + class] = power;
        sum += power;
    }
    let log_sum = sum.ln();
    let share = smoothing / f32::cast_from(classes as u32);
    let mut loss = 0.0f32;
    let mut targets = 0.0f32;
    for class in 0..classes {
        let target = target(weights, class, label, share, smoothing, weighted);
        targets += target;
        // A target of zero times an infinite logarithm is zero.
        if target != 0.0f32 {
            loss += target * (log_sum - (logits[from + class] - largest));
        }
    }
    let of_power = factor * targets / sum;
    for class in 0..classes {
        let target = target(weights, class, label, share, smoothing, weighted);
        gradient[from + class] = gradient[from + class] * of_power - factor * target;
    }
    loss
}

/// The target of a class, times the class's weight.
#[cube]
fn target(
    weights: &[f32],
    class: usize,
    label: usize,
    share: f32,
    smoothing: f32,
    #[comptime] weighted: bool,
) -> f32 {
    let plain = share + select(class == label, 1.0f32 - smoothing, 0.0f32);
    if weighted { plain * weights[class] } else { plain }
}

/// Σⱼ (z − one-hot(label))² of one sample; writes its gradient times `factor`.
#[cube]
fn squared_error(
    logits: &[f32],
    gradient: &mut [f32],
    from: usize,
    label: usize,
    classes: usize,
    factor: f32,
) -> f32 {
    let mut loss = 0.0f32;
    for class in 0..classes {
        let difference = logits[from + class] - select(class == label, 1.0f32, 0.0f32);
        loss += difference * difference;
        gradient[from + class] = 2.0f32 * difference * factor;
    }
    loss
}

/// The sum over the units of a workgroup, for all of them.
#[cube]
fn sum_of_units(sum: f32, #[comptime] units: usize, #[comptime] bug: Option<Bug>) -> f32 {
    let unit = UNIT_POS as usize;
    let mut shared = Shared::<[f32]>::new_slice(units);
    shared[unit] = sum;
    add_up(&mut shared, units, 1usize, bug);
    shared[0]
}
