//! [`Updates`]: the optimizer steps of several parameters.

use burn::tensor::Tensor;

#[cfg(feature = "gpu")]
use super::alike::are_alike;
#[cfg(feature = "gpu")]
use super::constants::Constants;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
use super::rule::Update;
use super::step::Step;
#[cfg(feature = "gpu")]
use crate::cube::{Job, update};
#[cfg(feature = "gpu")]
use crate::devices::cube;
use crate::stock::stock;

/// Optimizer steps of several parameters, which a GPU does together: each launch costs time, whatever it does.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::open;
/// use lenet_backend::optim::{Update, UpdateRule, Updates};
///
/// let device = open(&"flex".parse()?)?;
/// let ones = |size: usize| Tensor::<1>::ones([size], &device);
/// let (sgd, mut updates) = (Update::new(UpdateRule::Sgd { momentum: 0.0 }, 1, 0.5), Updates::default());
/// let (weight, _) = updates.add(sgd, ones(3), ones(3), Vec::new());
/// let (bias, _) = updates.add(sgd, ones(1), ones(1), Vec::new());
/// drop(updates);
/// assert_eq!((weight.sum() + bias).into_scalar::<f32>(), 2.0);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
#[derive(Default)]
pub struct Updates {
    #[cfg(feature = "gpu")]
    jobs: Vec<Job>,
    /// Where the kernel finds the constants of the jobs, if they are not arguments of its launch.
    #[cfg(feature = "gpu")]
    constants: Option<Constants>,
}

impl Updates {
    /// Steps whose numbers the device finds in `constants`, in the order of [`add`](Self::add): what the `Update` given there
    /// says about the learning rate and the number of the step does not count. For steps that are [recorded](crate::record()).
    #[cfg(feature = "gpu")]
    pub fn with_constants(constants: Constants) -> Self {
        Self { jobs: Vec::new(), constants: Some(constants) }
    }

    /// Whether the step of every tensor changes the memory of the tensor, and so will each replay of it: all tensors are on the
    /// GPU, no other tensor shares their numbers, and there are constants for each.
    #[cfg(feature = "gpu")]
    pub fn are_in_place(&self) -> bool {
        let len = self.constants.as_ref().map_or(self.jobs.len(), Constants::len);
        len == self.jobs.len() && self.jobs.iter().all(|job| job.is_in_place)
    }

    /// Adds the step of one parameter, and returns the tensors that have the new parameter and the new state once
    /// this value is dropped; until then nothing may read them. [`update`](super::update()) says what the arguments
    /// are.
    ///
    /// # Panics
    /// As Burn's operations do, if the shapes or devices of the tensors differ.
    pub fn add<const D: usize>(
        &mut self,
        update: Update,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        mut state: Vec<Tensor<D>>,
    ) -> (Tensor<D>, Vec<Tensor<D>>) {
        let step = Step::new(&update);
        let state_len = update.rule.state_len();
        #[cfg(feature = "gpu")]
        if cube::holds_beside(&parameter, self.jobs.first().map(|job| &job.parameter))
            && [0, state_len].contains(&state.len())
            && are_alike(&parameter, state.iter().chain([&gradient]))
        {
            let state = state.into_iter().map(cube::unpack).collect();
            let job = Job::new(step, cube::unpack(parameter), cube::unpack(gradient), state);
            let state = job.state.iter().map(|state| cube::pack(state.clone())).collect();
            let parameter = cube::pack(job.parameter.clone());
            self.jobs.push(job);
            return (parameter, state);
        }
        state.resize_with(state_len, || parameter.zeros_like());
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        if let Some(update) = in_place::update_for(&parameter, &gradient, &state) {
            return update(step, parameter, gradient, state);
        }
        stock(|| (step.apply(parameter, gradient, &mut state), state))
    }
}

impl Drop for Updates {
    /// Runs the steps that were put off.
    fn drop(&mut self) {
        #[cfg(feature = "gpu")]
        update(&self.jobs, self.constants.as_ref().map(Constants::tensor));
    }
}

impl std::fmt::Debug for Updates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updates").finish_non_exhaustive()
    }
}
