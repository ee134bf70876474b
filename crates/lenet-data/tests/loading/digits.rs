//! Sets of digits: what makes one, what cuts it in two, what names it.

use lenet_data::{DigitSet, Error};
use proptest::prelude::*;

/// Any small set.
fn sets() -> impl Strategy<Value = DigitSet> {
    (1..5_usize, 1..5_usize, 0..6_usize).prop_flat_map(|(height, width, len)| {
        let pixels = proptest::collection::vec(any::<u8>(), len * height * width);
        let labels = proptest::collection::vec(0..10_u8, len);
        (pixels, labels)
            .prop_map(move |(pixels, labels)| DigitSet::new(pixels, labels, height, width).unwrap())
    })
}

/// The bytes of all images.
fn pixels(set: &DigitSet) -> Vec<u8> {
    (0..set.len()).flat_map(|index| set.image(index)).copied().collect()
}

#[test]
fn images_follow_each_other_in_the_bytes() {
    let set = DigitSet::new(vec![1, 2, 3, 4, 5, 6], vec![9, 0], 1, 3).unwrap();
    assert_eq!((set.len(), set.height(), set.width(), set.is_empty()), (2, 1, 3, false));
    assert_eq!((set.image(0), set.image(1)), (&[1, 2, 3][..], &[4, 5, 6][..]));
    assert_eq!((set.label(0), set.label(1), set.labels()), (9, 0, &[9, 0][..]));
}

#[test]
fn what_is_no_set_of_images_is_an_error_that_says_why() {
    let refused = |pixels: usize, labels: Vec<u8>, height, width, why: &str| {
        let error = DigitSet::new(vec![0; pixels], labels, height, width).unwrap_err();
        assert!(matches!(error, Error::Shape(_)));
        assert_eq!(error.to_string(), format!("not a set of digits: {why}"));
    };
    refused(0, vec![], 0, 3, "images of 0x3 pixels");
    refused(0, vec![1], 3, 0, "images of 3x0 pixels");
    refused(5, vec![1], 2, 3, "1 labels of 2x3 images, but 5 pixels");
    refused(7, vec![1], 2, 3, "1 labels of 2x3 images, but 7 pixels");
    refused(6, vec![], 2, 3, "0 labels of 2x3 images, but 6 pixels");
    refused(2, vec![9, 10], 1, 1, "label 10 of sample 1 is not 0 to 9");
    // The product of these sizes is 0 in the bits of a usize.
    let side = 1_usize << (usize::BITS / 2);
    refused(0, vec![1], side, side, &format!("1 labels of {side}x{side} images, but 0 pixels"));
}

proptest! {
    #[test]
    fn splitting_gives_two_sets_that_together_are_the_first(set in sets(), at in 0..8_usize) {
        let mut first = set.clone();
        let second = first.split_off(at);
        prop_assert_eq!(first.len(), at.min(set.len()));
        prop_assert_eq!([first.labels(), second.labels()].concat(), set.labels());
        prop_assert_eq!([pixels(&first), pixels(&second)].concat(), pixels(&set));
        for part in [first, second] {
            prop_assert_eq!((part.height(), part.width()), (set.height(), set.width()));
        }
    }

    #[test]
    fn the_name_changes_with_any_bit_of_a_pixel(set in sets(), place: prop::sample::Index, bit in 0..8_u8) {
        prop_assume!(!set.is_empty());
        let mut pixels = pixels(&set);
        pixels[place.index(set.len() * set.height() * set.width())] ^= 1 << bit;
        let other = DigitSet::new(pixels, set.labels().to_vec(), set.height(), set.width()).unwrap();
        prop_assert_ne!(set.sha256(), other.sha256());
    }

    #[test]
    fn the_name_changes_with_any_label(set in sets(), place: prop::sample::Index, other in 1..10_u8) {
        prop_assume!(!set.is_empty());
        let mut labels = set.labels().to_vec();
        let label = &mut labels[place.index(set.len())];
        *label = (*label + other) % 10;
        let other = DigitSet::new(pixels(&set), labels, set.height(), set.width()).unwrap();
        prop_assert_ne!(set.sha256(), other.sha256());
    }
}

/// Of [2, 1, 3] as 64-bit little-endian numbers, the labels and the pixels, computed with Python's `hashlib`.
#[test]
fn the_name_is_a_sha256_that_others_can_compute() {
    let set = DigitSet::new(vec![0, 127, 255, 3, 2, 1], vec![7, 1], 1, 3).unwrap();
    assert_eq!(set.sha256(), "2b8a61852300c65578949c31a4b01b031ab63d8ddc4620709eb8be30580f05cf");
}

#[test]
fn the_same_bytes_in_another_shape_have_another_name() {
    let tall = DigitSet::new(vec![5; 6], vec![1], 3, 2).unwrap();
    let wide = DigitSet::new(vec![5; 6], vec![1], 2, 3).unwrap();
    assert_ne!(tall.sha256(), wide.sha256());
}

#[test]
fn debug_output_does_not_spill_the_pixels() {
    let set = DigitSet::new(vec![0; 784], vec![1], 28, 28).unwrap();
    assert_eq!(format!("{set:?}"), "DigitSet(1 images of 28x28)");
}
