//! The loader: which samples are in which batch.

use std::sync::Arc;

use lenet_data::{Error, Loader, permutation};
use proptest::prelude::*;

use crate::Numbers;

/// All that a loader can be told.
#[derive(Clone, Copy, Debug)]
struct Settings {
    len: usize,
    batch_size: usize,
    seed: Option<u64>,
    drop_last: bool,
    threads: usize,
}

impl Settings {
    fn loader(self) -> Loader<Numbers> {
        let mut loader = Loader::new(Numbers(self.len), self.batch_size).unwrap().prefetch(self.threads);
        if let Some(seed) = self.seed {
            loader = loader.shuffle(seed);
        }
        if self.drop_last { loader.drop_last() } else { loader }
    }

    /// The batches of `epoch`, without the first `skip`.
    fn batches(self, epoch: u64, skip: usize) -> Vec<Vec<usize>> {
        self.loader().epoch_from(epoch, skip).collect::<Result<_, _>>().unwrap()
    }
}

prop_compose! {
    fn settings()(
        // The longer ones have several parts for each prefetch thread.
        len in prop_oneof![3 => 0..60_usize, 1 => 500..4000_usize],
        batch_size in prop_oneof![8 => 1..12_usize, 2 => 100..300_usize, 1 => Just(usize::MAX)],
        seed: Option<u64>,
        drop_last: bool,
        threads in 0..=4_usize,
    ) -> Settings {
        Settings { len, batch_size, seed, drop_last, threads }
    }
}

proptest! {
    #[test]
    fn an_epoch_is_every_sample_once_but_for_a_short_batch_that_is_dropped(settings in settings(), epoch: u64) {
        let mut samples = settings.batches(epoch, 0).concat();
        let dropped = if settings.drop_last { settings.len % settings.batch_size } else { 0 };
        prop_assert_eq!(samples.len(), settings.len - dropped);
        samples.sort();
        samples.dedup();
        prop_assert_eq!(samples.len(), settings.len - dropped);
        prop_assert!(samples.iter().all(|&sample| sample < settings.len));
    }

    #[test]
    fn the_order_is_the_permutation_of_seed_and_epoch(settings in settings(), epoch: u64) {
        let samples = settings.batches(epoch, 0).concat();
        let order = match settings.seed {
            Some(seed) => permutation(seed, epoch, settings.len),
            None => (0..settings.len).collect(),
        };
        prop_assert_eq!(&samples, &order[..samples.len()]);
    }

    #[test]
    fn the_number_of_threads_changes_nothing(settings in settings(), epoch: u64) {
        let here = Settings { threads: 0, ..settings };
        prop_assert_eq!(settings.batches(epoch, 0), here.batches(epoch, 0));
    }

    #[test]
    fn an_epoch_goes_on_where_it_was_left(settings in settings(), epoch: u64, skip in prop_oneof![0..70_usize, 0..2000_usize]) {
        let whole = settings.batches(epoch, 0);
        prop_assert_eq!(settings.batches(epoch, skip), &whole[skip.min(whole.len())..]);
    }

    #[test]
    fn what_is_said_of_the_batches_is_what_arrives(settings in settings(), epoch: u64) {
        let loader = settings.loader();
        let lengths: Vec<usize> = settings.batches(epoch, 0).iter().map(Vec::len).collect();
        prop_assert_eq!(lengths.len(), loader.batches());
        prop_assert_eq!(lengths.len(), loader.epoch(epoch).len());
        let said: Vec<usize> = (0..loader.batches()).map(|number| loader.batch_len(number)).collect();
        prop_assert_eq!(said, lengths);
        for beyond in [loader.batches(), loader.batches() + 1, usize::MAX] {
            prop_assert_eq!(loader.batch_len(beyond), 0);
        }
    }

    #[test]
    fn batches_are_full_up_to_the_last(settings in settings(), epoch: u64) {
        let batches = settings.batches(epoch, 0);
        if let Some((last, others)) = batches.split_last() {
            prop_assert!(others.iter().all(|batch| batch.len() == settings.batch_size));
            prop_assert!((1..=settings.batch_size).contains(&last.len()));
            prop_assert!(!settings.drop_last || last.len() == settings.batch_size);
        }
    }
}

#[test]
fn a_batch_size_of_0_is_an_error_that_says_so() {
    let error = Loader::new(Numbers(3), 0).err().unwrap();
    assert!(matches!(error, Error::BatchSize));
    assert_eq!(error.to_string(), "a batch size of 0: expected 1 or more");
}

