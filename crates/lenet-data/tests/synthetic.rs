//! Synthetic digits: the same bytes everywhere, framed like MNIST's, and told apart by eye or by distance.

use lenet_data::synthetic::{digits, draw};
use lenet_data::{Error, SIDE};
use proptest::prelude::*;

/// A guard against accidental changes. If the drawings change on purpose, look at some of them and put the
/// new sum here; runs on synthetic digits are then no longer comparable with older ones.
const SHA256_OF_SEED_7: &str = "118ced17e5614cb56d15fa66095814948b4573283c96afa7eb8e5145e835d010";

#[test]
fn a_seed_names_the_same_digits_for_ever() {
    assert_eq!(digits(7, 0..1000).unwrap().sha256(), SHA256_OF_SEED_7);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let with = |threads| lenet_threads::with_threads(threads, || digits(3, 0..200).unwrap()).unwrap();
    assert!(with(1) == with(3));
}

proptest! {
    #[test]
    fn a_digit_depends_on_its_seed_and_index_alone(seed: u64, start in 0..u64::MAX - 16, len in 0u64..16) {
        let set = digits(seed, start..start + len).unwrap();
        prop_assert_eq!(set.len() as u64, len);
        for i in 0..set.len() {
            let (pixels, label) = draw(seed, start + i as u64);
            prop_assert_eq!((set.image(i), set.label(i)), (pixels.as_slice(), label));
        }
    }
}

#[test]
fn no_two_digits_are_equal() {
    let sets = [digits(0, 0..500).unwrap(), digits(1, 0..500).unwrap()];
    let images: std::collections::HashSet<&[u8]> =
        sets.iter().flat_map(|set| (0..set.len()).map(|i| set.image(i))).collect();
    assert_eq!(images.len(), 1000);
}

#[test]
fn ten_in_a_row_hold_each_label_once() {
    let set = digits(5, 13..23).unwrap();
    let mut labels = set.labels().to_vec();
    labels.sort();
    assert_eq!(labels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn the_border_is_empty_and_the_middle_is_not() {
    let set = digits(11, 0..2000).unwrap();
    for i in 0..set.len() {
        for (place, &pixel) in set.image(i).iter().enumerate() {
            let inside = [place / SIDE, place % SIDE].iter().all(|place| (2..SIDE - 2).contains(place));
            assert!(inside || pixel == 0, "image {i}, pixel {place}");
        }
        let ink: u32 = set.image(i).iter().map(|&pixel| u32::from(pixel)).sum();
        assert!(ink > 15 * 255, "image {i} has only {ink} of ink");
    }
}

#[test]
fn the_centre_of_mass_is_in_the_middle() {
    let set = digits(12, 0..2000).unwrap();
    for i in 0..set.len() {
        let mass: f64 = set.image(i).iter().map(|&pixel| f64::from(pixel)).sum();
        let centre = |coordinate: fn(usize) -> usize| {
            let moment = |(place, &pixel): (usize, &u8)| f64::from(pixel) * coordinate(place) as f64;
            set.image(i).iter().enumerate().map(moment).sum::<f64>() / mass
        };
        let centre = [centre(|place| place % SIDE), centre(|place| place / SIDE)];
        // Half a pixel, since images move by whole ones, and a little for ink that the border cuts off.
        assert!(centre.iter().all(|at| (at - 16.0).abs() < 0.75), "image {i}: {centre:?}");
    }
}

/// Reading a digit as the nearest of two thousand others is right three times in four.
#[test]
fn digits_look_like_others_of_their_label() {
    let (known, unknown) = (digits(1, 0..2000).unwrap(), digits(2, 0..300).unwrap());
    let read = |image: &[u8]| {
        let distance = |&other: &usize| -> u32 {
            known.image(other).iter().zip(image).map(|(a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
        };
        (0..known.len()).min_by_key(distance).map(|nearest| known.label(nearest))
    };
    let right = (0..unknown.len()).filter(|&i| read(unknown.image(i)) == Some(unknown.label(i))).count();
    assert!(right > 225, "{right} of {}", unknown.len());
}

#[test]
fn an_empty_range_is_an_empty_set() {
    assert!(digits(0, 9..9).unwrap().is_empty());
}

#[test]
fn more_digits_than_memory_holds_are_an_error() {
    assert!(matches!(digits(0, 0..u64::MAX), Err(Error::Shape(_))));
}
