//! The threads behind a loader: they work ahead, but not far; they end; and their failures arrive in place.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use lenet_data::{Error, Loader, Samples};

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Numbers that tell of each one that is gathered, and hang up once nobody holds them any more.
struct Watched {
    len: usize,
    gathered: Sender<usize>,
}

impl Samples for Watched {
    type Batch = Vec<usize>;

    fn len(&self) -> usize {
        self.len
    }

    fn gather(&self, indices: &[usize]) -> Result<Vec<usize>, Error> {
        for &index in indices {
            self.gathered.send(index).unwrap();
        }
        Ok(indices.to_vec())
    }
}

fn watched(len: usize, threads: usize) -> (Loader<Watched>, Receiver<usize>) {
    let (gathered, news) = channel();
    (Loader::new(Watched { len, gathered }, 1).unwrap().prefetch(threads), news)
}

#[test]
fn batches_are_built_before_they_are_asked_for() {
    let (loader, news) = watched(2 * PART, 2);
    let _batches = loader.epoch(0);
    let first_two = [news.recv_timeout(PATIENCE).unwrap(), news.recv_timeout(PATIENCE).unwrap()];
    assert_ne!(first_two[0], first_two[1]);
}

#[test]
fn without_threads_nothing_is_built_before_it_is_asked_for() {
    let (loader, news) = watched(10, 0);
    let mut batches = loader.epoch(0);
    assert!(news.try_recv().is_err());
    batches.next().unwrap().unwrap();
    assert_eq!(news.try_iter().collect::<Vec<_>>(), [0]);
}

/// Batches of few samples are handed over in parts of 256 samples, a larger batch alone.
const PART: usize = 256;

/// Memory does not grow with the set: two parts wait for each thread, and one is in its hands.
#[test]
fn threads_pause_when_nobody_takes_their_batches() {
    let (loader, news) = watched(10_000, 2);
    let _batches = loader.epoch(0);
    news.recv_timeout(PATIENCE).unwrap();
    let built = 1 + std::iter::from_fn(|| news.recv_timeout(Duration::from_millis(50)).ok()).count();
    assert!(built <= 2 * 3 * PART, "{built} are built");
}

#[test]
fn threads_end_when_the_batches_are_dropped() {
    let (loader, news) = watched(100_000, 3);
    let mut batches = loader.epoch(0);
    batches.next().unwrap().unwrap();
    drop((batches, loader));
    // The samples, and the sender in them, are gone once the last thread has let go of them.
    let mut built = 0;
    let end = loop {
        match news.recv_timeout(PATIENCE) {
            Ok(_) => built += 1,
            Err(end) => break end,
        }
    };
    assert_eq!(end, RecvTimeoutError::Disconnected);
    assert!(built < 100_000, "the threads went on to the end of the epoch");
}

/// Threads with a stack larger than the address space cannot be started. This test is the program that tries
/// it.
#[test]
fn where_no_thread_can_be_started_the_caller_builds_the_same_batches() {
    const STACK: &str = "RUST_MIN_STACK";
    if std::env::var_os(STACK).is_none() {
        let name = "prefetch::where_no_thread_can_be_started_the_caller_builds_the_same_batches";
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        // One test thread: the test runs on the program's main thread.
        let program =
            program.args(["--exact", name, "--test-threads=1"]).env(STACK, (1_u64 << 60).to_string());
        let output = program.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let (loader, _news) = watched(5, 2);
    let all: Vec<usize> = loader.epoch(0).flat_map(Result::unwrap).collect();
    assert_eq!(all, [0, 1, 2, 3, 4]);
}

/// Numbers of which one cannot be read.
struct Damaged {
    bad: usize,
    panics: bool,
}

impl Samples for Damaged {
    type Batch = Vec<usize>;

    fn len(&self) -> usize {
        12
    }

    fn gather(&self, indices: &[usize]) -> Result<Vec<usize>, Error> {
        if !indices.contains(&self.bad) {
            return Ok(indices.to_vec());
        }
        if self.panics {
            std::panic::resume_unwind(Box::new("a panic that prints nothing"));
        }
        Err(Error::Sample { index: self.bad, reason: "unreadable".into() })
    }
}

#[test]
fn an_error_arrives_in_the_place_of_its_batch_and_the_others_in_theirs() {
    for threads in 0..=4 {
        let loader = Loader::new(Damaged { bad: 5, panics: false }, 2).unwrap().prefetch(threads);
        let batches: Vec<_> = loader.epoch(0).collect();
        assert_eq!(batches.len(), 6);
        for (number, batch) in batches.into_iter().enumerate() {
            match batch {
                Ok(batch) => assert_eq!(batch, [2 * number, 2 * number + 1]),
                Err(error) => {
                    assert_eq!(number, 2, "with {threads} threads");
                    assert!(matches!(error, Error::Sample { index: 5, .. }), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_panic_on_a_thread_is_an_error_in_the_place_of_its_batch() {
    for threads in 1..=4 {
        let loader = Loader::new(Damaged { bad: 5, panics: true }, 2).unwrap().prefetch(threads);
        let batches: Vec<_> = loader.epoch(0).collect();
        assert_eq!(batches.iter().filter(|batch| batch.is_ok()).count(), 5, "with {threads} threads");
        assert!(matches!(batches[2], Err(Error::PrefetchPanicked)), "with {threads} threads");
    }
}
