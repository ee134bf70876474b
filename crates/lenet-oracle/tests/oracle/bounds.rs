//! The bounds of convolutions and linear layers hold in f32 in any order, and are not far from what f32 does.

use lenet_oracle::{
    Precision, Tensor, conv2d, conv2d_backward, linear, linear_backward, relu, relu_backward,
};
use proptest::prelude::*;

use crate::arithmetic::Order;
use crate::random::Random;

type Terms = Vec<(f32, f32)>;

/// Numbers of many sizes, some of them zero.
fn numbers(random: &mut Random, shape: &[usize], spread: i32) -> (Vec<f32>, Tensor) {
    let len = shape.iter().product();
    let values: Vec<f32> = (0..len)
        .map(|_| {
            let zero = random.below(8) == 0;
            let exponent = random.below(2 * spread as usize + 1) as i32 - spread;
            if zero { 0.0 } else { random.unit() * 2.0_f32.powi(exponent) }
        })
        .collect();
    let tensor = Tensor::from_f32(shape, &values);
    (values, tensor)
}

fn within(expected: &Tensor, terms: &[Terms], order: Order) {
    let found: Vec<f32> = terms.iter().map(|terms| order.sum(terms)).collect();
    let comparison = expected.compare_f32(&found);
    assert!(comparison.hard <= 1.0 && comparison.incomparable == 0, "{order:?}: {comparison:?}");
}

/// The products that each number of y = x·wᵀ + bias is the sum of, and those of the gradients at x, w and
/// bias.
fn linear_terms([n, i, o]: [usize; 3], x: &[f32], w: &[f32], bias: &[f32], g: &[f32]) -> [Vec<Terms>; 4] {
    let y =
        |r: usize, k: usize| (0..i).map(|c| (x[r * i + c], w[k * i + c])).chain([(bias[k], 1.0)]).collect();
    let gx = |r: usize, c: usize| (0..o).map(|k| (g[r * o + k], w[k * i + c])).collect();
    let gw = |k: usize, c: usize| (0..n).map(|r| (g[r * o + k], x[r * i + c])).collect();
    let gb = |k: usize| (0..n).map(|r| (g[r * o + k], 1.0)).collect();
    [
        (0..n * o).map(|at| y(at / o, at % o)).collect(),
        (0..n * i).map(|at| gx(at / i, at % i)).collect(),
        (0..o * i).map(|at| gw(at / i, at % i)).collect(),
        (0..o).map(gb).collect(),
    ]
}

