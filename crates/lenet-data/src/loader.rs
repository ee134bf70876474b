//! [`Loader`]: batches in an order that depends on (seed, epoch) alone.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{fmt, io, thread, vec};

use crate::{Error, Samples, permutation};

/// Number of finished parts of an epoch that a prefetch thread queues before it pauses.
const READY_PER_THREAD: usize = 2;
/// Number of samples in such a part, if they are more than a batch: waking the other thread takes as long as building
/// several small batches.
const SAMPLES_PER_PART: usize = 256;
/// Maximum number of prefetch threads. One or two keep any training busy.
const MOST_THREADS: usize = 64;

/// Divides a data set into batches, in a new order every epoch. An empty data set has no batches.
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
    limit_batches: Option<usize>,
    /// Rank and number of ranks.
    shard: (usize, usize),
    prefetch_threads: usize,
}

impl<S: Samples> Loader<S> {
    /// Batches of `batch_size` in the order of the samples; the last batch may be shorter.
    ///
    /// # Errors
    /// [`Error::BatchSize`] if `batch_size` is 0.
    pub fn new(samples: S, batch_size: usize) -> Result<Self, Error> {
        Ok(Self {
            samples: Arc::new(samples),
            batch_size: NonZeroUsize::new(batch_size).ok_or(Error::BatchSize)?,
            seed: None,
            drop_last: false,
            limit_batches: None,
            shard: (0, 1),
            prefetch_threads: 0,
        })
    }

    /// Shuffles the samples by the [`permutation`] of (seed, epoch).
    pub fn shuffle(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Omits the last batch of an epoch if it is shorter than the others.
    pub fn drop_last(self) -> Self {
        Self { drop_last: true, ..self }
    }

    /// Ends each epoch after `batches` batches. Shuffled, each epoch has another choice of samples.
    pub fn limit_batches(self, batches: usize) -> Self {
        Self { limit_batches: Some(batches), ..self }
    }

    /// Deals the batches of an epoch to `ranks` processes, of which this one is number `rank`, from 0: it gets the batches `rank`, `rank` +
    /// `ranks`, and so on. Each process has as many batches: those after the last whole round are left out.
    /// [`limit_batches`](Self::limit_batches) counts the batches of all processes.
    ///
    /// Which samples a batch has depends on (seed, epoch) and its number among all batches, not on the number of processes.
    ///
    /// ```
    /// use lenet_data::{Loader, synthetic};
    ///
    /// let digits = synthetic::digits(42, 0..100)?;
    /// let loader = |rank| Loader::new(digits.clone(), 10)?.shuffle(7).shard(rank, 2);
    /// let all: Vec<_> = Loader::new(digits.clone(), 10)?.shuffle(7).epoch(0).collect::<Result<_, _>>()?;
    /// let second: Vec<_> = loader(1)?.epoch(0).collect::<Result<_, _>>()?;
    /// assert_eq!(second[2].labels, all[2 * 2 + 1].labels);
    /// # Ok::<(), lenet_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Rank`] unless `rank` is below `ranks`.
    pub fn shard(self, rank: usize, ranks: usize) -> Result<Self, Error> {
        if rank >= ranks {
            return Err(Error::Rank { rank, ranks });
        }
        Ok(Self { shard: (rank, ranks), ..self })
    }

    /// Builds batches in advance on this many threads, at most 64; 0 builds each batch on the caller's thread
    /// when it is requested. The batches and their order do not depend on the number.
    pub fn prefetch(self, threads: usize) -> Self {
        Self { prefetch_threads: threads.min(MOST_THREADS), ..self }
    }

    /// The data set.
    pub fn samples(&self) -> &S {
        &self.samples
    }

    /// Number of batches in an epoch, of those that [`shard`](Self::shard) deals to this process.
    pub fn batches(&self) -> usize {
        let (len, size) = (self.samples.len(), self.batch_size.get());
        let batches = if self.drop_last { len / size } else { len.div_ceil(size) };
        batches.min(self.limit_batches.unwrap_or(usize::MAX)) / self.shard.1
    }

    /// Number of samples in batch `number` of an epoch, counted from 0; 0 after the last batch.
    pub fn batch_len(&self, number: usize) -> usize {
        if number >= self.batches() {
            return 0;
        }
        let ((rank, ranks), size) = (self.shard, self.batch_size.get());
        (self.samples.len() - (number * ranks + rank) * size).min(size)
    }

    /// The batches of `epoch`.
    pub fn epoch(&self, epoch: u64) -> Batches<S> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of `epoch` without the first `skip` ones, to continue an interrupted epoch.
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
            shard: self.shard,
        };
        let numbers = skip.min(self.batches())..self.batches();
        let per_part = (SAMPLES_PER_PART / self.batch_size).max(1);
        let threads = self.prefetch_threads.min(numbers.len().div_ceil(per_part));
        let ahead = (0..threads).map(|thread| plan.build_ahead(numbers.clone(), per_part, thread, threads));
        // If the system starts no more threads, the caller's thread builds the batches: the same ones, later.
        let ahead = ahead.collect::<Result<_, _>>().unwrap_or_default();
        Batches { plan, numbers, ahead, turn: 0, part: Vec::new().into_iter() }
    }
}

