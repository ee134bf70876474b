//! 2-D convolution without padding, with stride 1, and its backward pass.

use crate::contraction::Sums;
use crate::{Precision, Tensor};

/// Computes `y[n, o, i, j] = bias[o] + Σ x[n, c, i + k, j + l] · weight[o, c, k, l]` over c, k and l.
///
/// - `x`: `[batch, channels, height, width]`
/// - `weight`: `[filters, channels, kernel height, kernel width]`
/// - `bias`: `[filters]`
/// - result: `[batch, filters, height + 1 - kernel height, width + 1 - kernel width]`
///
/// # Panics
/// If the shapes do not fit.
pub fn conv2d(x: &Tensor, weight: &Tensor, bias: &Tensor, precision: &Precision) -> Tensor {
    let g = Geometry::new(x, weight);
    assert_eq!(bias.shape, [g.filters]);
    let shape = g.output();
    let (len, plane) = (shape.iter().product(), shape[2] * shape[3]);
    let mut sums = Sums::new(x, weight, precision, |x, weight| {
        let mut y = vec![0.0; len];
        g.rows(|at_x, at_w, at_y, width| axpy(weight[at_w], &x[at_x..][..width], &mut y[at_y..][..width]));
        y
    });
    for index in 0..len {
        sums.add(index, bias.number(index / plane % g.filters));
    }
    sums.finish(&shape, precision)
}

/// Gradients of [`conv2d`] with respect to its inputs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conv2dGradients {
    /// Has the shape of `x`.
    pub x: Tensor,
    /// Has the shape of the weight.
    pub weight: Tensor,
    /// Has the shape `[filters]`.
    pub bias: Tensor,
}

/// Backward pass of [`conv2d`]: gradients with respect to input, weight and bias, given the output gradient.
///
/// # Panics
/// If the shapes do not fit.
pub fn conv2d_backward(
    x: &Tensor,
    weight: &Tensor,
    gradient: &Tensor,
    precision: &Precision,
) -> Conv2dGradients {
    let g = Geometry::new(x, weight);
    let [_, filters, height, width] = g.output();
    assert_eq!(gradient.shape, g.output());
    let of_x = Sums::new(gradient, weight, precision, |gradient, weight| {
        let mut result = vec![0.0; x.values.len()];
        g.rows(|at_x, at_w, at_y, w| axpy(weight[at_w], &gradient[at_y..][..w], &mut result[at_x..][..w]));
        result
    });
    let of_weight = Sums::new(x, gradient, precision, |x, gradient| {
        let mut result = vec![0.0; weight.values.len()];
        g.rows(|at_x, at_w, at_y, w| result[at_w] += dot(&x[at_x..][..w], &gradient[at_y..][..w]));
        result
    });
    let ones = Tensor::exact(&gradient.shape, vec![1.0; gradient.values.len()]);
    let of_bias = Sums::new(gradient, &ones, precision, |gradient, ones| {
        let mut result = vec![0.0; filters];
        for (plane, (gradient, ones)) in
            gradient.chunks(height * width).zip(ones.chunks(height * width)).enumerate()
        {
            result[plane % filters] += dot(gradient, ones);
        }
        result
    });
    Conv2dGradients {
        x: of_x.finish(&x.shape, precision),
        weight: of_weight.finish(&weight.shape, precision),
        bias: of_bias.finish(&[filters], precision),
    }
}

/// Sizes of a convolution.
struct Geometry {
    batch: usize,
    channels: usize,
    filters: usize,
    image: [usize; 2],
    kernel: [usize; 2],
}

impl Geometry {
    fn new(x: &Tensor, weight: &Tensor) -> Self {
        let (&[batch, channels, height, width], &[filters, inputs, rows, columns]) =
            (&x.shape[..], &weight.shape[..])
        else {
            panic!("convolution of shape {:?} with weight {:?}", x.shape, weight.shape)
        };
        assert!(channels == inputs && rows <= height && columns <= width && rows * columns > 0);
        Self { batch, channels, filters, image: [height, width], kernel: [rows, columns] }
    }

    fn output(&self) -> [usize; 4] {
        let [height, width] = [0, 1].map(|i| self.image[i] + 1 - self.kernel[i]);
        [self.batch, self.filters, height, width]
    }

    /// Enumerates all products of the convolution, row by row: calls `row` with the offset of a row in x, the
    /// offset of a weight, the offset of the row of y that their product is added to, and the length of the
    /// row.
    fn rows(&self, mut row: impl FnMut(usize, usize, usize, usize)) {
        let [_, _, height, width] = self.output();
        for (n, o, c) in triples(self.batch, self.filters, self.channels) {
            for (k, l, i) in triples(self.kernel[0], self.kernel[1], height) {
                let at_x = ((n * self.channels + c) * self.image[0] + i + k) * self.image[1] + l;
                let at_w = ((o * self.channels + c) * self.kernel[0] + k) * self.kernel[1] + l;
                row(at_x, at_w, ((n * self.filters + o) * height + i) * width, width);
            }
        }
    }
}

fn triples(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
}

/// Adds a·x to y, element by element.
pub(crate) fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Dot product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
