//! Bugs in the kernels for GPUs, to test that comparisons catch them.
//!
//! Most bugs are in the arguments of a launch. The others are in a kernel, which takes the bug as a constant: a kernel
//! is compiled once for each value.

#[cfg(feature = "planted-bugs")]
use crate::planted::Switch;

/// A bug in the kernels for GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "planted-bugs"), allow(dead_code))]
#[non_exhaustive]
pub enum Bug {
    /// The units of a workgroup do not wait for each other when they add up their sums.
    BarrierMissing = 1,
    /// The workgroups that sum over parts of the batch all write to the same memory.
    WorkgroupRace,
    /// The number of workgroups is rounded down.
    WorkgroupMissing,
    /// The rows that do not fill a tile are not computed.
    TileTail,
    /// The last window of the batch is left out of the gradient of a convolution's weights.
    WindowTail,
    /// The last number of a block's output is not written.
    Unwritten,
    /// Of equal numbers in a pool window the last one gets the gradient.
    LastTie,
    /// A workgroup has half as many units as the kernel was compiled for.
    WorkgroupSize,
    /// The first step of an optimizer reads its state, which was not written yet.
    StateUnwritten,
    /// Of the tensors that are updated together the last one is forgotten.
    TensorForgotten,
}

#[cfg(feature = "planted-bugs")]
static SWITCH: Switch = Switch::new();

/// Plants a bug in the kernels of this process in place of the one before; `None` removes it.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    SWITCH.plant(bug.map_or(0, |bug| bug as u8));
}

/// Whether a kernel with the planted bug was launched.
#[cfg(feature = "planted-bugs")]
pub fn was_reached() -> bool {
    SWITCH.was_reached()
}

/// The planted bug, if it is one of `bugs`; the caller is about to launch a kernel with it.
pub(super) fn planted(bugs: &[Bug]) -> Option<Bug> {
    #[cfg(feature = "planted-bugs")]
    return bugs.iter().copied().find(|bug| SWITCH.has(*bug as u8));
    #[cfg(not(feature = "planted-bugs"))]
    {
        let _ = bugs;
        None
    }
}

/// Whether this bug is planted; the caller is about to make the mistake.
pub(super) fn has(bug: Bug) -> bool {
    planted(&[bug]).is_some()
}
