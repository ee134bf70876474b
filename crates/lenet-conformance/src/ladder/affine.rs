//! Cases of convolutions and linear layers, with and without fused operations, forward and backward.

use std::rc::Rc;

use lenet_oracle::{self as oracle, Precision};

use super::affine_ops::{CONV, CONV_RELU_POOL, Inputs, LARGE, LINEAR, LINEAR_RELU, Layer, Operation};
use super::selection::Ladder;
use crate::memo::Memo;
use crate::{Array, Case, Error, Findings, Kind, Rung, Subject};
use lenet_report::conformance::Status;

/// The reason why gradients are not compared.
const UNDECIDED: &str = "a decision of a ReLU or a max-pool is closer than the rounding error";

/// Builds the cases of every operation and layer, for every batch size and kind of input.
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
            let more = layer.more_batches.iter().filter(|batch| !ladder.quick || **batch < LARGE);
            for &batch in ladder.batches().iter().chain(more) {
                // Extreme values test the arithmetic, which does not depend on the batch size: one size is
                // enough.
                let kinds = match batch {
                    3 => Kind::ALL,
                    LARGE.. => &[Kind::Integers],
                    _ => &[Kind::Integers, Kind::Random],
                };
                for &kind in kinds {
                    let op_case = OpCase { operation: self, layer, batch, kind, seed: ladder.seed };
                    cases.extend(op_case.cases());
                }
            }
        }
        cases
    }
}

/// An operation on one layer, with one batch size and kind of input.
struct OpCase<const D: usize> {
    operation: &'static Operation<D>,
    layer: &'static Layer,
    batch: usize,
    kind: Kind,
    seed: u64,
}

/// Inputs and the oracle's results for one precision.
struct Expected {
    inputs: [Array; 3],
    y: oracle::Tensor,
    gy: Array,
    /// With respect to x, weight and bias; `None` if a rounding error can change a decision.
    gradients: Option<Inputs>,
}

impl<const D: usize> OpCase<D> {
    fn cases(self) -> [Case; 2] {
        let name = format!("{}/batch{}/{}", self.layer.name, self.batch, self.kind);
        let forward = Rc::new((self, Memo::new()));
        let backward = Rc::clone(&forward);
        [
            Case::new(Rung::OpsForward, name.clone(), move |subject, findings| {
                let (op_case, memo) = &*forward;
                let precision = subject.precision();
                op_case.compare_forward(
                    subject,
                    findings,
                    &memo.get(precision, || op_case.expected(&precision)),
                )
            }),
            Case::new(Rung::OpsBackward, name, move |subject, findings| {
                let (op_case, memo) = &*backward;
                let precision = subject.precision();
                op_case.compare_backward(
                    subject,
                    findings,
                    &memo.get(precision, || op_case.expected(&precision)),
                )
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
        let y =
            operation(x.to_device(subject), w.clone().transposed().to_device(subject), b.to_device(subject));
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
        let x = x.to_device::<D>(subject).require_grad();
        let w = w.clone().transposed().to_device::<D>(subject).require_grad();
        let b = b.to_device::<1>(subject).require_grad();
        let y = (self.operation.of)(&subject.operations)(x.clone(), w.clone(), b.clone());
        // The gradient of Σ y·gy with respect to y is exactly gy.
        let gradients = (y * expected.gy.to_device(subject)).sum().backward();
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

    /// Generates x, weight and bias. For x, only images for which no rounding error changes a decision are
    /// used.
    fn inputs(&self, precision: &Precision) -> [Array; 3] {
        let Layer { x, weight, .. } = *self.layer;
        let seed = self.seed.wrapping_mul(1000);
        let w = self.kind.weights().array(weight, seed + 1);
        // A normal bias would absorb the denormal sums.
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
