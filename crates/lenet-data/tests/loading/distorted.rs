//! Distortions: reproducible, within their limits, and refused beyond their ranges.

use lenet_data::{Distorted, Distortion, Error, HostBatch, Loader, MEAN, SIDE, STD, Samples, synthetic};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// All changes, of the strength with which the network learns best.
const ALL: Distortion =
    Distortion::none().rotation(10.5).shear(0.105).scale(0.105).stretch(0.056).translation(1.4).elastic(0.63);

/// Distorted digits 0 to 99 with this seed.
fn digits(distortion: Distortion, seed: u64) -> Distorted<lenet_data::DigitSet> {
    Distorted::new(synthetic::digits(1, 0..100).unwrap(), distortion, seed).unwrap()
}

/// The images, each `[32 × 32]`, on a scale from 0 (background) to 1 (ink).
fn ink(batch: &HostBatch) -> Vec<Vec<f32>> {
    let images = batch.images.chunks_exact(SIDE * SIDE);
    images.map(|image| image.iter().map(|value| value * STD + MEAN).collect()).collect()
}

/// Sum of the ink, and its centre of mass `[x, y]`.
fn mass(image: &[f32]) -> (f32, [f32; 2]) {
    let mass: f32 = image.iter().sum();
    let moment = |coordinate: fn(usize) -> usize| {
        image.iter().enumerate().map(|(place, ink)| ink * coordinate(place) as f32).sum::<f32>() / mass
    };
    (mass, [moment(|place| place % SIDE), moment(|place| place / SIDE)])
}

/// Made by this test on x86-64. Every platform must give the same bits: if they change on purpose, runs with
/// distortions are no longer comparable with older ones.
const SHA256_OF_EPOCH_3: &str = "1bf413635eba0a565fc972a4d11279d2492fd9d8c8d50c431ba6f110dc0dd899";

#[test]
fn every_platform_gives_the_same_bits() {
    let pixels = (0..10 * 28 * 28).map(|place| (place * 37 % 251) as u8).collect();
    let set = lenet_data::DigitSet::new(pixels, vec![0; 10], 28, 28).unwrap();
    let batch = Distorted::new(set, ALL, 7).unwrap().gather_in(3, &(0..10).collect::<Vec<_>>()).unwrap();
    let bytes: Vec<u8> = batch.images.iter().flat_map(|value| value.to_le_bytes()).collect();
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, SHA256_OF_EPOCH_3);
}

#[test]
fn limits_of_zero_change_no_bit() {
    let (plain, indices) = (digits(Distortion::none(), 7), [5, 99, 0]);
    assert_eq!(plain.gather_in(3, &indices).unwrap(), plain.gather(&indices).unwrap());
}

#[test]
fn labels_and_images_without_an_epoch_stay_as_they_are() {
    let (distorted, plain) = (digits(ALL, 7), synthetic::digits(1, 0..100).unwrap());
    assert_eq!(distorted.gather(&[8, 3]).unwrap(), plain.gather(&[8, 3]).unwrap());
    assert_eq!(distorted.gather_in(2, &[8, 3]).unwrap().labels, [8, 3]);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let epoch = |threads, prefetch| {
        let load = || {
            let loader = Loader::new(digits(ALL, 7), 32).unwrap().shuffle(7).prefetch(prefetch);
            loader.epoch(2).map(|batch| batch.unwrap().images).collect::<Vec<_>>().concat()
        };
        lenet_threads::with_threads(threads, load).unwrap()
    };
    let one = epoch(1, 0);
    assert!(
        [(2, 0), (4, 0), (1, 2), (4, 1)].iter().all(|&(threads, prefetch)| epoch(threads, prefetch) == one)
    );
}

proptest! {
    #[test]
    fn an_image_depends_on_seed_epoch_and_index_alone(
        seed: u64, epoch: u64, indices in prop::collection::vec(0..100_usize, 1..40),
    ) {
        let distorted = digits(ALL, seed);
        let together = distorted.gather_in(epoch, &indices).unwrap().images;
        for (image, index) in together.chunks_exact(SIDE * SIDE).zip(indices) {
            prop_assert_eq!(image, &distorted.gather_in(epoch, &[index]).unwrap().images);
        }
    }

    #[test]
    fn a_limit_out_of_its_range_is_refused(
        limit in 0..6_usize,
        value in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), f64::MIN..-1e-9, 180.1..f64::MAX],
    ) {
        let none = Distortion::none();
        let distortion = [
            none.rotation(value), none.shear(value), none.scale(value),
            none.stretch(value), none.translation(value), none.elastic(value),
        ][limit];
        let refused = Distorted::new(synthetic::digits(1, 0..1).unwrap(), distortion, 7);
        let is_refused = matches!(refused, Err(Error::Distortion { .. }));
        prop_assert!(is_refused);
    }

    #[test]
    fn no_pixel_is_darker_or_lighter_than_those_of_the_image(seed: u64, epoch: u64) {
        let most = Distortion::none().rotation(180.0).shear(1.0).scale(0.5).stretch(0.5).translation(16.0).elastic(4.0);
        let ink = ink(&digits(most, seed).gather_in(epoch, &[4, 77]).unwrap()).concat();
        prop_assert!(ink.iter().all(|ink| (-1e-6..=1.0 + 1e-6).contains(ink)));
    }
}

#[test]
fn another_seed_epoch_or_index_is_another_distortion() {
    // Three copies of one image.
    let image = synthetic::draw(1, 5).0;
    let copies = lenet_data::DigitSet::new(image.repeat(3), vec![5; 3], SIDE, SIDE).unwrap();
    let of = |seed, epoch, index| {
        let images =
            Distorted::new(copies.clone(), ALL, seed).unwrap().gather_in(epoch, &[index]).unwrap().images;
        images.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let seen = [of(7, 3, 1), of(8, 3, 1), of(7, 4, 1), of(7, 3, 0), of(7, 3, 2)];
    assert_eq!(seen.iter().collect::<std::collections::HashSet<_>>().len(), seen.len());
}

#[test]
fn a_distortion_keeps_the_ink_and_its_place() {
    let (distorted, indices) = (digits(ALL, 7), (0..100).collect::<Vec<_>>());
    let plain: Vec<_> = ink(&distorted.gather(&indices).unwrap()).iter().map(|image| mass(image)).collect();
    let mut ratios = 0.0;
    for epoch in 0..10 {
        for (image, (before, centre)) in
            ink(&distorted.gather_in(epoch, &indices).unwrap()).iter().zip(&plain)
        {
            let (after, moved) = mass(image);
            ratios += after / before;
            assert!((after / before - 1.0).abs() < 0.5, "{before} {after}");
            // 1.4 pixels of translation, and a little more of the elastic displacement.
            assert!((0..2).all(|axis| (moved[axis] - centre[axis]).abs() < 4.0), "{centre:?} {moved:?}");
        }
    }
    assert!((ratios / 1000.0 - 1.0).abs() < 0.02, "{ratios}");
}

#[test]
fn a_translation_moves_the_centre_of_mass_by_up_to_its_limit() {
    let translated = digits(Distortion::none().translation(1.5), 7);
    let (_, centre) = mass(&ink(&translated.gather(&[5]).unwrap())[0]);
    let mut most = 0.0_f32;
    for epoch in 0..100 {
        let (_, moved) = mass(&ink(&translated.gather_in(epoch, &[5]).unwrap())[0]);
        most = (0..2).map(|axis| (moved[axis] - centre[axis]).abs()).fold(most, f32::max);
    }
    assert!((1.4..1.51).contains(&most), "{most}");
}
