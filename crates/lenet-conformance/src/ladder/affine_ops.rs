//! The convolutions and linear layers that the ladder compares: each with its oracle functions and its layer
//! shapes.

use burn::tensor::Tensor;
use lenet_oracle::{self as oracle, Kinks, Precision};

use crate::Operations;

/// An operation of x, weight and bias, where x and weight have rank `D`.
pub(super) type Affine<const D: usize> = fn(Tensor<D>, Tensor<D>, Tensor<1>) -> Tensor<D>;

/// x, weight and bias, or the gradients with respect to them.
pub(super) type Inputs = [oracle::Tensor; 3];

/// An operation under test, its oracle functions, and the layers on which it is compared.
pub(super) struct Operation<const D: usize> {
    pub of: fn(&Operations) -> Affine<D>,
    pub forward: fn(&Inputs, &Precision) -> oracle::Tensor,
    /// Gradients with respect to x, weight and bias, given the output gradient.
    pub backward: fn(&Inputs, &oracle::Tensor, &Precision) -> Inputs,
    /// Whether no rounding error changes a decision of a ReLU or a max-pool.
    pub is_comparable: fn(&Inputs, &Precision) -> bool,
    pub layers: &'static [Layer],
}

/// A layer: the shape of x for one image, and of the weight in PyTorch's layout.
pub(super) struct Layer {
    pub name: &'static str,
    pub x: &'static [usize],
    pub weight: &'static [usize],
    /// Batch sizes beside those of the ladder; the short ladder leaves out [`LARGE`] ones.
    pub more_batches: &'static [usize],
}

/// The batch size from which on only sums without rounding are compared, on the full ladder. The oracle takes minutes and gigabytes
/// for a convolution of so many images: the tests of lenet-backend compare those with the kernels for CPUs, to the bit.
pub(super) const LARGE: usize = 4096;
/// A batch that a kernel for GPUs divides into tiles, with rows left over.
const UNEVEN: usize = 19;

pub(super) const CONV: Operation<4> = Operation {
    of: |operations| operations.conv2d,
    forward: |[x, w, b], precision| oracle::conv2d(x, w, b, precision),
    backward: conv2d_backward,
    is_comparable: |_, _| true,
    layers: &[
        Layer { name: "conv1", x: &[1, 32, 32], weight: &[6, 1, 5, 5], more_batches: &[] },
        Layer { name: "conv2", x: &[6, 14, 14], weight: &[16, 6, 5, 5], more_batches: &[] },
        Layer { name: "conv-odd", x: &[3, 8, 11], weight: &[5, 3, 3, 3], more_batches: &[UNEVEN] },
    ],
};

pub(super) const CONV_RELU_POOL: Operation<4> = Operation {
    of: |operations| operations.conv_relu_pool,
    forward: conv_relu_pool,
    backward: conv_relu_pool_backward,
    is_comparable: conv_relu_pool_is_comparable,
    layers: &[
        Layer { name: "conv1-relu-pool", x: &[1, 32, 32], weight: &[6, 1, 5, 5], more_batches: &[] },
        Layer { name: "conv2-relu-pool", x: &[6, 14, 14], weight: &[16, 6, 5, 5], more_batches: &[] },
        Layer { name: "conv-relu-pool-odd", x: &[3, 8, 10], weight: &[5, 3, 3, 3], more_batches: &[UNEVEN] },
    ],
};

pub(super) const LINEAR: Operation<2> = Operation {
    of: |operations| operations.linear,
    forward: |[x, w, b], precision| oracle::linear(x, w, b, precision),
    backward: linear_backward,
    is_comparable: |_, _| true,
    layers: &[
        Layer { name: "fc1", x: &[400], weight: &[120, 400], more_batches: &[] },
        Layer { name: "fc2", x: &[120], weight: &[84, 120], more_batches: &[] },
        Layer { name: "fc3", x: &[84], weight: &[10, 84], more_batches: &[LARGE] },
        Layer { name: "linear-odd", x: &[18], weight: &[7, 18], more_batches: &[UNEVEN] },
    ],
};

pub(super) const LINEAR_RELU: Operation<2> = Operation {
    of: |operations| operations.linear_relu,
    forward: |[x, w, b], precision| oracle::relu(&oracle::linear(x, w, b, precision)),
    backward: linear_relu_backward,
    is_comparable: linear_relu_is_comparable,
    layers: &[
        Layer { name: "fc1-relu", x: &[400], weight: &[120, 400], more_batches: &[] },
        Layer { name: "fc2-relu", x: &[120], weight: &[84, 120], more_batches: &[] },
        Layer { name: "linear-relu-odd", x: &[18], weight: &[7, 18], more_batches: &[UNEVEN] },
    ],
};

fn conv2d_backward([x, w, _]: &Inputs, gy: &oracle::Tensor, precision: &Precision) -> Inputs {
    let gradients = oracle::conv2d_backward(x, w, gy, precision);
    [gradients.x, gradients.weight, gradients.bias]
}

fn conv_relu_pool([x, w, b]: &Inputs, precision: &Precision) -> oracle::Tensor {
    oracle::max_pool(&oracle::relu(&oracle::conv2d(x, w, b, precision)))
}

fn conv_relu_pool_backward(inputs: &Inputs, gy: &oracle::Tensor, precision: &Precision) -> Inputs {
    let [x, w, b] = inputs;
    let y = oracle::conv2d(x, w, b, precision);
    let gradient = oracle::max_pool_backward(&oracle::relu(&y), gy);
    conv2d_backward(inputs, &oracle::relu_backward(&y, &gradient), precision)
}

fn conv_relu_pool_is_comparable([x, w, b]: &Inputs, precision: &Precision) -> bool {
    let y = oracle::conv2d(x, w, b, precision);
    Kinks::of_relu("relu", &y).and(Kinks::of_max_pool("pool", &oracle::relu(&y))).comparable()
}

fn linear_backward([x, w, _]: &Inputs, gy: &oracle::Tensor, precision: &Precision) -> Inputs {
    let gradients = oracle::linear_backward(x, w, gy, precision);
    [gradients.x, gradients.weight, gradients.bias]
}

fn linear_relu_backward(inputs: &Inputs, gy: &oracle::Tensor, precision: &Precision) -> Inputs {
    let [x, w, b] = inputs;
    let y = oracle::linear(x, w, b, precision);
    linear_backward(inputs, &oracle::relu_backward(&y, gy), precision)
}

fn linear_relu_is_comparable([x, w, b]: &Inputs, precision: &Precision) -> bool {
    Kinks::of_relu("relu", &oracle::linear(x, w, b, precision)).comparable()
}
