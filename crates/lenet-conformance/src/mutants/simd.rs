//! Bugs in the vectors of the kernels, in whatever instruction set the subject computes with.
//!
//! The kernels of each instruction set use other operations, so a lower rung than the expected one may catch a bug, and an
//! operation that they do not use has no bug to be caught.

use lenet_backend::planted::{Bug, plant};

use super::mutation::Mutation;
use crate::Rung;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "simd-tail-load",
        what: "the last number of a row that does not fill a vector is not read",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::TailLoad)),
    },
    Mutation {
        name: "simd-tail-store",
        what: "the last number of a row that does not fill a vector is not written",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::TailStore)),
    },
    Mutation {
        name: "simd-lane-sum",
        what: "the last lane is left out of sums over lanes",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::LaneSum)),
    },
    Mutation {
        name: "simd-multiply-add",
        what: "the last lane of a multiply-add is its addend",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::MulAdd)),
    },
    Mutation {
        name: "simd-greater",
        what: "no number of the last lane is greater than another",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::Greater)),
    },
    Mutation {
        name: "simd-bytes",
        what: "the byte of the last lane is 0",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::Bytes)),
    },
    Mutation {
        name: "simd-transpose",
        what: "the last number of a transposed square is 0",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::Transpose)),
    },
    Mutation {
        name: "simd-interleave",
        what: "the last number of interleaved vectors is 0",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::Interleave)),
    },
    Mutation {
        name: "simd-quotient",
        what: "quotients are a 4096th too large",
        rung: Rung::OptimizerStep,
        apply: |_| plant(Some(Bug::Quotient)),
    },
    Mutation {
        name: "simd-root",
        what: "square roots are a 4096th too large",
        rung: Rung::OptimizerStep,
        apply: |_| plant(Some(Bug::Root)),
    },
];

/// Removes the planted bug. Returns whether it has changed a number.
pub(super) fn remove() -> bool {
    let was_reached = lenet_backend::planted::was_reached();
    plant(None);
    was_reached
}
