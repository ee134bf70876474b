//! The convolution block on any shape.

use super::*;
use crate::kernels::conv::*;

/// A batch with everything that goes in and comes out.
pub(super) struct Case {
    pub isa: Isa,
    pub shape: ConvShape,
    pub batch: usize,
    pub layouts: [Layout; 2],
    pub x: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub gy: Vec<f32>,
}

pub(super) struct Results {
    pub y: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub x: Vec<f32>,
}

impl Case {
    pub fn new(
        isa: Isa,
        shape: ConvShape,
        batch: usize,
        layouts: [Layout; 2],
        draw: fn(u64, usize) -> Vec<f32>,
    ) -> Self {
        Self {
            isa,
            shape,
            batch,
            layouts,
            x: draw(1, batch * shape.image()),
            weight: draw(2, shape.filters * shape.patch()),
            bias: draw(3, shape.filters),
            gy: draw(4, batch * shape.pooled()),
        }
    }

    /// Forward and backward.
    pub fn run(&self) -> Results {
        let x = Images { data: &self.x, layout: self.layouts[0] };
        let weights = ConvWeights { weight: &self.weight, bias: &self.bias };
        let (y, routes) = conv_forward(self.isa, self.shape, x, weights, self.layouts[1], true);
        let gy = Images { data: &self.gy, layout: self.layouts[1] };
        let of_x = Some(self.layouts[0]);
        let ConvGradients { weight, bias, x } =
            conv_backward(self.isa, self.shape, x, &self.weight, &routes, gy, of_x);
        Results { y, weight, bias, x: x.unwrap() }
    }
}

struct Expected {
    y: Vec<Sum>,
    weight: Vec<Sum>,
    bias: Vec<Sum>,
    x: Vec<Sum>,
}

/// The definition, in loops. With `margin` the gradient of windows whose winner hangs on rounding is set to
/// zero.
fn reference(case: &mut Case, margin: bool) -> Expected {
    let (s, [from, to]) = (case.shape, case.layouts);
    let (h2, w2, k) = (s.pooled_height(), s.pooled_width(), s.kernel);
    let place = |strides: [usize; 3], row: usize, column: usize, channel: usize| {
        row * strides[0] + column * strides[1] + channel * strides[2]
    };
    let (xs, ys) = (from.strides(s.channels, s.height, s.width), to.strides(s.filters, h2, w2));
    let sums = |n: usize| vec![Sum::default(); n];
    let mut expected = Expected {
        y: sums(case.gy.len()),
        weight: sums(case.weight.len()),
        bias: sums(case.bias.len()),
        x: sums(case.x.len()),
    };
    for (n, row, column, filter) in itertools(case.batch, h2, w2, s.filters) {
        let terms = |q: usize| {
            let mut terms = Vec::new();
            for (c, ky, kx, _) in itertools(s.channels, k, k, 1) {
                let x = n * s.image() + place(xs, 2 * row + q / 2 + ky, 2 * column + q % 2 + kx, c);
                terms.push((x, ((filter * s.channels + c) * k + ky) * k + kx));
            }
            terms
        };
        let candidates = [0, 1, 2, 3].map(|q| {
            let mut sum = Sum::default();
            sum.add(f64::from(case.bias[filter]));
            terms(q).iter().for_each(|&(x, w)| sum.add(f64::from(case.x[x]) * f64::from(case.weight[w])));
            sum
        });
        let best =
            (1..4).fold(0, |best, q| if candidates[q].value > candidates[best].value { q } else { best });
        let at = n * s.pooled() + place(ys, row, column, filter);
        let widest = candidates.iter().map(|c| c.magnitude).fold(0.0, f64::max);
        expected.y[at] = Sum { value: candidates[best].value.max(0.0), magnitude: widest };
        let bound = expected.y[at].bound(s.patch() + 1);
        let close = |other: f64| (candidates[best].value - other).abs() <= 2.0 * bound;
        if margin && (close(0.0) || (0..4).any(|q| q != best && close(candidates[q].value))) {
            case.gy[at] = 0.0;
        }
        if candidates[best].value > 0.0 {
            let g = f64::from(case.gy[at]);
            expected.bias[filter].add(g);
            for (x, w) in terms(best) {
                expected.weight[w].add(g * f64::from(case.x[x]));
                expected.x[x].add(g * f64::from(case.weight[w]));
            }
        }
    }
    expected
}

/// All quadruples below four limits.
fn itertools(a: usize, b: usize, c: usize, d: usize) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..a * b * c * d).map(move |i| (i / (b * c * d), i / (c * d) % b, i / d % c, i % d))
}

fn layout() -> impl Strategy<Value = Layout> {
    prop::sample::select(vec![Layout::ChannelsFirst, Layout::ChannelsLast])
}

/// LeNet's two blocks and anything else.
pub(super) fn shape() -> BoxedStrategy<ConvShape> {
    // Few where every memory access is checked.
    let [few, many, far] = if cfg!(miri) { [3_usize, 4, 4] } else { [9, 40, 20] };
    let side = move || prop_oneof![4 => 1..far.min(8), 1 => far / 2..far];
    let kernel = prop_oneof![Just(1usize), Just(3), Just(5), Just(7)];
    let any = (1..few, side(), side(), 1..many, kernel).prop_map(|(channels, h2, w2, filters, kernel)| {
        ConvShape { channels, height: 2 * h2 + kernel - 1, width: 2 * w2 + kernel - 1, filters, kernel }
    });
    if cfg!(miri) {
        any.boxed()
    } else {
        prop_oneof![1 => Just(LENET_1), 1 => Just(LENET_2), 4 => any].boxed()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn whole_numbers_come_out_exactly(isa in isa(), shape in shape(), batch in 0..4usize, from in layout(), to in layout()) {
        let mut case = Case::new(isa, shape, batch, [from, to], whole);
        let (results, expected) = (case.run(), reference(&mut case, false));
        assert_exact("y", &results.y, &expected.y);
        assert_exact("gw", &results.weight, &expected.weight);
        assert_exact("gb", &results.bias, &expected.bias);
        assert_exact("gx", &results.x, &expected.x);
    }

    #[test]
    fn sums_stay_within_the_bound(isa in isa(), shape in shape(), batch in 1..4usize, from in layout(), to in layout()) {
        let mut case = Case::new(isa, shape, batch, [from, to], numbers);
        let expected = reference(&mut case, true);
        let results = case.run();
        let windows = batch * shape.pooled_height() * shape.pooled_width();
        assert_within("y", &results.y, &expected.y, shape.patch() + 1);
        assert_within("gw", &results.weight, &expected.weight, windows + 1);
        assert_within("gb", &results.bias, &expected.bias, windows + 1);
        assert_within("gx", &results.x, &expected.x, shape.filters * (shape.kernel + 1).pow(2) + 1);
    }

    #[test]
    fn inference_gives_the_bits_of_training(isa in isa(), shape in shape(), from in layout(), to in layout()) {
        let case = Case::new(isa, shape, 2, [from, to], numbers);
        let weights = ConvWeights { weight: &case.weight, bias: &case.bias };
        let x = Images { data: &case.x, layout: from };
        prop_assert_eq!(conv_forward(isa, shape, x, weights, to, false).0, case.run().y);
    }
}
