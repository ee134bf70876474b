//! Convolutions and linear layers, with and without what is fused to them, forward and backward.

use std::rc::Rc;

use burn::tensor::Tensor;

use super::selection::Ladder;
use crate::memo::Memo;
use crate::protocol::Status;
use crate::{Array, Case, Error, Findings, Kind, Operations, Rung, Subject};
use lenet_oracle::{self as oracle, Kinks, Precision};

/// An operation of x, weight and bias on tensors of rank `D`.
type Affine<const D: usize> = fn(Tensor<D>, Tensor<D>, Tensor<1>) -> Tensor<D>;

/// Why gradients are not compared.
const UNDECIDED: &str = "a ReLU or a pool decides by less than the rounding error";

/// x, weight and bias for the oracle.
type Inputs = [oracle::Tensor; 3];

/// An operation, what it should compute, and the layers that it is compared on.
struct Operation<const D: usize> {
    of: fn(&Operations) -> Affine<D>,
    forward: fn(&Inputs, &Precision) -> oracle::Tensor,
    /// The gradients of x, weight and bias for that of y.
    backward: fn(&Inputs, &oracle::Tensor, &Precision) -> Inputs,
    /// Whether rounding cannot change a decision (of a ReLU or a pool) on the way.
    is_comparable: fn(&Inputs, &Precision) -> bool,
    layers: &'static [Layer],
}

/// A layer and its shapes: of x for one image, and of the weight as PyTorch keeps it.
struct Layer {
    name: &'static str,
    x: &'static [usize],
    weight: &'static [usize],
}

const CONV: Operation<4> = Operation {
    of: |operations| operations.conv2d,
    forward: |[x, w, b], precision| oracle::conv2d(x, w, b, precision),
    backward: conv2d_backward,
    is_comparable: |_, _| true,
    layers: &[
        Layer { name: "conv1", x: &[1, 32, 32], weight: &[6, 1, 5, 5] },
        Layer { name: "conv2", x: &[6, 14, 14], weight: &[16, 6, 5, 5] },
        Layer { name: "conv-odd", x: &[3, 8, 11], weight: &[5, 3, 3, 3] },
    ],
};

const CONV_RELU_POOL: Operation<4> = Operation {
    of: |operations| operations.conv_relu_pool,
    forward: conv_relu_pool,
    backward: conv_relu_pool_backward,
    is_comparable: conv_relu_pool_is_comparable,
    layers: &[
        Layer { name: "conv1-relu-pool", x: &[1, 32, 32], weight: &[6, 1, 5, 5] },
        Layer { name: "conv2-relu-pool", x: &[6, 14, 14], weight: &[16, 6, 5, 5] },
        Layer { name: "conv-relu-pool-odd", x: &[3, 8, 10], weight: &[5, 3, 3, 3] },
    ],
};

const LINEAR: Operation<2> = Operation {
    of: |operations| operations.linear,
    forward: |[x, w, b], precision| oracle::linear(x, w, b, precision),
    backward: linear_backward,
    is_comparable: |_, _| true,
    layers: &[
        Layer { name: "fc1", x: &[400], weight: &[120, 400] },
        Layer { name: "fc2", x: &[120], weight: &[84, 120] },
        Layer { name: "fc3", x: &[84], weight: &[10, 84] },
        Layer { name: "linear-odd", x: &[13], weight: &[7, 13] },
    ],
};

const LINEAR_RELU: Operation<2> = Operation {
    of: |operations| operations.linear_relu,
    forward: |[x, w, b], precision| oracle::relu(&oracle::linear(x, w, b, precision)),
    backward: linear_relu_backward,
    is_comparable: linear_relu_is_comparable,
    layers: &[
        Layer { name: "fc1-relu", x: &[400], weight: &[120, 400] },
        Layer { name: "fc2-relu", x: &[120], weight: &[84, 120] },
        Layer { name: "linear-relu-odd", x: &[13], weight: &[7, 13] },
    ],
};

/// Every operation on every layer, for every batch size and kind of input.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let mut cases = CONV.cases(ladder);
    cases.extend(CONV_RELU_POOL.cases(ladder));
    cases.extend(LINEAR.cases(ladder));
    cases.extend(LINEAR_RELU.cases(ladder));
    cases
}

impl<const D: usize> Operation<D> {
    fn cases(&'static self, ladder: &Ladder) -> Vec<Case> {
        let mut cases = Vec::new();
        for layer in self.layers {
            for &batch in ladder.batches() {
                // Extreme numbers differ in what they do to a sum, not in how many there are.
                let kinds = if batch == 3 { Kind::ALL } else { &[Kind::Integers, Kind::Random] };
                for &kind in kinds {
                    let place = OpCase { operation: self, layer, batch, kind, seed: ladder.seed };
                    cases.extend(place.cases());
                }
            }
        }
        cases
    }
}

/// An operation on a layer with a batch of some kind.
struct OpCase<const D: usize> {
    operation: &'static Operation<D>,
    layer: &'static Layer,
    batch: usize,
    kind: Kind,
    seed: u64,
}

