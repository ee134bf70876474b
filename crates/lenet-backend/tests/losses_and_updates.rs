//! The fused losses and steps of optimizers against Burn's own.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, AdamConfig, AdamWConfig, Optimizer, RmsPropConfig, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_backend::ops::{
    cross_entropy, cross_entropy_with_gradient, mse_of_labels, mse_of_labels_with_gradient,
    value_and_gradient,
};
use lenet_backend::optim::{GlobalNorm, Update, UpdateRule, clamp, moving_average, scale, update};
use lenet_backend::{Backend, open};
use proptest::prelude::*;

/// The CPU backends of this build.
fn devices() -> Vec<Device> {
    let cpu = [Backend::Flex, Backend::NdArray].into_iter().filter(|backend| backend.is_compiled_in());
    cpu.map(|backend| open(&backend.to_string().parse().unwrap()).unwrap()).collect()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// Numbers of every size from 2⁻²⁰ to 2⁴ and either sign, one in eleven zero.
fn spread(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let mut number = || {
        let (random, exponent) = (next(), (next() % 25) as i32 - 20);
        let size = (1.0 + (random % 4096) as f32 / 4096.0) * 2.0_f32.powi(exponent);
        if random % 11 == 0 { 0.0 } else { size * [1.0, -1.0][(random >> 16) as usize % 2] }
    };
    (0..count).map(|_| number()).collect()
}

/// Loss and gradient of `logits` times 2, for a gradient that has gone through another operation.
fn loss_and_gradient(
    logits: &[f32],
    labels: &[i64],
    device: &Device,
    loss: impl Fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>,
) -> (f32, Vec<f32>) {
    let data = TensorData::new(logits.to_vec(), [labels.len(), logits.len() / labels.len()]);
    let logits = Tensor::<2>::from_data(data, device).require_grad();
    let value = loss(logits.clone(), Tensor::from_data(labels, device)) * 2.0;
    let gradient = numbers(logits.grad(&value.backward()).unwrap());
    (value.into_scalar::<f32>(), gradient)
}

/// Both round differences of numbers up to `size`, the exponents, by `size`·ε each, and add up some ten
/// terms.
fn near(found: f32, expected: f32, size: f32) -> bool {
    (found - expected).abs() <= 64.0 * f32::EPSILON * size
}

proptest! {
    #[test]
    fn a_loss_with_its_gradient_has_the_bits_of_the_graph(
        batch in 1..20usize, classes in 1..13usize, seed in 0..1000u64, smoothed: bool, weighted: bool,
    ) {
        let labels: Vec<i64> = (0..batch).map(|i| (i * 7 + seed as usize) as i64 % classes as i64).collect();
        let smoothing = if smoothed { 0.125 } else { 0.0 };
        let weights: Option<Vec<f32>> = weighted.then(|| (1..=classes).map(|class| class as f32 / 4.0).collect());
        let weights = weights.as_deref();
        for device in devices() {
            let logits = Tensor::<2>::from_data(TensorData::new(spread(batch * classes, seed), [batch, classes]), &device);
            let labels = || Tensor::<1, Int>::from_data(&labels[..], &device);
            let bits = |(loss, gradient): (Tensor<1>, Tensor<2>)| (numbers(loss)[0].to_bits(), numbers(gradient));
            let by_graph = value_and_gradient(logits.clone(), |z| cross_entropy(z, labels(), smoothing, weights));
            let found = cross_entropy_with_gradient(logits.clone(), labels(), smoothing, weights);
            prop_assert_eq!(bits(found), bits(by_graph));
            let by_graph = value_and_gradient(logits.clone(), |z| mse_of_labels(z, labels()));
            prop_assert_eq!(bits(mse_of_labels_with_gradient(logits, labels())), bits(by_graph));
        }
    }
}

/// As in PyTorch, the mean of nothing is NaN, whether classes have weights or not.
#[test]
fn the_loss_of_an_empty_batch_is_nan_and_its_gradient_is_empty() {
    for device in devices() {
        for weights in [None, Some([1.0, 2.0, 3.0])] {
            let logits = Tensor::<2>::zeros([0, 3], &device.clone().autodiff()).require_grad();
            let labels =
                Tensor::<1, Int>::from_data(TensorData::new(Vec::<i64>::new(), [0]), &logits.device());
            let loss =
                cross_entropy(logits.clone(), labels, 0.1, weights.as_ref().map(|weights| &weights[..]));
            assert_eq!(logits.grad(&loss.backward()).unwrap().dims(), [0, 3]);
            assert!(loss.into_scalar::<f32>().is_nan());
        }
    }
}

proptest! {
    #[test]
    fn losses_and_their_gradients_are_burns(
        batch in 1..20usize, classes in 1..13usize, seed in 0..1000u64, smoothed: bool, weighted: bool,
    ) {
        let logits = spread(batch * classes, seed);
        let size = logits.iter().fold(1.0, |size: f32, z| size.max(z.abs()));
        let labels: Vec<i64> = (0..batch).map(|i| (i * 7 + seed as usize) as i64 % classes as i64).collect();
        let smoothing = if smoothed { 0.125 } else { 0.0 };
        let weights: Option<Vec<f32>> = weighted.then(|| (1..=classes).map(|class| class as f32 / 4.0).collect());
        for device in devices() {
            let device = device.autodiff();
            let stock = CrossEntropyLossConfig::new()
                .with_smoothing(smoothed.then_some(smoothing))
                .with_weights(weights.clone())
                .init(&device);
            let (expected, gradients) =
                loss_and_gradient(&logits, &labels, &device, |z, labels| stock.forward(z, labels));
            let (found, ours) = loss_and_gradient(&logits, &labels, &device, |z, labels| {
                cross_entropy(z, labels, smoothing, weights.as_deref())
            });
            prop_assert!(near(found, expected, 8.0 * size), "{} is {}", found, expected);
            for (found, expected) in ours.into_iter().zip(gradients) {
                prop_assert!(near(found, expected, size), "{} is {}", found, expected);
            }
        }
    }

    #[test]
    fn the_squared_error_of_labels_is_burns_of_one_hot_targets(
        batch in 1..20usize, classes in 2..13usize, seed in 0..1000u64,
    ) {
        let logits = spread(batch * classes, seed);
        let largest = logits.iter().fold(1.0, |size: f32, z| size.max(z.abs()));
        let labels: Vec<i64> = (0..batch).map(|i| (i * 5 + seed as usize) as i64 % classes as i64).collect();
        for device in devices() {
            let device = device.autodiff();
            let (expected, gradients) = loss_and_gradient(&logits, &labels, &device, |z, labels| {
                MseLoss::new().forward(z, labels.one_hot(classes).float(), Reduction::Mean)
            });
            let (found, ours) = loss_and_gradient(&logits, &labels, &device, mse_of_labels);
            prop_assert!(near(found, expected, (largest + 1.0).powi(2)), "{} is {}", found, expected);
            for (found, expected) in ours.into_iter().zip(gradients) {
                prop_assert!(near(found, expected, largest + 1.0), "{} is {}", found, expected);
            }
        }
    }
}

#[test]
fn a_label_that_is_no_class_makes_the_loss_nan() {
    for device in devices() {
        let logits = Tensor::<2>::zeros([2, 3], &device);
        for label in [-1, 3] {
            let labels = || Tensor::from_data([0, label], &device);
            assert!(cross_entropy(logits.clone(), labels(), 0.0, None).into_scalar::<f32>().is_nan());
            assert!(mse_of_labels(logits.clone(), labels()).into_scalar::<f32>().is_nan());
        }
    }
}

/// Five steps by our rule and by Burn's optimizer, from the same parameters and with the same gradients.
fn five_steps(
    count: usize,
    seed: u64,
    rule: UpdateRule,
    weight_decay: f64,
    device: &Device,
    stock: &impl Optimizer,
) -> [Vec<f32>; 2] {
    let vector = |seed| Tensor::<1>::from_data(&spread(count, seed)[..], device);
    let [mut ours, mut burns] = [vector(seed), vector(seed)];
    let (mut kept, mut state) = (Vec::new(), None);
    for step in 1..=5 {
        let gradient = vector(seed + step as u64);
        let how = Update::new(rule, step, 0.01).with_weight_decay(weight_decay);
        (ours, kept) = update(how, ours, gradient.clone(), kept);
        (burns, state) = stock.step(0.01, burns, gradient, state);
    }
    [numbers(ours), numbers(burns)]
}

/// Asserts that both agree within `error` of the step of each, and a rounding of the parameter at each step.
fn agree([ours, burns]: [Vec<f32>; 2], step: f32, error: f32) {
    for (ours, burns) in ours.into_iter().zip(burns) {
        let bound = 5.0 * (error * step + f32::EPSILON * burns.abs().max(step));
        assert!((ours - burns).abs() <= bound, "{ours} is {burns}, bound {bound}");
    }
}

/// Burn computes 1 − β₂ in f32, which is off by 1.3e-5 of it, and 1 − α by as much.
const CONSTANTS: f32 = 3e-5;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Sums and products are rounded one by one, in Burn's order, so even the bits are the same.
    #[test]
    fn sgd_and_its_momentums_have_burns_bits(count in 1..200usize, seed in 0..1000u64, momentum: bool, decay: bool) {
        let weight_decay = if decay { 0.125 } else { 0.0 };
        let penalty = decay.then(|| WeightDecayConfig::new(weight_decay as f32));
        for (device, nesterov) in devices().into_iter().flat_map(|device| [(device.clone(), false), (device, true)]) {
            let rule = match (momentum, nesterov) {
                (false, _) => UpdateRule::Sgd { momentum: 0.0 },
                (true, false) => UpdateRule::Sgd { momentum: 0.875 },
                (true, true) => UpdateRule::Nesterov { momentum: 0.875 },
            };
            let momentum = momentum.then(|| {
                MomentumConfig::new().with_momentum(0.875).with_dampening(0.0).with_nesterov(nesterov)
            });
            let stock = SgdConfig::new().with_momentum(momentum).with_weight_decay(penalty.clone()).build();
            let [ours, burns] = five_steps(count, seed, rule, weight_decay, &device, &stock);
            prop_assert_eq!(ours, burns);
        }
    }

    #[test]
    fn adaptive_optimizers_are_burns(count in 1..200usize, seed in 0..1000u64) {
        for device in devices() {
            let (betas, epsilon) = ([0.9, 0.999], 1e-4);
            let small = epsilon as f32;
            let steps = |rule, decay, stock: &dyn Fn() -> Stock| match stock() {
                Stock::Adam(stock) => five_steps(count, seed, rule, decay, &device, &stock),
                Stock::AdamW(stock) => five_steps(count, seed, rule, decay, &device, &stock),
                Stock::RmsProp(stock) => five_steps(count, seed, rule, decay, &device, &stock),
                Stock::AdaGrad(stock) => five_steps(count, seed, rule, decay, &device, &stock),
            };
            let adam = || Stock::Adam(AdamConfig::new().with_epsilon(small).build());
            agree(steps(UpdateRule::Adam { betas, epsilon }, 0.0, &adam), 0.08, CONSTANTS);
            let adamw = || Stock::AdamW(AdamWConfig::new().with_epsilon(small).with_weight_decay(0.125).build());
            agree(steps(UpdateRule::Adamw { betas, epsilon }, 0.125, &adamw), 0.08, CONSTANTS);
            let rmsprop = || {
                Stock::RmsProp(RmsPropConfig::new().with_momentum(0.5).with_epsilon(small).build())
            };
            let rule = UpdateRule::Rmsprop { alpha: 0.99, epsilon, momentum: 0.5, centered: false };
            agree(steps(rule, 0.0, &rmsprop), 0.2, CONSTANTS);
            let adagrad = || Stock::AdaGrad(AdaGradConfig::new().with_epsilon(small).build());
            agree(steps(UpdateRule::Adagrad { epsilon }, 0.0, &adagrad), 0.01, CONSTANTS);
        }
    }
}

