//! The engine, natively.

use std::time::Duration;

use burn::tensor::TensorData;
use lenet_model::LeNet;
use lenet_web::Error;
use lenet_web::engine::{
    Digits, Lesson, Network, Training, TrainingOptions, frame_pixels, frame_strokes, loss, sample,
};

/// A seven in black strokes on white, as brightness.
fn seven(side: usize) -> Vec<u8> {
    let is_ink = |x: usize, y: usize| {
        let (x, y) = (100 * x / side, 100 * y / side);
        (20..28).contains(&y) && (25..75).contains(&x)
            || (20..85).contains(&y) && (75_usize.saturating_sub((y - 20) / 2)).abs_diff(x + 4) < 5
    };
    (0..side * side).map(|place| if is_ink(place % side, place / side) { 0 } else { 255 }).collect()
}

#[test]
fn the_trained_weights_read_synthetic_digits() {
    let network = Network::pretrained();
    let right = (0..50).filter(|&index| {
        let (image, label) = sample(11, index);
        network.read(&image).unwrap().digit == label
    });
    assert!(right.count() >= 48);
}

#[test]
fn a_reading_is_consistent_with_itself_and_with_the_fast_path() {
    let network = Network::pretrained();
    let (image, _) = sample(11, 5);
    let reading = network.read(&image).unwrap();
    let relu = |before: &[f32]| before.iter().map(|x| x.max(0.0)).collect::<Vec<_>>();
    assert_eq!(relu(&reading.c1_before), reading.c1);
    assert_eq!(relu(&reading.c3_before), reading.c3);
    assert_eq!(relu(&reading.f5_before), reading.f5);
    assert_eq!(relu(&reading.f6_before), reading.f6);
    let sizes =
        [&reading.c1, &reading.s2, &reading.c3, &reading.s4, &reading.f5, &reading.f6, &reading.logits];
    assert_eq!(sizes.map(Vec::len), [6 * 784, 6 * 196, 1600, 400, 120, 84, 10]);
    assert_eq!(network.probabilities(&image).unwrap(), reading.probabilities);
}

#[test]
fn the_layers_are_those_of_burns_operations() {
    let network = Network::pretrained();
    let reading = network.read(&sample(11, 5).0).unwrap();
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap();
    let input = lenet_backend::floats(TensorData::new(reading.input, [1, 1, 32, 32]), &device);
    let layers = LeNet::with_state_dict(network.state(), &device).activations(input);
    let close = |ours: &[f32], theirs: TensorData| {
        let theirs: Vec<f32> = theirs.try_into_vec().unwrap();
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.iter().zip(theirs).all(|(ours, theirs)| (ours - theirs).abs() < 1e-4));
    };
    close(&reading.c1, layers.c1.into_data());
    close(&reading.s2, layers.s2.into_data());
    close(&reading.c3, layers.c3.into_data());
    close(&reading.s4, layers.s4.into_data());
    close(&reading.f5, layers.f5.into_data());
    close(&reading.f6, layers.f6.into_data());
}

#[test]
fn exported_weights_come_back_with_the_same_bits_and_metadata() {
    let network = Network::pretrained();
    let bytes = network.to_safetensors().unwrap();
    let again = Network::from_bytes("mine.safetensors", &bytes).unwrap();
    assert_eq!(again.state(), network.state());
    assert!(again.about().temperature != 1.0);
}

#[test]
fn bytes_that_are_no_weights_are_refused_with_their_name() {
    let bytes = Network::initial(3).to_safetensors().unwrap();
    for hostile in [&b""[..], b"PK\x03\x04", b"<!doctype html>", b"\x80\x02}.", &bytes[..1000], &[0xff; 4096]]
    {
        let error = Network::from_bytes("mine.pt", hostile).unwrap_err().to_string();
        assert!(error.starts_with("mine.pt: "), "{error}");
    }
}

#[test]
fn an_image_of_another_size_and_a_class_that_is_none_are_errors() {
    let network = Network::initial(1);
    assert!(matches!(network.read(&[0; 100]), Err(Error::Argument { .. })));
    assert!(matches!(network.towards(&[0; 100], 1, 1), Err(Error::Argument { .. })));
    assert!(matches!(network.input_gradient(&[0; 1024], 10), Err(Error::Argument { .. })));
    assert!(matches!(network.occlusion(&[0; 1024], 1, 4), Err(Error::Argument { .. })));
}

