//! The order of samples: a permutation, fixed for ever by (seed, epoch), and no more likely than any other.

use std::collections::HashMap;

use lenet_data::permutation;
use proptest::prelude::*;

/// A guard: a run that was interrupted resumes in the order it began in, with any later version of this
/// crate. If these numbers have to change, old runs can no longer be resumed to the same bits.
#[test]
fn a_seed_and_an_epoch_name_the_same_order_for_ever() {
    assert_eq!(permutation(42, 0, 10), [7, 1, 5, 4, 6, 9, 3, 8, 2, 0]);
    assert_eq!(permutation(42, 1, 10), [8, 9, 5, 3, 2, 1, 0, 7, 6, 4]);
    assert_eq!(permutation(u64::MAX, u64::MAX, 10), [8, 2, 6, 4, 9, 0, 5, 1, 3, 7]);
    assert_eq!(permutation(42, 0, 60_000)[..5], [47073, 20329, 39751, 34012, 49711]);
}

proptest! {
    #[test]
    fn every_number_is_there_once(seed: u64, epoch: u64, len in 0..300_usize) {
        let mut order = permutation(seed, epoch, len);
        order.sort();
        prop_assert_eq!(order, (0..len).collect::<Vec<_>>());
    }

    /// 30! orders: two are equal by accident once in 10³².
    #[test]
    fn another_epoch_and_another_seed_are_other_orders(seed: u64, epoch in 0..u64::MAX) {
        let order = permutation(seed, epoch, 30);
        prop_assert_ne!(&order, &permutation(seed, epoch + 1, 30));
        prop_assert_ne!(&order, &permutation(seed.wrapping_add(1), epoch, 30));
    }
}

/// Over 24,000 epochs each of the 24 orders of 4 samples comes up 1,000 times, give or take: with a standard
/// deviation of √(24,000 · 1/24 · 23/24) = 31. The seed is fixed, so the counts are too.
#[test]
fn no_order_is_preferred() {
    let mut counts = HashMap::new();
    for epoch in 0..24_000 {
        *counts.entry(permutation(1, epoch, 4)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|&count: &i32| (count - 1000).abs() < 5 * 31), "{counts:?}");
}