/// The same for a convolution, of images of `h`×`h` with a kernel of `k`×`k`. What of x meets what of w in
/// what of y is written down once, as triples.
fn conv_terms([n, c, o, h, k]: [usize; 5], x: &[f32], w: &[f32], bias: &[f32], g: &[f32]) -> [Vec<Terms>; 4] {
    let out = h + 1 - k;
    let [mut y, mut gx, mut gw, mut gb] =
        [n * o * out * out, n * c * h * h, o * c * k * k, o].map(|len| vec![Terms::new(); len]);
    for at_y in 0..n * o * out * out {
        let (image, filter, row, column) =
            (at_y / (o * out * out), at_y / (out * out) % o, at_y / out % out, at_y % out);
        for tap in 0..c * k * k {
            let (channel, down, right) = (tap / (k * k), tap / k % k, tap % k);
            let at_x = ((image * c + channel) * h + row + down) * h + column + right;
            let at_w = filter * c * k * k + tap;
            y[at_y].push((x[at_x], w[at_w]));
            gx[at_x].push((g[at_y], w[at_w]));
            gw[at_w].push((x[at_x], g[at_y]));
        }
        y[at_y].push((bias[filter], 1.0));
        gb[filter].push((g[at_y], 1.0));
    }
    [y, gx, gw, gb]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn linear_layers_stay_within_their_hard_bounds(
        shape in [1_usize..6, 1_usize..40, 1_usize..8],
        seed: u64,
        spread in 0..20_i32,
    ) {
        let ([n, i, o], mut random) = (shape, Random::new(seed));
        let [(x, x64), (w, w64), (b, b64), (g, g64)] =
            [&[n, i][..], &[o, i], &[o], &[n, o]].map(|shape| numbers(&mut random, shape, spread));
        let gradients = linear_backward(&x64, &w64, &g64, &Precision::F32);
        let expected =
            [linear(&x64, &w64, &b64, &Precision::F32), gradients.x, gradients.weight, gradients.bias];
        for (expected, terms) in expected.iter().zip(linear_terms(shape, &x, &w, &b, &g)) {
            Order::ALL.into_iter().for_each(|order| within(expected, &terms, order));
        }
    }

    #[test]
    fn convolutions_stay_within_their_hard_bounds(
        [n, c, o, k, more] in [1_usize..4, 1_usize..4, 1_usize..4, 1_usize..4, 0_usize..5],
        seed: u64,
        spread in 0..20_i32,
    ) {
        let (h, mut random) = (k + more, Random::new(seed));
        let out = h + 1 - k;
        let [(x, x64), (w, w64), (b, b64), (g, g64)] =
            [[n, c, h, h], [o, c, k, k], [1, 1, 1, o], [n, o, out, out]]
                .map(|shape| numbers(&mut random, &shape, spread));
        let gradients = conv2d_backward(&x64, &w64, &g64, &Precision::F32);
        let y = conv2d(&x64, &w64, &b64.reshape(&[o]), &Precision::F32);
        let terms = conv_terms([n, c, o, h, k], &x, &w, &b, &g);
        for (expected, terms) in [y, gradients.x, gradients.weight, gradients.bias].iter().zip(terms) {
            Order::ALL.into_iter().for_each(|order| within(expected, &terms, order));
        }
    }

    /// Two layers with a ReLU between them, forward and back: here the operands have errors of their own.
    #[test]
    fn errors_carried_through_layers_stay_within_the_hard_bounds(
        [n, i, m, o] in [1_usize..4, 1_usize..30, 1_usize..20, 1_usize..6],
        seed: u64,
    ) {
        let (mut random, p) = (Random::new(seed), Precision::F32);
        let [(x, x64), (w1, w1_64), (b1, b1_64), (w2, w2_64), (b2, b2_64), (g, g64)] =
            [&[n, i][..], &[m, i], &[m], &[o, m], &[o], &[n, o]]
                .map(|shape| numbers(&mut random, shape, 3));
        let before = linear(&x64, &w1_64, &b1_64, &p);
        let hidden = relu(&before);
        let last = linear_backward(&hidden, &w2_64, &g64, &p);
        let first = linear_backward(&x64, &w1_64, &relu_backward(&before, &last.x), &p);
        let y = linear(&hidden, &w2_64, &b2_64, &p);
        for order in Order::ALL {
            let sums = |terms: &[Terms]| terms.iter().map(|terms| order.sum(terms)).collect::<Vec<_>>();
            let [terms, ..] = linear_terms([n, i, m], &x, &w1, &b1, &vec![0.0; n * m]);
            let z = sums(&terms);
            let h: Vec<f32> = z.iter().map(|z| z.max(0.0)).collect();
            let [y_terms, h_terms, w2_terms, b2_terms] = linear_terms([n, m, o], &h, &w2, &b2, &g);
            let open = sums(&h_terms).into_iter().zip(&z).map(|(g, z)| if *z > 0.0 { g } else { 0.0 });
            let [_, x_terms, w1_terms, b1_terms] =
                linear_terms([n, i, m], &x, &w1, &b1, &open.collect::<Vec<_>>());
            for (expected, terms) in [
                (&y, y_terms), (&last.weight, w2_terms), (&last.bias, b2_terms),
                (&first.x, x_terms), (&first.weight, w1_terms), (&first.bias, b1_terms),
            ] {
                within(expected, &terms, order);
            }
        }
    }
}

