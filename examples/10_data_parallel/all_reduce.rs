//! [`AllReduce`]: a hook that replaces gradients by their mean over all processes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use burn::tensor::{Tensor, TensorData};
use lenet_train::{AfterBackward, BatchReady, EpochStart, Error, Flow, Hook, Schedule};
use mpi::request::multiple_scope;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Destination, Source};

/// Makes one update of the parameters for `pieces` batches, which the processes share, with the mean of their gradients. The batches are
/// those of `Loader::shard`: piece n of an update belongs to process n modulo the number of processes.
///
/// The sum is a fixed tree: of N terms, terms i and i + N/2 are added, then of those N/2 sums, and so on. A process adds its own terms,
/// and exchanges the sum with one partner after the other. Which terms are added, and in which order, does not depend on the number of
/// processes, so 1, 2 and 4 processes give the same bits. (Addition of floats is commutative: both partners of an exchange compute the
/// same sum.)
pub struct AllReduce<'a> {
    world: &'a SimpleCommunicator,
    /// Pieces of this process for an update: a power of two.
    pieces: usize,
    /// The schedule over updates.
    schedule: Schedule,
    /// How long to wait for another process.
    patience: Duration,
    /// The gradients of this process since the last update: all parameters in one vector.
    collected: Vec<Vec<f32>>,
}

impl<'a> AllReduce<'a> {
    /// `pieces` is the number of batches of all processes for an update. A process that waits for another one longer than `patience` ends
    /// all.
    ///
    /// # Errors
    /// The number of pieces or of processes is not a power of two, or there are more processes than pieces.
    pub fn new(
        world: &'a SimpleCommunicator,
        pieces: usize,
        schedule: Schedule,
        patience: Duration,
    ) -> Result<Self, String> {
        let ranks = world.size() as usize;
        if !pieces.is_power_of_two() || !ranks.is_power_of_two() || ranks > pieces {
            return Err(format!(
                "{ranks} processes and --pieces {pieces}: expected powers of two, and no more processes than pieces"
            ));
        }
        Ok(Self { world, pieces: pieces / ranks, schedule, patience, collected: Vec::new() })
    }

    /// Adds the vectors of all processes: of N processes, i exchanges with i + N/2, then N/4, and so on.
    fn sum_over_processes(&self, mut own: Vec<f32>) -> Vec<f32> {
        let mut other = vec![0.0; own.len()];
        let mut distance = self.world.size() / 2;
        while distance > 0 {
            self.exchange(self.world.rank() ^ distance, &own, &mut other);
            add(&mut own, &other);
            distance /= 2;
        }
        own
    }

    /// Sends `own` to process `partner`, and receives `other` from it.
    fn exchange(&self, partner: i32, own: &[f32], other: &mut [f32]) {
        let (process, started) = (self.world.process_at_rank(partner), Instant::now());
        multiple_scope(2, |scope, requests| {
            requests.add(process.immediate_receive_into(scope, other));
            requests.add(process.immediate_send(scope, own));
            let mut done = Vec::new();
            while requests.incomplete() > 0 {
                requests.test_some(&mut done);
                if started.elapsed() > self.patience {
                    // A request that has begun cannot be left: the processes end here.
                    let (rank, seconds) = (self.world.rank(), self.patience.as_secs());
                    eprintln!(
                        "error: process {rank}: no answer from process {partner} for {seconds} s: ending all"
                    );
                    self.world.abort(1);
                }
                std::thread::yield_now();
            }
        });
    }
}

impl<M, B> Hook<M, B> for AllReduce<'_> {
    fn epoch_start(&mut self, _: &EpochStart) -> Result<Flow, Error> {
        self.collected.clear();
        Ok(Flow::Continue)
    }

    /// The schedule counts updates: how many steps an update takes depends on the number of processes.
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        let pieces = self.pieces as u64;
        ready.learning_rate =
            self.schedule.learning_rate((ready.step - 1) / pieces, ready.total_steps / pieces);
        Ok(Flow::Continue)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        let mut own = Vec::new();
        for (name, gradient) in backward.gradients.iter() {
            let numbers = gradient.into_data().try_into_vec::<f32>();
            own.extend(numbers.map_err(|error| failed(format!("the gradient of {name}: {error:?}")))?);
        }
        self.collected.push(own);
        if self.collected.len() < self.pieces {
            return Ok(Flow::SkipStep);
        }
        let own = sum(std::mem::take(&mut self.collected));
        let all = (self.pieces * self.world.size() as usize) as f32; // A power of two: the division rounds nothing.
        let mut mean = self.sum_over_processes(own).into_iter().map(|number| number / all);
        let parameters = backward.gradients.parameters().iter();
        let lengths: BTreeMap<String, usize> =
            parameters.map(|one| (one.name.clone(), one.shape.iter().product())).collect();
        backward.gradients.map(|name, gradient| {
            let numbers: Vec<f32> = mean.by_ref().take(lengths[name]).collect();
            let length = numbers.len();
            Tensor::from_data(TensorData::new(numbers, [length]), &gradient.device())
        });
        Ok(Flow::Continue)
    }
}

/// The sum of 2ⁿ vectors: adds the second half to the first one until one vector is left.
fn sum(mut terms: Vec<Vec<f32>>) -> Vec<f32> {
    while terms.len() > 1 {
        let second = terms.split_off(terms.len() / 2);
        for (one, other) in terms.iter_mut().zip(second) {
            add(one, &other);
        }
    }
    terms.pop().unwrap_or_default()
}

fn add(one: &mut [f32], other: &[f32]) {
    one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
}

fn failed(reason: String) -> Error {
    Error::HookState { hook: "AllReduce".to_owned(), reason }
}
