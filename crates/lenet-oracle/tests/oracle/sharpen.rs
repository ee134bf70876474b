//! Sharpened bounds hold against errors that conspire, and little is left between.

use lenet_oracle::{
    Activations, LeNet, Precision, Tensor, conv2d, conv2d_backward, linear, linear_backward, max_pool,
    max_pool_backward, relu, relu_backward,
};

use crate::random::Random;

const EXACT: Precision = Precision::EXACT;

/// A network, and its activations before and after.
fn sharpened() -> (LeNet, Activations, Activations) {
    let mut random = Random::new(7);
    let (net, images) = (random.net(), random.tensor(&[2, 1, 32, 32]));
    let plain = net.forward(&images, &Precision::F32);
    let mut sharp = plain.clone();
    net.sharpen(&mut sharp);
    (net, plain, sharp)
}

/// The logits that follow from S2, in f64.
fn logits(net: &LeNet, s2: &Tensor) -> Tensor {
    let p = net.parameters();
    let s4 = max_pool(&relu(&conv2d(s2, &p[2], &p[3], &EXACT)));
    let f5 = relu(&linear(&s4.reshape(&[2, 400]), &p[4], &p[5], &EXACT));
    linear(&relu(&linear(&f5, &p[6], &p[7], &EXACT)), &p[8], &p[9], &EXACT)
}

#[test]
fn no_bound_grows_and_that_of_the_output_becomes_a_tenth() {
    let (_, plain, sharp) = sharpened();
    for ((name, plain), (_, sharp)) in plain.named().into_iter().zip(sharp.named()) {
        assert_eq!(plain.values, sharp.values);
        assert!(plain.hard.iter().zip(&sharp.hard).all(|(plain, sharp)| sharp <= plain), "{name}");
    }
    let largest = |tensor: &Tensor| tensor.hard.iter().fold(0.0_f64, |a, b| a.max(*b));
    assert!(largest(&sharp.output) < 0.1 * largest(&plain.output));
}

/// The worst that errors in S2 can do to a logit is to have, each of them, the sign of the logit's derivative
/// there.
#[test]
fn errors_of_s2_that_conspire_against_a_logit_stay_within_its_bound() {
    let (net, _, sharp) = sharpened();
    let s2 = sharp.s2.without_bounds();
    let undisturbed = logits(&net, &s2);
    for logit in 0..20 {
        let mut disturbed = s2.clone();
        for (place, sign) in derivative_signs(&net, &s2, logit).into_iter().enumerate() {
            disturbed.values[place] += sign * sharp.s2.hard[place];
        }
        let error = logits(&net, &disturbed).values[logit] - undisturbed.values[logit];
        let share = error.abs() / sharp.output.hard[logit];
        assert!(share <= 1.0, "logit {logit}: {share}");
        assert!(share >= 0.02, "logit {logit}: {share}, the bound is not sharp");
    }
}

/// Signs of the derivatives of a logit with respect to S2.
fn derivative_signs(net: &LeNet, s2: &Tensor, logit: usize) -> Vec<f64> {
    let p = net.parameters();
    let c3 = conv2d(s2, &p[2], &p[3], &EXACT);
    let s4 = max_pool(&relu(&c3));
    let flat = s4.clone().reshape(&[2, 400]);
    let before_f5 = linear(&flat, &p[4], &p[5], &EXACT);
    let f5 = relu(&before_f5);
    let before_f6 = linear(&f5, &p[6], &p[7], &EXACT);
    let mut one = Tensor::exact(&[2, 10], vec![0.0; 20]);
    one.values[logit] = 1.0;
    let f6 = linear_backward(&relu(&before_f6), &p[8], &one, &EXACT).x;
    let f5 = linear_backward(&f5, &p[6], &relu_backward(&before_f6, &f6), &EXACT).x;
    let s4_gradient = linear_backward(&flat, &p[4], &relu_backward(&before_f5, &f5), &EXACT).x;
    let pooled = max_pool_backward(&relu(&c3), &s4_gradient.reshape(&s4.shape));
    let gradient = conv2d_backward(s2, &p[2], &relu_backward(&c3, &pooled), &EXACT).x;
    gradient.values.iter().map(|derivative| derivative.signum()).collect()
}
