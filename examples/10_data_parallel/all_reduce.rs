//! [`AllReduce`]: a hook that replaces gradients by their mean over all processes.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use lenet_train::{AfterBackward, BatchReady, EpochStart, Error, Flow, Hook, Schedule};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Equivalence};

/// Updates the parameters once for `batches` batches of each process, with the mean of the gradients of all batches of all
/// processes. The batches are those of `Loader::shard`: number `n` of an update belongs to process `n` modulo the number of processes.
///
/// The sum is a fixed tree: of N terms, number i and number i + N/2 are added, then of those N/2 sums, and so on. A process adds what is
/// its own, and exchanges the rest with one partner after the other. Which terms are added, and in which order, does not depend on the
/// number of processes, so that 1, 2 and 4 processes give the same bits. (Addition of floats is commutative, so both partners of an
/// exchange compute the same sum.)
pub struct AllReduce<'a> {
    world: &'a SimpleCommunicator,
    /// Batches of this process for an update: a power of two.
    batches: usize,
    /// The schedule over updates.
    schedule: Schedule,
    /// The gradients of this process since the last update: all parameters in one vector.
    collected: Vec<Vec<f32>>,
}

impl<'a> AllReduce<'a> {
    /// `batches` is the number of batches of all processes for an update.
    ///
    /// # Errors
    /// `batches` is not a power of two, or the number of processes is not one or is larger.
    pub fn new(world: &'a SimpleCommunicator, batches: usize, schedule: Schedule) -> Result<Self, String> {
        let ranks = world.size() as usize;
        if !batches.is_power_of_two() || !ranks.is_power_of_two() || ranks > batches {
            return Err(format!(
                "{ranks} processes for {batches} batches an update: expected powers of two, and no more processes than batches"
            ));
        }
        Ok(Self { world, batches: batches / ranks, schedule, collected: Vec::new() })
    }
}

impl<M, B> Hook<M, B> for AllReduce<'_> {
    fn epoch_start(&mut self, _: &EpochStart) -> Result<Flow, Error> {
        self.collected.clear();
        Ok(Flow::Continue)
    }

    /// A process with fewer batches for an update counts more updates in as many steps: the learning rate is that of the update.
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        let batches = self.batches as u64;
        ready.learning_rate =
            self.schedule.learning_rate((ready.step - 1) / batches, ready.total_steps / batches);
        Ok(Flow::Continue)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        let mut own = Vec::new();
        for (name, gradient) in backward.gradients.iter() {
            let numbers = gradient.into_data().try_into_vec::<f32>();
            own.extend(numbers.map_err(|error| failed(format!("the gradient of {name}: {error:?}")))?);
        }
        self.collected.push(own);
        if self.collected.len() < self.batches {
            return Ok(Flow::SkipStep);
        }
        let sum = sum_over_processes(self.world, sum(std::mem::take(&mut self.collected)));
        let all = (self.batches * self.world.size() as usize) as f32; // A power of two: the division rounds nothing.
        let mut mean = sum.into_iter().map(|number| number / all);
        let lengths: BTreeMap<String, usize> = backward
            .gradients
            .parameters()
            .iter()
            .map(|one| (one.name.clone(), one.shape.iter().product()))
            .collect();
        backward.gradients.map(|name, gradient| {
            let numbers: Vec<f32> = mean.by_ref().take(lengths[name]).collect();
            let length = numbers.len();
            Tensor::from_data(TensorData::new(numbers, [length]), &gradient.device())
        });
        Ok(Flow::Continue)
    }
}

/// The sum of 2ⁿ vectors: the first half is added to the second one until one vector is left.
fn sum(mut terms: Vec<Vec<f32>>) -> Vec<f32> {
    while terms.len() > 1 {
        let second = terms.split_off(terms.len() / 2);
        for (one, other) in terms.iter_mut().zip(second) {
            add(one, &other);
        }
    }
    terms.pop().unwrap_or_default()
}

/// Adds the vectors of all processes: of N processes, number i exchanges with i + N/2, then N/4, and so on.
fn sum_over_processes(world: &SimpleCommunicator, mut own: Vec<f32>) -> Vec<f32> {
    let mut other = vec![0.0; own.len()];
    let mut distance = world.size() / 2;
    while distance > 0 {
        exchange(world, world.rank() ^ distance, &own, &mut other);
        add(&mut own, &other);
        distance /= 2;
    }
    own
}

/// Sends `own` to the process `partner`, and receives what it sends.
fn exchange<T: Equivalence>(world: &SimpleCommunicator, partner: i32, own: &[T], other: &mut [T]) {
    mpi::point_to_point::send_receive_into(
        own,
        &world.process_at_rank(partner),
        other,
        &world.process_at_rank(partner),
    );
}

fn add(one: &mut [f32], other: &[f32]) {
    one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
}

fn failed(reason: String) -> Error {
    Error::HookState { hook: "AllReduce".to_owned(), reason }
}
