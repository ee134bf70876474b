//! [`Mutation`]: a bug that can be planted in a subject's operations.

use std::fmt;

use crate::{Operations, Rung};

/// A bug to plant: it replaces one function of a subject's [`Operations`] with a wrong one.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Mutation {
    /// Unique name, such as `conv-kernel-flipped`.
    pub name: &'static str,
    /// Description of the bug in one sentence.
    pub what: &'static str,
    /// The lowest rung that the bug must make fail.
    pub rung: Rung,
    /// Replaces the function.
    pub apply: fn(&mut Operations),
}

#[cfg(feature = "planted-bugs")]
impl Mutation {
    /// Whether the bug is in the kernels, for CPUs or for GPUs.
    pub(super) fn is_in_kernels(&self) -> bool {
        self.name.starts_with("simd-") || self.name.starts_with("gpu-")
    }
}

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutation").field("name", &self.name).field("rung", &self.rung).finish_non_exhaustive()
    }
}
