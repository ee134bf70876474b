//! [`Loader`]: batches in an order that depends on nothing but (seed, epoch).

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use crate::{Error, Samples, permutation};

/// How many finished batches a prefetch thread keeps waiting before it pauses.
const READY_PER_THREAD: usize = 2;

/// Cuts a set of samples into batches, in a new order every epoch.
///
/// ```
/// use lenet_data::{Loader, synthetic};
///
/// let digits = synthetic::digits(42, 0..100)?;
/// let loader = Loader::new(digits, 32)?.shuffle(7).prefetch(2);
/// for epoch in 0..3 {
///     for batch in loader.epoch(epoch) {
///         let batch = batch?; // on the host; `to_device` moves it
///         assert!(batch.len() == 32 || batch.len() == 100 % 32);
///     }
/// }
/// # Ok::<(), lenet_data::Error>(())
/// ```
pub struct Loader<S> {
    samples: Arc<S>,
    batch_size: NonZeroUsize,
    seed: Option<u64>,
    drop_last: bool,
    prefetch_threads: usize,
}

impl<S: Samples> Loader<S> {
    /// Batches of `batch_size` in the order of the samples, the last one as short as it comes out.
    ///
    /// # Errors
    /// [`Error::BatchSize`] if `batch_size` is 0.
    pub fn new(samples: impl Into<Arc<S>>, batch_size: usize) -> Result<Self, Error> {
        Ok(Self {
            samples: samples.into(),
            batch_size: NonZeroUsize::new(batch_size).ok_or(Error::BatchSize)?,
            seed: None,
            drop_last: false,
            prefetch_threads: 0,
        })
    }

    /// Draws a new [`permutation`] of (seed, epoch) each epoch.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Leaves out the last batch of an epoch if it is shorter than the others.
    pub fn drop_last(self) -> Self {
        Self { drop_last: true, ..self }
    }

    /// Builds batches ahead on this many threads; 0 builds each when it is asked for. The batches and their
    /// order are the same either way.
    pub fn prefetch(self, threads: usize) -> Self {
        Self { prefetch_threads: threads, ..self }
    }

    /// The samples.
    pub fn samples(&self) -> &S {
        &self.samples
    }

    /// The number of batches in an epoch.
    pub fn batches(&self) -> usize {
        let (len, size) = (self.samples.len(), self.batch_size.get());
        if self.drop_last { len / size } else { len.div_ceil(size) }
    }

    /// The number of samples in batch `number` of an epoch, counted from 0; none past the last batch.
    pub fn batch_len(&self, number: usize) -> usize {
        if number >= self.batches() {
            return 0;
        }
        let size = self.batch_size.get();
        (self.samples.len() - number * size).min(size)
    }

    /// The batches of `epoch`.
    pub fn epoch(&self, epoch: u64) -> Batches<S> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of `epoch` without the first `skip` ones: how an interrupted epoch goes on.
    pub fn epoch_from(&self, epoch: u64, skip: usize) -> Batches<S> {
        let len = self.samples.len();
        let order = match self.seed {
            Some(seed) => permutation(seed, epoch, len),
            None => (0..len).collect(),
        };
        let plan = Plan {
            samples: Arc::clone(&self.samples),
            epoch,
            order: order.into(),
            batch_size: self.batch_size.get(),
        };
        let numbers = skip.min(self.batches())..self.batches();
        let threads = self.prefetch_threads.min(numbers.len());
        let ahead = (0..threads).map(|thread| plan.build_ahead(numbers.clone(), thread, threads)).collect();
        Batches { plan, numbers, ahead, turn: 0 }
    }
}

/// The batches of one epoch, from [`Loader::epoch`].
pub struct Batches<S: Samples> {
    plan: Plan<S>,
    numbers: Range<usize>,
    /// One channel for each prefetch thread. They take turns, so the order is that of a single thread.
    ahead: Vec<Receiver<Result<S::Batch, Error>>>,
    turn: usize,
}

impl<S: Samples> Iterator for Batches<S> {
    type Item = Result<S::Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.numbers.next()?;
        if self.ahead.is_empty() {
            return Some(self.plan.build(number));
        }
        let receiver = &self.ahead[self.turn];
        self.turn = (self.turn + 1) % self.ahead.len();
        // A sender is gone before its last batch only if its thread panicked, inside a `gather`.
        Some(receiver.recv().unwrap_or(Err(Error::PrefetchPanicked)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl<S: Samples> ExactSizeIterator for Batches<S> {}

/// Which samples are in which batch.
struct Plan<S> {
    samples: Arc<S>,
    epoch: u64,
    order: Arc<[usize]>,
    batch_size: usize,
}

impl<S: Samples> Plan<S> {
    /// Builds batch `number`.
    fn build(&self, number: usize) -> Result<S::Batch, Error> {
        let start = number * self.batch_size;
        let end = (start + self.batch_size).min(self.order.len());
        self.samples.gather_in(self.epoch, &self.order[start..end])
    }

    /// Builds every `threads`-th batch of `numbers`, beginning with the `thread`-th, on a thread of its own.
    /// The thread ends when it is done, or when nobody receives any more.
    fn build_ahead(
        &self,
        numbers: Range<usize>,
        thread: usize,
        threads: usize,
    ) -> Receiver<Result<S::Batch, Error>> {
        let plan = Self { samples: Arc::clone(&self.samples), order: Arc::clone(&self.order), ..*self };
        let (sender, receiver) = sync_channel(READY_PER_THREAD);
        std::thread::spawn(move || {
            for number in numbers.skip(thread).step_by(threads) {
                if sender.send(plan.build(number)).is_err() {
                    return;
                }
            }
        });
        receiver
    }
}