#[test]
fn strokes_and_a_photo_of_them_are_framed_alike() {
    let picture = seven(200);
    let ink: Vec<u8> = picture.iter().map(|brightness| 255 - brightness).collect();
    let photo = frame_pixels(&picture, 200, 200).unwrap();
    let framed = frame_strokes(&ink, 200, 200).unwrap().unwrap();
    let largest = photo.iter().zip(framed.image).map(|(a, b)| a.abs_diff(b)).max();
    assert!(largest < Some(16), "{largest:?}");
    assert_eq!(framed.bounds[1], 40);
    assert_eq!(Network::pretrained().read(&photo).unwrap().digit, 7);
}

#[test]
fn a_transparent_picture_is_read_as_an_opaque_one() {
    let picture = seven(120);
    let opaque: Vec<u8> = picture.iter().flat_map(|&grey| [grey, grey, grey, 255]).collect();
    let clear: Vec<u8> = picture.iter().flat_map(|&grey| [0, 0, 0, 255 - grey]).collect();
    let grey = frame_pixels(&picture, 120, 120).unwrap();
    assert_eq!(frame_pixels(&opaque, 120, 120).unwrap(), grey);
    assert_eq!(frame_pixels(&clear, 120, 120).unwrap(), grey);
}

#[test]
fn pictures_without_a_digit_and_sizes_that_do_not_fit_are_refused() {
    assert!(frame_strokes(&[0; 400], 20, 20).unwrap().is_none());
    assert!(frame_strokes(&[0; 400], 20, 21).is_err());
    assert!(frame_strokes(&[], 0, 0).unwrap().is_none());
    assert!(frame_pixels(&[255; 400], 20, 20).is_err());
    for (width, height) in [(0, 0), (20, 21), (u32::MAX, u32::MAX), (19, 20)] {
        assert!(frame_pixels(&[255; 400], width, height).is_err());
    }
}

#[test]
fn the_input_gradient_predicts_what_more_ink_does_to_the_logit() {
    let network = Network::pretrained();
    let (mut image, _) = sample(11, 3);
    let gradient = network.input_gradient(&image, 3).unwrap();
    let before = network.read(&image).unwrap().logits[3];
    let slope = |place: &usize| gradient[*place].abs();
    // Grey pixels: on even paper several windows of a max-pool tie.
    let free = (0..1024).filter(|&place| (30..225).contains(&image[place]));
    let place = free.max_by(|a, b| slope(a).total_cmp(&slope(b))).unwrap();
    image[place] += 1;
    let change = network.read(&image).unwrap().logits[3] - before;
    let expected = gradient[place] / 255.0;
    assert!((change - expected).abs() < 0.1 * expected.abs() + 1e-4, "{change} {expected}");
}

#[test]
fn covering_the_strokes_matters_and_covering_the_empty_corner_does_not() {
    let network = Network::pretrained();
    let (image, _) = sample(11, 3);
    let falls = network.occlusion(&image, 3, 5).unwrap();
    assert_eq!(falls[0], 0.0);
    assert!(falls.iter().any(|fall| *fall > 1.0));
}

#[test]
fn a_three_can_be_changed_into_an_eight() {
    let (image, _) = sample(11, 3);
    let path = Network::pretrained().towards(&image, 8, 100).unwrap();
    assert_eq!(path.images.len(), 1024 * path.probabilities.len());
    assert_eq!(path.images[..1024], image);
    assert!(path.probabilities.last() >= Some(&0.9));
}

#[test]
fn training_lowers_the_loss_and_stops_when_it_is_told_to() {
    let digits = Digits::synthetic(1, 0, 512).unwrap();
    let options = TrainingOptions::from_entries([("optimizer", "adam"), ("learningRate", "0.002")]).unwrap();
    let mut training = Training::new(&Network::initial(1), &digits, &digits, options).unwrap();
    let first = training.advance(3, Duration::MAX).unwrap();
    assert_eq!((first.steps, first.step, first.images), (3, 3, 192));
    assert_eq!(training.advance(100, Duration::ZERO).unwrap().steps, 1);
    let last = training.advance(36, Duration::MAX).unwrap();
    assert_eq!((last.step, last.epoch), (40, 5.0));
    assert!(last.loss < 0.8 * first.loss, "{last:?} after {first:?}");
    let valid = training.validate().unwrap();
    assert_eq!(valid.images, 512);
    assert!(valid.accuracy > 0.5, "{valid:?}");
}

