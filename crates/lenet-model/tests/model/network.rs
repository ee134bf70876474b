//! Shapes, activations and initial weights.

use burn::module::Module;
use lenet_model::{LeNet, StateDict};
use proptest::prelude::*;

use crate::{device, images};

#[test]
fn has_ten_parameter_tensors_of_61706_numbers() {
    let net = LeNet::new(1, &device());
    assert_eq!((net.state_dict().unwrap().parameters().len(), net.num_params()), (10, 61_706));
}

#[test]
fn activations_have_the_shapes_of_the_picture() {
    let a = LeNet::new(1, &device()).activations(images(2));
    assert_eq!([a.c1.dims(), a.s2.dims()], [[2, 6, 28, 28], [2, 6, 14, 14]]);
    assert_eq!([a.c3.dims(), a.s4.dims()], [[2, 16, 10, 10], [2, 16, 5, 5]]);
    assert_eq!([a.f5.dims(), a.f6.dims(), a.output.dims()], [[2, 120], [2, 84], [2, 10]]);
}

/// `forward` goes through the fused operations, `activations` through Burn's, which sum in another order. At
/// these weights no activation is above 1, and a logit has at most 26 + 151 + 401 + 121 + 85 roundings behind
/// it.
#[test]
fn the_last_activation_is_what_forward_returns_but_for_rounding() {
    let net = LeNet::new(1, &device());
    let output = net.activations(images(5)).output;
    let difference: f32 = (net.forward(images(5)) - output).abs().max().into_scalar();
    assert!(difference <= 784.0 * f32::EPSILON, "{difference}");
}

#[test]
fn initial_weights_are_the_bits_of_their_seed() {
    let of = |seed| StateDict::random(seed);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
    // Written down on the first day. If they change, no run of before can be repeated from its seed.
    let first: Vec<u32> = of(42).parameters()[0].values[..4].iter().map(|value| value.to_bits()).collect();
    assert_eq!(first, [3185707127, 1033175651, 3188774680, 1043885771]);
}

#[test]
fn initial_weights_are_the_same_after_a_trip_over_the_device() {
    assert_eq!(LeNet::new(42, &device()).state_dict().unwrap(), StateDict::random(42));
}

/// Of half a dozen roundings of numbers below 1, the bound is well above.
#[test]
fn edges_are_those_of_their_formula_and_the_rest_is_random() {
    let (random, edges) = (StateDict::random(7), StateDict::random_with_edges(7));
    assert_eq!(edges.parameters()[1..], random.parameters()[1..]);
    let [random, edges] = [&random, &edges].map(|state| &state.parameters()[0].values);
    for (place, (&random, &edge)) in random.iter().zip(edges).enumerate() {
        let [filter, row, column] = [place / 25, place / 5 % 5, place % 5].map(|index| index as f64);
        let (x, y, angle) = (column - 2.0, row - 2.0, (60.0 * filter).to_radians());
        let wave = (-(x * x + y * y) / 4.0).exp() * (angle.cos() * x + angle.sin() * y);
        let expected = 0.3 * f64::from(random) + 0.25 * wave;
        assert!((f64::from(edge) - expected).abs() < 1e-6, "weight {place}: {edge}, not {expected}");
    }
}

#[test]
fn edges_are_the_bits_of_their_seed() {
    let of = |seed| StateDict::random_with_edges(seed);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}

proptest! {
    #[test]
    fn initial_weights_are_uniform_within_one_over_root_fan_in(seed: u64) {
        let fan_in = [25, 25, 150, 150, 400, 400, 120, 120, 84, 84];
        for (parameter, fan_in) in StateDict::random(seed).parameters().iter().zip(fan_in) {
            let bound = 1.0 / f64::from(fan_in).sqrt();
            let scaled = parameter.values.iter().map(|&value| f64::from(value) / bound);
            prop_assert!(scaled.clone().all(|value| value.abs() <= 1.0 + 1e-7));
            // The variance of a uniform number in ±1 is 1/3, and that of its square 4/45: six standard errors.
            let n = parameter.values.len() as f64;
            let variance = scaled.map(|value| value * value).sum::<f64>() / n;
            prop_assert!((variance - 1.0 / 3.0).abs() < 6.0 * (4.0 / 45.0 / n).sqrt(), "{variance}");
        }
    }
}
