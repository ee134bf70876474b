//! [`Updates`]: the optimizer steps of several parameters.

use burn::tensor::Tensor;

#[cfg(feature = "wgpu")]
use super::alike::are_alike;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
use super::rule::Update;
use super::step::Step;
#[cfg(feature = "wgpu")]
use crate::cube::{Job, update};
#[cfg(feature = "wgpu")]
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
    #[cfg(feature = "wgpu")]
    jobs: Vec<Job>,
}

impl Updates {
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
        #[cfg(feature = "wgpu")]
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
        #[cfg(feature = "wgpu")]
        update(std::mem::take(&mut self.jobs));
    }
}

impl std::fmt::Debug for Updates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updates").finish_non_exhaustive()
    }
}