impl<S: Samples> fmt::Debug for Loader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("samples", &self.samples.len())
            .field("batch_size", &self.batch_size)
            .field("seed", &self.seed)
            .field("drop_last", &self.drop_last)
            .field("limit_batches", &self.limit_batches)
            .field("shard", &self.shard)
            .field("prefetch_threads", &self.prefetch_threads)
            .finish()
    }
}

/// The batches of one epoch, from [`Loader::epoch`].
pub struct Batches<S: Samples> {
    plan: Plan<S>,
    numbers: Range<usize>,
    /// One channel for each prefetch thread, read in turn, so that the order is that of a single thread.
    ahead: Vec<Receiver<Part<S>>>,
    turn: usize,
    /// The rest of the part read last.
    part: vec::IntoIter<Result<S::Batch, Error>>,
}

/// Batches in a row.
type Part<S> = Vec<Result<<S as Samples>::Batch, Error>>;

impl<S: Samples> Iterator for Batches<S> {
    type Item = Result<S::Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.numbers.next()?;
        if self.ahead.is_empty() {
            return Some(self.plan.build(number));
        }
        if let Some(batch) = self.part.next() {
            return Some(batch);
        }
        let receiver = &self.ahead[self.turn];
        self.turn = (self.turn + 1) % self.ahead.len();
        // No sender disconnects before its last part, and no part is empty.
        self.part = receiver.recv().unwrap_or_default().into_iter();
        Some(self.part.next().unwrap_or(Err(Error::PrefetchPanicked)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl<S: Samples> ExactSizeIterator for Batches<S> {}

impl<S: Samples> fmt::Debug for Batches<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("epoch", &self.plan.epoch)
            .field("remaining", &self.numbers)
            .field("prefetch_threads", &self.ahead.len())
            .finish()
    }
}

/// The samples of each batch of an epoch.
struct Plan<S> {
    samples: Arc<S>,
    epoch: u64,
    order: Arc<[usize]>,
    batch_size: usize,
    shard: (usize, usize),
}

impl<S: Samples> Plan<S> {
    /// Builds batch `number` of this process.
    fn build(&self, number: usize) -> Result<S::Batch, Error> {
        let (rank, ranks) = self.shard;
        let start = (number * ranks + rank) * self.batch_size;
        let end = start.saturating_add(self.batch_size).min(self.order.len());
        self.samples.gather_in(self.epoch, &self.order[start..end])
    }

    /// Builds batch `number`; a panic becomes an error in its place.
    fn build_or_catch(&self, number: usize) -> Result<S::Batch, Error> {
        // Unwind safe: the samples are only read.
        let built = catch_unwind(AssertUnwindSafe(|| self.build(number)));
        built.unwrap_or(Err(Error::PrefetchPanicked))
    }

    /// Starts a thread that builds every `threads`-th part of `numbers`, each of `per_part` batches, beginning with part
    /// `first`. The thread ends after its last part, or when the receiver is dropped.
    fn build_ahead(
        &self,
        numbers: Range<usize>,
        per_part: usize,
        first: usize,
        threads: usize,
    ) -> io::Result<Receiver<Part<S>>> {
        let plan = Self { samples: Arc::clone(&self.samples), order: Arc::clone(&self.order), ..*self };
        let (sender, receiver) = sync_channel(READY_PER_THREAD);
        let thread = thread::Builder::new().name("lenet-prefetch".to_owned());
        thread.spawn(move || {
            for start in numbers.clone().step_by(per_part).skip(first).step_by(threads) {
                let part = start..numbers.end.min(start + per_part);
                if sender.send(part.map(|number| plan.build_or_catch(number)).collect()).is_err() {
                    return;
                }
            }
        })?;
        Ok(receiver)
    }
}
