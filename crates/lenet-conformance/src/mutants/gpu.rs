//! Bugs in the kernels for GPUs. Elsewhere no kernel has them, and they are reported as unused.

use lenet_backend::planted::gpu::{Bug, plant, was_reached};

use super::mutation::Mutation;
use crate::Rung;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "gpu-barrier-missing",
        what: "the units of a workgroup do not wait for each other when they add up their sums",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::BarrierMissing)),
    },
    Mutation {
        name: "gpu-workgroup-race",
        what: "the workgroups that sum over parts of the batch all write to the same memory",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::WorkgroupRace)),
    },
    Mutation {
        name: "gpu-workgroup-missing",
        what: "the number of workgroups is rounded down",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::WorkgroupMissing)),
    },
    Mutation {
        name: "gpu-tile-tail",
        what: "the rows that do not fill a tile are not computed",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::TileTail)),
    },
    Mutation {
        name: "gpu-window-tail",
        what: "the last window of the batch is left out of the gradient of a convolution's weights",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::WindowTail)),
    },
    Mutation {
        name: "gpu-unwritten",
        what: "the last number of a block's output is not written",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::Unwritten)),
    },
    Mutation {
        name: "gpu-last-tie",
        what: "of equal numbers in a pool window the last one gets the gradient",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::LastTie)),
    },
    Mutation {
        name: "gpu-workgroup-size",
        what: "a workgroup has half as many units as the kernel was compiled for",
        rung: Rung::OpsBackward,
        apply: |_| plant(Some(Bug::WorkgroupSize)),
    },
    Mutation {
        name: "gpu-state-unwritten",
        what: "the first step of an optimizer reads its state, which was not written yet",
        rung: Rung::OptimizerStep,
        apply: |_| plant(Some(Bug::StateUnwritten)),
    },
    Mutation {
        name: "gpu-tensor-forgotten",
        what: "of the tensors that are updated together the last one is forgotten",
        rung: Rung::OptimizerStep,
        apply: |_| plant(Some(Bug::TensorForgotten)),
    },
];

/// Removes the planted bug. Returns whether a kernel with it was launched.
pub(super) fn remove() -> bool {
    let reached = was_reached();
    plant(None);
    reached
}
