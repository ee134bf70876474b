//! What the network reads: digits padded to 32×32 and normalised.

use lenet_data::{DigitSet, Error, HostBatch, MEAN, SIDE, STD, Samples};
use proptest::prelude::*;

/// What PyTorch is given for some pixels: pixel, and the bits of (pixel/255 − 0.1307) / 0.3081 in float32,
/// one operation after the other. Read off the tensors of MNIST's first eight images that numpy made for
/// PyTorch. Multiplying by 1/255 or by 1/0.3081, or computing in f64 and rounding once, gives other bits.
const GOLDEN: [(u8, u32); 14] = [
    (0, 0xbed9_3271), // -0.42421296
    (1, 0xbed2_ae20),
    (2, 0xbecc_29d0),
    (3, 0xbec5_a57f),
    (4, 0xbebf_212e),
    (14, 0xbe7b_ec10),
    (18, 0xbe47_c98a),
    (126, 0x3f96_fb50),
    (127, 0x3f98_9c64),
    (128, 0x3f9a_3d7a),
    (170, 0x3fde_aac8),
    (200, 0x4007_c593),
    (253, 0x4032_f229),
    (255, 0x4034_933d), // 2.8214867
];

#[test]
fn a_pixel_becomes_the_number_that_pytorch_makes_of_it() {
    let pixels = GOLDEN.map(|(pixel, _)| pixel);
    let set = DigitSet::new(pixels.to_vec(), vec![0; pixels.len()], 1, 1).unwrap();
    let batch = set.gather(&(0..pixels.len()).collect::<Vec<_>>()).unwrap();
    for ((pixel, bits), image) in GOLDEN.into_iter().zip(batch.images.chunks_exact(SIDE * SIDE)) {
        let value = image[15 * SIDE + 15];
        assert_eq!(value.to_bits(), bits, "pixel {pixel}: {value} instead of {}", f32::from_bits(bits));
    }
}

/// As PyTorch's transforms, one operation after the other.
fn normalised(pixel: u8) -> f32 {
    (f32::from(pixel) / 255.0 - MEAN) / STD
}

/// `count` images of `height`×`width` in which no two neighbours are alike, and their labels.
fn digits(count: usize, height: usize, width: usize) -> DigitSet {
    let pixels = (0..count * height * width).map(|i| (i * 37 % 251 + 1) as u8).collect();
    DigitSet::new(pixels, (0..count).map(|i| (i % 10) as u8).collect(), height, width).unwrap()
}

#[test]
fn an_index_beyond_the_set_is_an_error_that_names_it() {
    let error = digits(3, 2, 2).gather(&[0, 3]).unwrap_err();
    assert_eq!(error.to_string(), "sample 3: expected less than 3");
}

#[test]
fn mnists_28_by_28_has_two_pixels_of_background_on_each_side() {
    let set = digits(1, 28, 28);
    let images = set.gather(&[0]).unwrap().images;
    for (place, &value) in images.iter().enumerate() {
        let (row, column) = (place / SIDE, place % SIDE);
        let inside = (2..30).contains(&row) && (2..30).contains(&column);
        let pixel = if inside { set.image(0)[(row - 2) * 28 + column - 2] } else { 0 };
        assert_eq!(value, normalised(pixel), "row {row}, column {column}");
    }
}

#[test]
fn images_of_32_by_32_are_not_moved() {
    let set = digits(2, 32, 32);
    let images = set.gather(&[1]).unwrap().images;
    assert!(images.iter().zip(set.image(1)).all(|(&value, &pixel)| value == normalised(pixel)));
}

proptest! {
    /// All pixels are there once, in their order, and as far from one edge as from the other, to one pixel.
    #[test]
    fn an_image_of_any_size_lies_in_the_middle(height in 1..=SIDE, width in 1..=SIDE) {
        let set = digits(1, height, width);
        let images = set.gather(&[0]).unwrap().images;
        let inked: Vec<usize> = (0..images.len()).filter(|&place| images[place] != normalised(0)).collect();
        let values: Vec<f32> = inked.iter().map(|&place| images[place]).collect();
        prop_assert_eq!(values, set.image(0).iter().map(|&pixel| normalised(pixel)).collect::<Vec<_>>());
        for (size, coordinate) in
            [(height, (|place| place / SIDE) as fn(usize) -> usize), (width, |place| place % SIDE)]
        {
            let first = inked.iter().map(|&place| coordinate(place)).min().unwrap();
            let last = inked.iter().map(|&place| coordinate(place)).max().unwrap();
            prop_assert_eq!(last - first + 1, size);
            prop_assert!(first.abs_diff(SIDE - 1 - last) <= 1);
        }
    }

    #[test]
    fn a_batch_is_the_images_asked_for_in_that_order(indices in proptest::collection::vec(0..9_usize, 0..6)) {
        let set = digits(9, 5, 7);
        let batch = set.gather(&indices).unwrap();
        prop_assert_eq!(batch.len(), indices.len());
        prop_assert_eq!(batch.is_empty(), indices.is_empty());
        let one_by_one: Vec<HostBatch> = indices.iter().map(|&index| set.gather(&[index]).unwrap()).collect();
        prop_assert_eq!(batch.images, one_by_one.iter().flat_map(|one| one.images.clone()).collect::<Vec<_>>());
        prop_assert_eq!(batch.labels, indices.iter().map(|&index| index as i64).collect::<Vec<_>>());
    }
}

#[test]
fn images_larger_than_the_network_reads_are_an_error_that_names_both_sizes() {
    for (height, width) in [(33, 32), (32, 33), (64, 1)] {
        let error = digits(1, height, width).gather(&[0]).unwrap_err();
        assert!(matches!(error, Error::Shape(_)));
        let sizes = format!("{height}x{width} do not fit 32x32");
        assert!(error.to_string().contains(&sizes), "{error}");
    }
}

#[test]
fn a_device_gets_the_same_numbers_with_a_channel_dimension() {
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap();
    let host = digits(3, 28, 28).gather(&[2, 0]).unwrap();
    let batch = host.clone().to_device(&device);
    assert_eq!(batch.images.dims(), [2, 1, 32, 32]);
    assert_eq!(batch.images.into_data().try_into_vec::<f32>().unwrap(), host.images);
    assert_eq!(batch.labels.into_data().try_into_vec_as::<i64>().unwrap(), [2, 0]);
}
