//! The linear layer.

use super::*;
use crate::kernels::linear::*;

pub(super) struct Case {
    pub isa: Isa,
    pub batch: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub relu: bool,
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
    pub fn new(isa: Isa, sizes: [usize; 3], relu: bool, draw: fn(u64, usize) -> Vec<f32>) -> Self {
        let [batch, inputs, outputs] = sizes;
        let (x, weight) = (draw(1, batch * inputs), draw(2, inputs * outputs));
        Self {
            isa,
            batch,
            inputs,
            outputs,
            relu,
            x,
            weight,
            bias: draw(3, outputs),
            gy: draw(4, batch * outputs),
        }
    }

    pub fn run(&self) -> Results {
        let layer = Linear { weight: &self.weight, bias: &self.bias, relu: self.relu };
        let y = linear_forward(self.isa, layer, &self.x);
        let LinearGradients { weight, bias, x } =
            linear_backward(self.isa, layer, &self.x, &y, &self.gy, true);
        Results { y, weight, bias, x: x.unwrap() }
    }

    /// Which outputs pass their gradient on is read off the kernel's own `y`, which is checked before.
    fn reference(&self, actual: &[f32]) -> [Vec<Sum>; 4] {
        let sums = |n: usize| vec![Sum::default(); n];
        let [mut y, mut gw, mut gb, mut gx] =
            [sums(self.gy.len()), sums(self.weight.len()), sums(self.outputs), sums(self.x.len())];
        for at in 0..self.gy.len() {
            let (b, n) = (at / self.outputs, at % self.outputs);
            let g = if self.relu && actual[at] <= 0.0 { 0.0 } else { f64::from(self.gy[at]) };
            y[at].add(f64::from(self.bias[n]));
            gb[n].add(g);
            for k in 0..self.inputs {
                let (x, w) =
                    (f64::from(self.x[b * self.inputs + k]), f64::from(self.weight[k * self.outputs + n]));
                y[at].add(x * w);
                gw[k * self.outputs + n].add(x * g);
                gx[b * self.inputs + k].add(g * w);
            }
            if self.relu {
                y[at].value = y[at].value.max(0.0);
            }
        }
        [y, gw, gb, gx]
    }
}

fn sizes() -> BoxedStrategy<[usize; 3]> {
    if cfg!(miri) {
        return [0..10usize, 1..20, 1..20].boxed();
    }
    let batch = prop_oneof![4 => 0..20usize, 1 => 250..300usize];
    let lenet = prop::sample::select(vec![[400, 120], [120, 84], [84, 10]]);
    // One row is computed in up to 8 vectors of 16 columns at once.
    let any = (1..70usize, 1..150usize).prop_map(|(k, n)| [k, n]);
    (batch, prop_oneof![1 => lenet, 3 => any]).prop_map(|(batch, [k, n])| [batch, k, n]).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn whole_numbers_come_out_exactly(isa in isa(), sizes in sizes(), relu: bool) {
        let case = Case::new(isa, sizes, relu, whole);
        let results = case.run();
        let [y, gw, gb, gx] = case.reference(&results.y);
        assert_exact("y", &results.y, &y);
        assert_exact("gw", &results.weight, &gw);
        assert_exact("gb", &results.bias, &gb);
        assert_exact("gx", &results.x, &gx);
    }

    #[test]
    fn sums_stay_within_the_bound(isa in isa(), sizes in sizes(), relu: bool) {
        let case = Case::new(isa, sizes, relu, numbers);
        let results = case.run();
        let [y, gw, gb, gx] = case.reference(&results.y);
        assert_within("y", &results.y, &y, case.inputs + 1);
        assert_within("gw", &results.weight, &gw, case.batch + 1);
        assert_within("gb", &results.bias, &gb, case.batch + 1);
        assert_within("gx", &results.x, &gx, case.outputs + 1);
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it(isa in isa(), sizes in sizes(), relu: bool) {
        let case = Case::new(isa, sizes, relu, numbers);
        let y = case.run().y;
        for (x, expected) in case.x.chunks(case.inputs).zip(y.chunks(case.outputs)) {
            let alone = linear_forward(isa, Linear { weight: &case.weight, bias: &case.bias, relu }, x);
            prop_assert_eq!(&alone[..], expected);
        }
    }
}

#[test]
fn nan_passes_the_relu() {
    for isa in Isa::available() {
        let mut case = Case::new(isa, [5, 40, 30], true, numbers);
        case.x[2 * 40 + 7] = f32::NAN;
        let y = case.run().y;
        assert!(y.iter().enumerate().all(|(at, y)| y.is_nan() == (at / 30 == 2)), "{isa}");
    }
}