#[test]
fn looking_at_gradients_changes_nothing() {
    let digits = Digits::synthetic(1, 0, 64).unwrap();
    let start = || Training::new(&Network::initial(1), &digits, &digits, TrainingOptions::default()).unwrap();
    let (mut seen, mut unseen) = (start(), start());
    let gradients = seen.gradients().unwrap();
    assert_eq!(gradients.len(), 10);
    let state = Network::initial(1);
    for (parameter, (name, gradient)) in state.state().parameters().iter().zip(&gradients) {
        assert_eq!((&parameter.name, parameter.values.len()), (name, gradient.len()));
    }
    for training in [&mut seen, &mut unseen] {
        training.advance(4, Duration::MAX).unwrap();
    }
    assert_eq!(seen.network().unwrap().state(), unseen.network().unwrap().state());
}

#[test]
fn fine_tuning_corrects_a_mistake_and_keeps_the_other_digits() {
    let network = Network::pretrained();
    // A digit that the user calls otherwise.
    let (image, label) = sample(11, 3);
    let mut training = Training::fine_tuning(&network, &image, &[5], 1).unwrap();
    let mut steps = 0;
    while training.network().unwrap().read(&image).unwrap().digit == label && steps < 300 {
        steps += training.advance(10, Duration::MAX).unwrap().steps;
    }
    let tuned = training.network().unwrap();
    assert_eq!(tuned.read(&image).unwrap().digit, 5, "after {steps} steps");
    let others = (100..200).map(|index| sample(12, index)).filter(|(_, label)| ![3, 5].contains(label));
    let right = others.filter(|(image, label)| tuned.read(image).unwrap().digit == *label).count();
    assert!(right >= 76, "{right} of 80 after {steps} steps");
}

#[test]
fn options_that_are_unknown_or_out_of_range_are_refused() {
    let wrong = [
        ("optimizer", "magic"),
        ("learningRate", "-1"),
        ("learningRate", "NaN"),
        ("batchSize", "0"),
        ("batchSize", "1.5"),
        ("momentum", "1"),
        ("loss", "hinge"),
        ("rate", "1"),
    ];
    for option in wrong {
        assert!(matches!(TrainingOptions::from_entries([option]), Err(Error::Argument { .. })), "{option:?}");
    }
}

#[test]
fn the_bytes_of_mnist_files_are_read_and_wrong_ones_refused() {
    let header = |magic: u32, sizes: &[u32]| {
        [magic].iter().chain(sizes).flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>()
    };
    let images = [header(0x803, &[2, 28, 28]), vec![9; 2 * 784]].concat();
    let labels = [header(0x801, &[2]), vec![4, 7]].concat();
    let digits = Digits::from_idx(&images, &labels).unwrap();
    let (image, label) = digits.get(1).unwrap();
    assert_eq!((digits.len(), label, image[0], image[2 * 32 + 2], image[29 * 32 + 29]), (2, 7, 0, 9, 9));
    assert!(digits.get(2).is_err());
    for (images, labels) in [(&images[..20], &labels[..]), (&images, &images), (&labels, &images), (&[], &[])]
    {
        assert!(matches!(Digits::from_idx(images, labels), Err(Error::Data(_))));
    }
}

#[test]
fn a_lesson_goes_in_order_and_its_update_lowers_the_loss() {
    let mut lesson = Lesson::new(42);
    let kind = loss("mse").unwrap();
    assert!(matches!(lesson.loss(3, kind), Err(Error::TooEarly { before: "forward", .. })));
    assert!(matches!(lesson.backward(), Err(Error::TooEarly { before: "loss", .. })));
    assert!(matches!(lesson.update(0.1), Err(Error::TooEarly { .. })));
    let (image, label) = sample(11, 3);
    lesson.forward(&image).unwrap();
    let before = lesson.loss(label, kind).unwrap();
    assert!(matches!(lesson.update(0.1), Err(Error::TooEarly { before: "backward", .. })));
    let gradients = lesson.backward().unwrap();
    let weights = lesson.network().state().parameters()[6].values.clone();
    let update = lesson.update(0.1).unwrap();
    assert_eq!(update.loss_before, before);
    assert!(update.loss_after < before);
    let after = &lesson.network().state().parameters()[6].values;
    let by_hand = weights.iter().zip(&gradients[6].1).map(|(weight, gradient)| weight - 0.1 * gradient);
    assert!(by_hand.zip(after).all(|(hand, after)| (hand - after).abs() < 1e-6));
}
