//! Mutation testing of the ladder: plants bugs and checks that the expected rung fails for each.
//!
//! A [`Mutation`] replaces one function of a subject's [`Operations`](crate::Operations) with one that has a
//! bug. The bugs are mistakes that authors of kernels, backward passes and optimizers make.

#[cfg(all(feature = "planted-bugs", any(feature = "wgpu", feature = "cuda")))]
mod gpu;
mod gradients;
mod mutation;
mod network;
mod operations;
mod optimizers;
mod run;
#[cfg(feature = "planted-bugs")]
mod simd;

pub use mutation::Mutation;
pub use run::MutationRun;

/// All mutations, ordered by the rung that must catch them.
pub fn all() -> Vec<Mutation> {
    let mut mutations =
        [operations::MUTATIONS, gradients::MUTATIONS, network::MUTATIONS, optimizers::MUTATIONS].concat();
    #[cfg(feature = "planted-bugs")]
    mutations.extend_from_slice(simd::MUTATIONS);
    #[cfg(all(feature = "planted-bugs", any(feature = "wgpu", feature = "cuda")))]
    mutations.extend_from_slice(gpu::MUTATIONS);
    mutations.sort_by_key(|mutation| mutation.rung);
    mutations
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique_and_there_are_many() {
        let mut names: Vec<&str> = super::all().iter().map(|mutation| mutation.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count >= 20);
    }
}