enum Stock {
    Adam(burn::optim::Adam),
    AdamW(burn::optim::AdamW),
    RmsProp(burn::optim::RmsProp),
    AdaGrad(burn::optim::AdaGrad),
}

#[test]
fn a_tensor_that_another_shares_is_left_alone() {
    for device in devices() {
        let parameter = Tensor::<1>::from_floats([1.0, 2.0], &device);
        let other = parameter.clone();
        let how = Update::new(UpdateRule::Sgd { momentum: 0.0 }, 1, 1.0);
        let gradient = Tensor::from_floats([1.0, 1.0], &device);
        assert_eq!(numbers(update(how, parameter, gradient, Vec::new()).0), [0.0, 1.0]);
        assert_eq!(numbers(other), [1.0, 2.0]);
    }
}

#[test]
fn a_momentum_that_has_decayed_to_nothing_is_zero() {
    for device in devices() {
        let how = Update::new(UpdateRule::Sgd { momentum: 0.5 }, 2, 1.0);
        let tensor = |value: f32| Tensor::<1>::from_floats([value], &device);
        let (_, kept) = update(how, tensor(1.0), tensor(0.0), vec![tensor(f32::MIN_POSITIVE)]);
        assert_eq!(numbers(kept[0].clone()), [0.0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// In place the two products and the sum are rounded as Burn rounds them.
    #[test]
    fn a_moving_average_has_burns_bits(count in 1..200usize, seed in 0..1000u64, decay in 0.0..1.0_f64) {
        for device in devices() {
            let [average, value] = [seed, seed + 1].map(|seed| Tensor::<1>::from_data(&spread(count, seed)[..], &device));
            let expected = average.clone().mul_scalar(decay).add(value.clone().mul_scalar(1.0 - decay));
            prop_assert_eq!(numbers(moving_average(average, value, decay)), numbers(expected));
        }
    }

    #[test]
    fn scaling_and_clamping_have_burns_bits(count in 1..200usize, seed in 0..1000u64, factor in -2.0..2.0_f64) {
        for device in devices() {
            let tensor = || Tensor::<1>::from_data(&spread(count, seed)[..], &device);
            prop_assert_eq!(numbers(scale(tensor(), factor)), numbers(tensor().mul_scalar(factor)));
            let limit = factor.abs();
            prop_assert_eq!(numbers(clamp(tensor(), limit)), numbers(tensor().clamp(-limit, limit)));
        }
    }

    /// The sum is that of f64; its root, as an f32, has one more rounding.
    #[test]
    fn a_global_norm_is_that_of_f64(count in 1..400usize, cut in 0..400usize, seed in 0..1000u64) {
        let values = spread(count, seed);
        let (first, second) = values.split_at(cut.min(count));
        let expected = values.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        for device in devices() {
            let mut norm = GlobalNorm::default();
            norm.add(Tensor::<1>::from_data(first, &device));
            norm.add(Tensor::<2>::from_data(TensorData::new(second.to_vec(), [1, second.len()]), &device));
            let found = norm.get().unwrap().into_scalar::<f32>();
            prop_assert!((f64::from(found) - expected).abs() <= expected * f64::from(f32::EPSILON));
        }
    }
}

#[test]
fn numbers_that_another_tensor_shares_stay() {
    for device in devices() {
        let tensor = Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
        let (scaled, clamped) = (scale(tensor.clone(), 2.0), clamp(tensor.clone(), 1.5));
        assert_eq!(numbers(scaled), [2.0, 4.0, 6.0]);
        assert_eq!(numbers(clamped), [1.0, 1.5, 1.5]);
        assert_eq!(numbers(tensor), [1.0, 2.0, 3.0]);
    }
}

#[test]
fn a_part_of_a_tensor_is_scaled_alone() {
    for device in devices() {
        let whole = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
        assert_eq!(numbers(scale(whole.slice([1..2, 0..2]), 2.0)), [6.0, 8.0]);
    }
}

#[test]
fn clamping_keeps_nan() {
    for device in devices() {
        let numbers = numbers(clamp(Tensor::<1>::from_floats([f32::NAN, f32::INFINITY], &device), 1.0));
        assert!(numbers[0].is_nan() && numbers[1] == 1.0);
    }
}