/// What the oracle computes for one precision.
struct Expected {
    inputs: [Array; 3],
    y: oracle::Tensor,
    gy: Array,
    /// Of x, weight and bias; `None` if rounding can change a decision on the way.
    gradients: Option<Inputs>,
}

impl<const D: usize> OpCase<D> {
    fn cases(self) -> [Case; 2] {
        let name = format!("{}/batch{}/{}", self.layer.name, self.batch, self.kind);
        let forward = Rc::new((self, Memo::new()));
        let backward = Rc::clone(&forward);
        [
            Case::new(Rung::OpsForward, name.clone(), move |subject, findings| {
                let (place, memo) = &*forward;
                let precision = subject.precision();
                place.compare_forward(subject, findings, &memo.get(precision, || place.expected(&precision)))
            }),
            Case::new(Rung::OpsBackward, name, move |subject, findings| {
                let (place, memo) = &*backward;
                let precision = subject.precision();
                place.compare_backward(subject, findings, &memo.get(precision, || place.expected(&precision)))
            }),
        ]
    }

    fn compare_forward(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        expected: &Expected,
    ) -> Result<(), Error> {
        let [x, w, b] = &expected.inputs;
        for (name, array) in [("x", x), ("weight", w), ("bias", b)] {
            findings.input(name, array);
        }
        let operation = (self.operation.of)(&subject.operations);
        let y = operation(x.on(subject), w.clone().transposed().on(subject), b.on(subject));
        self.compare(findings, "y", Array::read(y)?, &expected.y);
        Ok(())
    }

    fn compare_backward(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        expected: &Expected,
    ) -> Result<(), Error> {
        let [x, w, b] = &expected.inputs;
        for (name, array) in [("x", x), ("weight", w), ("bias", b), ("y.grad", &expected.gy)] {
            findings.input(name, array);
        }
        let Some([gx, gw, gb]) = &expected.gradients else {
            findings.verdict("gradients", Status::NotComparable, UNDECIDED);
            return Ok(());
        };
        let x = x.on::<D>(subject).require_grad();
        let w = w.clone().transposed().on::<D>(subject).require_grad();
        let b = b.on::<1>(subject).require_grad();
        let y = (self.operation.of)(&subject.operations)(x.clone(), w.clone(), b.clone());
        // The gradient of Σ y·gy with respect to y is gy, exactly.
        let gradients = (y * expected.gy.on(subject)).sum().backward();
        let missing = |name: &str| Error::NoGradient(name.to_owned());
        let found = x.grad(&gradients).ok_or_else(|| missing("x"))?;
        self.compare(findings, "x.grad", Array::read(found)?, gx);
        let found = w.grad(&gradients).ok_or_else(|| missing("weight"))?;
        self.compare(findings, "weight.grad", Array::read(found)?.transposed(), gw);
        let found = b.grad(&gradients).ok_or_else(|| missing("bias"))?;
        self.compare(findings, "bias.grad", Array::read(found)?, gb);
        Ok(())
    }

    fn compare(&self, findings: &mut Findings, quantity: &str, found: Array, expected: &oracle::Tensor) {
        let exact = self.kind.is_exact().then(|| expected.without_bounds());
        findings.compare_array(quantity, found, exact.as_ref().unwrap_or(expected));
    }

    fn expected(&self, precision: &Precision) -> Expected {
        let Operation { forward, backward, is_comparable, .. } = *self.operation;
        let inputs = self.inputs(precision);
        let exact = inputs.each_ref().map(Array::to_oracle);
        let y = forward(&exact, precision);
        let gy = self.kind.weights().array(&y.shape, self.seed ^ 0x6779);
        let comparable = self.kind.is_exact() || is_comparable(&exact, precision);
        let gradients = comparable.then(|| backward(&exact, &gy.to_oracle(), precision));
        Expected { inputs, y, gy, gradients }
    }

    /// x, weight and bias. Of x, images are chosen one by one such that rounding changes no decision.
    fn inputs(&self, precision: &Precision) -> [Array; 3] {
        let Layer { x, weight, .. } = *self.layer;
        let seed = self.seed.wrapping_mul(1000);
        let w = self.kind.weights().array(weight, seed + 1);
        // Beside a normal bias, denormal sums would not show.
        let bias = if self.kind == Kind::Denormal { Kind::Zeros } else { self.kind };
        let b = bias.array(&weight[..1], seed + 2);
        let is_comparable = |image: &Array| {
            let inputs = [image, &w, &b].map(Array::to_oracle);
            self.kind.is_exact() || (self.operation.is_comparable)(&inputs, precision)
        };
        let image_shape = [&[1], x].concat();
        let candidates = (0..).map(|at| self.kind.array(&image_shape, seed + 10 + at));
        let images = candidates.take(4 * self.batch + 4).filter(is_comparable).take(self.batch);
        let x = Array::stack(images.collect()).unwrap_or_else(|| self.kind.array(&image_shape, seed));
        [x, w, b]
    }
}

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
