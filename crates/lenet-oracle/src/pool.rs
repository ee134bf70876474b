//! Max-pool over windows of 2×2 with stride 2, and its backward pass.

use crate::{Number, Tensor};

/// Maximum of each window of 2×2: `[batch, channels, height, width]` to `[batch, channels, height / 2, width
/// / 2]`. An odd last row or column is ignored. The maximum is NaN if the window contains NaN.
///
/// # Panics
/// If `x` does not have four dimensions.
pub fn max_pool(x: &Tensor) -> Tensor {
    let numbers = windows(&x.shape).map(|window| {
        let winner = winner(x, window);
        let largest = |bound: &[f64]| {
            let reach = |i: usize| x.values[i] + bound[i];
            let floor = window.iter().map(|i| x.values[*i] - bound[*i]).fold(f64::NEG_INFINITY, f64::max);
            window.iter().filter(|i| reach(**i) >= floor).map(|i| bound[*i]).fold(0.0, f64::max)
        };
        let value = x.values[winner];
        if value.is_finite() {
            Number { value, hard: largest(&x.hard), soft: largest(&x.soft) }
        } else {
            Number::exact(value)
        }
    });
    Tensor::from_numbers(&pooled(&x.shape), numbers.collect::<Vec<_>>())
}

/// Backward pass of [`max_pool`]: the gradient of each window goes to its largest element, the first if
/// several are equal. Where other elements are within their error bounds of the largest, the result's bounds
/// allow each of them.
///
/// # Panics
/// If the shapes do not fit.
pub fn max_pool_backward(x: &Tensor, gradient: &Tensor) -> Tensor {
    assert_eq!(gradient.shape, pooled(&x.shape));
    let mut result = Tensor::exact(&x.shape, vec![0.0; x.values.len()]);
    for (window, gradient) in windows(&x.shape).zip(gradient.numbers()) {
        let winner = winner(x, window);
        result.values[winner] = gradient.value;
        let soft = |i: usize| x.soft[i].min(x.hard[i]);
        set_window_bounds(&mut result.hard, window, winner, gradient.value.abs(), gradient.hard, |i| {
            margin(x, winner, i) <= x.hard[winner] + x.hard[i]
        });
        set_window_bounds(&mut result.soft, window, winner, gradient.value.abs(), gradient.soft, |i| {
            margin(x, winner, i) <= soft(winner) + soft(i)
        });
    }
    result
}

/// Sets the bounds of one window's gradients. If another element can be the largest, the bounds of both
/// include the whole gradient.
fn set_window_bounds(
    bounds: &mut [f64],
    window: [usize; 4],
    winner: usize,
    whole: f64,
    own: f64,
    wins: impl Fn(usize) -> bool,
) {
    bounds[winner] = own;
    for rival in window.into_iter().filter(|i| *i != winner && wins(*i)) {
        bounds[rival] = whole + own;
        bounds[winner] = whole + own;
    }
}

/// Difference between the largest element of a window and another one. Equal elements are a tie, which every
/// correct computation resolves to the first (see "Kinks" in the [crate documentation](crate)), so their
/// margin is infinite. Two zeros with error bounds are no tie: they are ReLU outputs of different negative
/// numbers, each of which f32 may compute as positive.
pub(crate) fn margin(x: &Tensor, winner: usize, rival: usize) -> f64 {
    let margin = x.values[winner] - x.values[rival];
    let tie = margin == 0.0 && (x.values[rival] != 0.0 || x.hard[rival] == 0.0);
    if tie { f64::INFINITY } else { margin }
}

/// Offset of the largest element of the window, the first if several are equal; NaN counts as the largest.
pub(crate) fn winner(x: &Tensor, window: [usize; 4]) -> usize {
    let [first, ..] = window;
    window.into_iter().fold(first, |best, i| {
        let larger = x.values[i] > x.values[best] || (x.values[i].is_nan() && !x.values[best].is_nan());
        if larger { i } else { best }
    })
}

/// Offsets of the four elements of each window, in the order of the results.
pub(crate) fn windows(shape: &[usize]) -> impl Iterator<Item = [usize; 4]> + use<> {
    let (planes, height, width) = plane(shape);
    (0..planes).flat_map(move |plane| {
        (0..height / 2).flat_map(move |y| {
            (0..width / 2).map(move |x| {
                let corner = (plane * height + 2 * y) * width + 2 * x;
                [corner, corner + 1, corner + width, corner + width + 1]
            })
        })
    })
}

/// Shape of the result.
fn pooled(shape: &[usize]) -> [usize; 4] {
    let (_, height, width) = plane(shape);
    [shape[0], shape[1], height / 2, width / 2]
}

/// Number of planes, and their height and width.
fn plane(shape: &[usize]) -> (usize, usize, usize) {
    assert_eq!(shape.len(), 4, "max-pool of shape {shape:?}");
    (shape[0] * shape[1], shape[2], shape[3])
}
