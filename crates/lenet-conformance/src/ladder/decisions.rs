//! Cases of ReLU and max-pool. These operations do not round, so results must be equal in bits.

use burn::tensor::Tensor;

use super::selection::Ladder;
use crate::{Array, Case, Error, Findings, Kind, Operations, Rung, Subject};
use lenet_oracle::{self as oracle, max_pool_backward, relu_backward};

/// An operation under test, its oracle functions, and the image shapes on which it is compared.
struct Operation {
    name: &'static str,
    of: fn(&Operations) -> fn(Tensor<4>) -> Tensor<4>,
    forward: fn(&oracle::Tensor) -> oracle::Tensor,
    backward: fn(&oracle::Tensor, &oracle::Tensor) -> oracle::Tensor,
    shapes: &'static [[usize; 3]],
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "relu",
        of: |operations| operations.relu,
        forward: oracle::relu,
        backward: relu_backward,
        shapes: &[[6, 28, 28], [3, 5, 7]],
    },
    Operation {
        name: "max-pool",
        of: |operations| operations.max_pool,
        forward: oracle::max_pool,
        backward: max_pool_backward,
        // Max-pool ignores an odd last row and column.
        shapes: &[[6, 28, 28], [16, 10, 10], [3, 5, 7]],
    },
];

/// Builds the cases of both operations, for every shape, batch size and kind of input.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let seed = ladder.seed;
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        for shape in operation.shapes {
            for &batch in ladder.batches() {
                // `Integers` and `Equal` have ties, and `Integers` has zeros.
                for kind in [Kind::Integers, Kind::Random, Kind::Equal, Kind::Huge] {
                    let [channels, height, width] = *shape;
                    let x = kind.array(&[batch, channels, height, width], seed + 1);
                    let size = format!("{channels}x{height}x{width}");
                    let name = format!("{}-{size}/batch{batch}/{kind}", operation.name);
                    cases.extend(operation.pair(name, x, seed));
                }
            }
        }
    }
    cases
}

impl Operation {
    fn pair(&'static self, name: String, x: Array, seed: u64) -> [Case; 2] {
        let image = x.clone();
        [
            Case::new(Rung::OpsForward, name.clone(), move |subject, findings| {
                findings.input("x", &image);
                let y = (self.of)(&subject.operations)(image.to_device(subject));
                findings.compare("y", y, &(self.forward)(&image.to_oracle()))
            }),
            Case::new(Rung::OpsBackward, name, move |subject, findings| {
                self.compare_backward(subject, findings, &x, seed)
            }),
        ]
    }

    fn compare_backward(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        x: &Array,
        seed: u64,
    ) -> Result<(), Error> {
        let exact = x.to_oracle();
        let gy = Kind::Random.array(&(self.forward)(&exact).shape, seed + 2);
        findings.input("x", x);
        findings.input("y.grad", &gy);
        let x = x.to_device::<4>(subject).require_grad();
        let y = (self.of)(&subject.operations)(x.clone());
        let gradients = (y * gy.to_device(subject)).sum().backward();
        let found = x.grad(&gradients).ok_or_else(|| Error::NoGradient("x".to_owned()))?;
        findings.compare("x.grad", found, &(self.backward)(&exact, &gy.to_oracle()))
    }
}