#[test]
fn an_empty_set_has_no_batches() {
    for threads in [0, 2] {
        let loader = Loader::new(Numbers(0), 3).unwrap().shuffle(1).prefetch(threads);
        assert_eq!((loader.batches(), loader.batch_len(0), loader.epoch(0).count()), (0, 0, 0));
    }
}

#[test]
fn debug_output_tells_the_settings() {
    let loader = Loader::new(Numbers(5), 2).unwrap().shuffle(7).prefetch(usize::MAX);
    assert_eq!(
        format!("{loader:?}"),
        "Loader { samples: 5, batch_size: 2, seed: Some(7), drop_last: false, limit_batches: None, shard: (0, 1), prefetch_threads: 64 }"
    );
}

#[test]
fn two_epochs_at_once_do_not_disturb_each_other() {
    let loader = Loader::new(Numbers(20), 3).unwrap().shuffle(1).prefetch(2);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (a, b) in loader.epoch(0).zip(loader.epoch(1)) {
        first.extend(a.unwrap());
        second.extend(b.unwrap());
    }
    assert_eq!((first, second), (permutation(1, 0, 20), permutation(1, 1, 20)));
}

#[test]
fn a_limited_epoch_has_the_first_batches_of_its_order() {
    for threads in [0, 2] {
        let whole = Loader::new(Numbers(20), 3).unwrap().shuffle(1).prefetch(threads);
        let limited = Loader::new(Numbers(20), 3).unwrap().shuffle(1).prefetch(threads).limit_batches(4);
        assert_eq!((limited.batches(), limited.batch_len(3), limited.batch_len(4)), (4, 3, 0));
        for epoch in 0..3 {
            let [whole, limited] = [&whole, &limited].map(|loader| loader.epoch(epoch).map(Result::unwrap));
            assert!(limited.eq(whole.take(4)), "epoch {epoch}");
        }
        assert_eq!(limited.epoch_from(0, 3).count(), 1);
    }
    assert_eq!(Loader::new(Numbers(20), 3).unwrap().limit_batches(100).batches(), 7);
}

#[test]
fn loaders_share_samples_that_they_are_lent() {
    let numbers = Arc::new(Numbers(5));
    let loader = Loader::new(Arc::clone(&numbers), 2).unwrap();
    assert!(Arc::ptr_eq(loader.samples(), &numbers));
}

#[test]
fn the_batches_of_all_ranks_are_those_of_one_process() {
    let batches = |loader: Loader<Numbers>| loader.epoch(3).collect::<Result<Vec<_>, _>>().unwrap();
    let all = batches(Loader::new(Numbers(50), 4).unwrap().shuffle(9));
    assert_eq!(all.len(), 13);
    for (ranks, threads) in [(1, 0), (2, 0), (3, 2), (4, 1)] {
        for rank in 0..ranks {
            let loader =
                Loader::new(Numbers(50), 4).unwrap().shuffle(9).prefetch(threads).shard(rank, ranks).unwrap();
            let lengths: Vec<usize> = (0..loader.batches()).map(|number| loader.batch_len(number)).collect();
            let own = batches(loader);
            // Every rank has as many, without the batches after the last whole round.
            assert_eq!(own.len(), 13 / ranks);
            for (number, batch) in own.iter().enumerate() {
                assert_eq!(*batch, all[number * ranks + rank], "batch {number} of rank {rank} of {ranks}");
                assert_eq!(lengths[number], batch.len());
            }
        }
    }
}

#[test]
fn a_rank_goes_on_in_the_middle_of_its_epoch() {
    let loader = Loader::new(Numbers(50), 4).unwrap().shuffle(9).limit_batches(11).shard(1, 2).unwrap();
    let whole: Vec<_> = loader.epoch(0).collect::<Result<_, _>>().unwrap();
    let rest: Vec<_> = loader.epoch_from(0, 2).collect::<Result<_, _>>().unwrap();
    assert_eq!((whole.len(), &whole[2..]), (5, &rest[..]));
}

#[test]
fn a_rank_that_does_not_exist_is_refused() {
    for (rank, ranks) in [(2, 2), (0, 0)] {
        let refused = Loader::new(Numbers(5), 2).unwrap().shard(rank, ranks).unwrap_err();
        assert!(matches!(refused, Error::Rank { .. }), "{refused}");
    }
}