/// A layer of 400 inputs, as F5 has them, and its sums in one order.
fn layer(order: Order) -> (Tensor, Vec<f32>) {
    let (mut random, [n, i, o]) = (Random::new(5), [50, 400, 20]);
    let [x, w, b] = [n * i, o * i, o].map(|len| random.vec(len));
    let y = linear(
        &Tensor::from_f32(&[n, i], &x),
        &Tensor::from_f32(&[o, i], &w),
        &Tensor::from_f32(&[o], &b),
        &Precision::F32,
    );
    let [terms, ..] = linear_terms([n, i, o], &x, &w, &b, &vec![0.0; n * o]);
    let found = terms.iter().map(|terms| order.sum(terms)).collect();
    (y, found)
}

#[test]
fn soft_bounds_are_rarely_exceeded() {
    for order in Order::ALL {
        let (y, found) = layer(order);
        let beyond =
            y.numbers().zip(&found).filter(|(y, found)| (f64::from(**found) - y.value).abs() > y.soft);
        assert!(beyond.count() <= found.len() / 1000, "{order:?}");
    }
}

/// The bounds go by Σ |a|·|b|. The partial sums of products of both signs, which are what is rounded, stay
/// well below.
#[test]
fn bounds_are_not_far_from_the_errors_of_a_plain_loop() {
    let (y, found) = layer(Order::Forward);
    let squares = y.numbers().zip(&found).map(|(y, found)| (f64::from(*found) - y.value).powi(2));
    let typical = (squares.sum::<f64>() / found.len() as f64).sqrt();
    let [hard, soft] = [&y.hard, &y.soft].map(|bounds| bounds.iter().fold(0.0_f64, |a, b| a.max(*b)));
    assert!(hard <= 2000.0 * typical && soft <= 400.0 * typical, "{hard:e}, {soft:e}, {typical:e}");
}

#[test]
fn a_sum_that_lacks_its_smallest_product_is_beyond_its_hard_bound() {
    let mut random = Random::new(3);
    let terms: Terms = (0..151).map(|_| (1.0 + random.unit() / 2.0, 1.0 + random.unit() / 2.0)).collect();
    let (a, b): (Vec<f32>, Vec<f32>) = terms.iter().copied().unzip();
    let [a, b] = [a, b].map(|values| Tensor::from_f32(&[1, 151], &values));
    let y = linear(&a, &b, &Tensor::from_f32(&[1], &[0.0]), &Precision::F32);
    let least = (0..151).min_by(|i, j| (terms[*i].0 * terms[*i].1).total_cmp(&(terms[*j].0 * terms[*j].1)));
    let lacking: Terms =
        terms.iter().enumerate().filter(|(i, _)| Some(*i) != least).map(|(_, term)| *term).collect();
    within(&y, &[terms], Order::Forward);
    assert!(y.compare_f32(&[Order::Forward.sum(&lacking)]).hard > 100.0);
}

#[test]
fn products_too_small_to_be_normal_are_within_the_hard_bounds() {
    let mut random = Random::new(4);
    let [a, b] = [0, 1].map(|_| random.vec(64).iter().map(|x| x.abs() * 1e-21).collect::<Vec<_>>());
    let [a64, b64] = [&a, &b].map(|values| Tensor::from_f32(&[1, 64], values));
    let y = linear(&a64, &b64, &Tensor::from_f32(&[1], &[0.0]), &Precision::F32);
    let terms: Terms = a.into_iter().zip(b).collect();
    Order::ALL.into_iter().for_each(|order| within(&y, std::slice::from_ref(&terms), order));
    assert!(y.compare_f32(&[0.0]).hard > 1.0, "CPUs do not flush to zero");
    let shader = linear(&a64, &b64, &Tensor::from_f32(&[1], &[0.0]), &Precision::WGSL);
    assert!(shader.compare_f32(&[0.0]).hard <= 1.0, "shaders may do so");
}

#[test]
fn a_sum_that_may_overflow_is_not_comparable() {
    let x = Tensor::from_f32(&[1, 2], &[3e38, -3e38]);
    let ones = Tensor::from_f32(&[1, 2], &[1.0, 1.0]);
    let y = linear(&x, &ones, &Tensor::from_f32(&[1], &[0.0]), &Precision::F32);
    assert_eq!(y.compare_f32(&[0.0]).incomparable, 1);
}
