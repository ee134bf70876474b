//! Norm, clipping and moving averages of many tensors on a GPU: the numbers of the CPU but for rounding. Without an
//! adapter the tests are skipped.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use lenet_backend::open;
use lenet_backend::optim::{Clip, Clipping, GlobalNorm, MovingAverages, moving_average};

fn gpu() -> Option<Device> {
    let device = open(&"wgpu".parse().unwrap()).ok();
    if device.is_none() {
        eprintln!("skipped: this machine has no wgpu adapter");
    }
    device
}

/// More tensors than a launch has bindings for, of odd sizes.
fn tensors(seed: usize, device: &Device) -> Vec<Tensor<2>> {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 10_007) as f32 / 5003.5 - 1.0;
    let tensor = |size: usize| {
        let numbers: Vec<f32> = (0..3 * size).map(|i| value(i + size)).collect();
        Tensor::from_data(TensorData::new(numbers, [3, size]), device)
    };
    (0..40).map(|index| tensor(1 + index * index)).collect()
}

fn numbers(tensors: Vec<Tensor<2>>) -> Vec<f32> {
    tensors.into_iter().flat_map(|tensor| tensor.into_data().try_into_vec::<f32>().unwrap()).collect()
}

fn norm(tensors: &[Tensor<2>]) -> Tensor<1> {
    let mut norm = GlobalNorm::default();
    tensors.iter().for_each(|tensor| norm.add(tensor.clone()));
    norm.get().unwrap()
}

fn clipped(clip: Clip, tensors: Vec<Tensor<2>>) -> Vec<Tensor<2>> {
    let mut clipping = Clipping::new(clip);
    tensors.into_iter().map(|tensor| clipping.add(tensor)).collect()
}

fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(0.1), "{found}, not {expected}");
    }
}

#[test]
fn the_norm_and_clipping_to_it_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    let of = |device: &Device, limit: f64| {
        let tensors = tensors(1, device);
        let norm = norm(&tensors);
        let found = norm.clone().into_scalar::<f32>();
        (found, numbers(clipped(Clip::Norm { norm, limit }, tensors)))
    };
    let cpu = open(&"flex".parse().unwrap()).unwrap();
    for limit in [0.5, 1e6, 0.0] {
        let ((norm, found), (expected_norm, expected)) = (of(&gpu, limit), of(&cpu, limit));
        assert_near(&[norm], &[expected_norm]);
        assert_near(&found, &expected);
    }
    let unchanged = tensors(1, &gpu);
    assert_eq!(of(&gpu, 1e6).1, numbers(unchanged), "a norm below the limit changes a bit");
}

#[test]
fn a_nan_makes_all_gradients_nan_when_the_norm_is_clipped_and_stays_where_it_is_when_values_are() {
    let Some(gpu) = gpu() else { return };
    let with_nan = || vec![Tensor::<2>::from_floats([[f32::NAN, 5.0]], &gpu), Tensor::ones([1, 2], &gpu)];
    let norm = norm(&with_nan());
    assert!(numbers(clipped(Clip::Norm { norm, limit: 1.0 }, with_nan())).iter().all(|x| x.is_nan()));
    let found = numbers(clipped(Clip::Value { limit: 0.5 }, with_nan()));
    assert!(found[0].is_nan());
    assert_eq!(found[1..], [0.5, 0.5, 0.5]);
}

#[test]
fn values_are_clamped_and_averages_are_taken_as_on_a_cpu() {
    let Some(gpu) = gpu() else { return };
    let cpu = open(&"flex".parse().unwrap()).unwrap();
    let [found, expected] =
        [&gpu, &cpu].map(|device| numbers(clipped(Clip::Value { limit: 0.25 }, tensors(1, device))));
    assert_eq!(found, expected);

    let mut averages = MovingAverages::new(0.9);
    let pairs = tensors(1, &gpu).into_iter().zip(tensors(2, &gpu));
    let found: Vec<_> = pairs.map(|(average, value)| averages.add(average, value)).collect();
    drop(averages);
    let pairs = tensors(1, &cpu).into_iter().zip(tensors(2, &cpu));
    let expected = pairs.map(|(average, value)| moving_average(average, value, 0.9)).collect();
    assert_near(&numbers(found), &numbers(expected));
}

#[test]
fn a_tensor_that_another_one_shares_keeps_its_numbers_there() {
    let Some(gpu) = gpu() else { return };
    let before = tensors(1, &gpu);
    let after = clipped(Clip::Value { limit: 0.0 }, before.clone());
    assert_eq!(numbers(before), numbers(tensors(1, &gpu)));
    assert!(numbers(after).iter().all(|x| *x == 0.0));
}
