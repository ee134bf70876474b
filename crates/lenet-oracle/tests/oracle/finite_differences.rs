//! Every gradient of the network against central differences of its loss, (f(x + h) − f(x − h)) / 2h, in f64.

use lenet_oracle::{Activations, LeNet, Precision, Tensor, cross_entropy, mse};

use crate::random::Random;

/// Of f'''·h²/6 and u·f/h, the errors of a central difference, the second is the larger one here: about
/// 1e-10.
const STEP: f64 = 1e-6;
const TOLERANCE: f64 = 2e-9;

#[derive(Clone, Copy, Debug)]
enum Loss {
    CrossEntropy,
    Smoothed,
    Mse,
}

struct Setting {
    net: LeNet,
    images: Tensor,
    target: Tensor,
    loss: Loss,
}

/// The loss, its gradient at the output, and which way ReLUs and max-pools decided.
struct Point {
    activations: Activations,
    loss: f64,
    gradient: Tensor,
}

impl Setting {
    fn new(loss: Loss) -> Self {
        let mut random = Random::new(7);
        let (net, images, target) = (random.net(), random.tensor(&[2, 1, 32, 32]), random.tensor(&[2, 10]));
        Self { net, images, target, loss }
    }

    fn point(&self) -> Point {
        let p = &Precision::EXACT;
        let activations = self.net.forward(&self.images, p);
        let result = match self.loss {
            Loss::CrossEntropy => cross_entropy(&activations.output, &[3, 8], 0.0, p),
            Loss::Smoothed => cross_entropy(&activations.output, &[3, 8], 0.1, p),
            Loss::Mse => mse(&activations.output, &self.target, p),
        };
        Point { activations, loss: result.loss.value, gradient: result.gradient }
    }

    /// Tensor `index` of the ten parameters and, last, the images.
    fn tensor(&mut self, index: usize) -> &mut Tensor {
        self.net.parameters_mut().get_mut(index).unwrap_or(&mut self.images)
    }

    /// The derivative along `direction` of that tensor; `None` where a decision changes within the step.
    fn difference(&mut self, index: usize, direction: &[(usize, f64)]) -> Option<f64> {
        let old = self.tensor(index).values.clone();
        let mut at = |step: f64| {
            let values = &mut self.tensor(index).values;
            values.clone_from(&old);
            direction.iter().for_each(|(place, amount)| values[*place] += step * amount);
            self.point()
        };
        let (above, below) = (at(STEP), at(-STEP));
        self.tensor(index).values = old;
        let same = decisions(&above.activations) == decisions(&below.activations);
        same.then(|| (above.loss - below.loss) / (2.0 * STEP))
    }

    fn gradients(&self) -> Vec<Tensor> {
        let point = self.point();
        let gradients =
            self.net.backward(&self.images, &point.activations, &point.gradient, &Precision::EXACT);
        gradients.named().map(|(_, gradient)| gradient.clone()).collect()
    }
}

/// Which ReLUs are open, and which of the layer's numbers each window chose.
fn decisions(a: &Activations) -> Vec<bool> {
    let open = [&a.before_c1, &a.before_c3, &a.before_f5, &a.before_f6];
    let open = open.into_iter().flat_map(|x| x.values.iter().map(|x| *x > 0.0));
    let chosen = [(&a.c1, &a.s2), (&a.c3, &a.s4)].into_iter().flat_map(|(layer, pooled)| {
        let width = layer.shape[3];
        layer.values.iter().enumerate().map(move |(at, x)| {
            let (row, column) = (at / width, at % width);
            *x == pooled.values[row / 2 * (width / 2) + column / 2]
        })
    });
    open.chain(chosen).collect()
}

/// All biases and all of conv1, some of the other weights and of the pixels.
#[test]
fn single_derivatives_are_the_gradients_entries() {
    let mut setting = Setting::new(Loss::CrossEntropy);
    let mut random = Random::new(1);
    let (mut skipped, mut compared) = (0, 0);
    for (index, gradient) in setting.gradients().iter().enumerate() {
        let len = gradient.values.len();
        let all = len <= 150;
        for number in 0..len.min(150) {
            let place = if all { number } else { random.below(len) };
            let Some(found) = setting.difference(index, &[(place, 1.0)]) else {
                skipped += 1;
                continue;
            };
            compared += 1;
            let expected = gradient.values[place];
            assert!((found - expected).abs() <= TOLERANCE, "{index}, {place}: {found} not {expected}");
        }
    }
    assert!(compared >= 1000 && skipped <= compared / 100, "{compared} compared, {skipped} at kinks");
}

/// Along a random direction all entries of a gradient count at once.
#[test]
fn derivatives_along_random_directions_are_the_gradients_products_with_them() {
    for loss in [Loss::CrossEntropy, Loss::Smoothed, Loss::Mse] {
        let mut setting = Setting::new(loss);
        let mut random = Random::new(2);
        for (index, gradient) in setting.gradients().iter().enumerate() {
            let mut compared = 0;
            for _ in 0..5 {
                let length = (gradient.values.len() as f64).sqrt();
                let direction: Vec<f64> =
                    gradient.values.iter().map(|_| f64::from(random.unit()) / length).collect();
                let pairs: Vec<(usize, f64)> = direction.iter().copied().enumerate().collect();
                let Some(found) = setting.difference(index, &pairs) else { continue };
                let expected: f64 = gradient.values.iter().zip(&direction).map(|(g, d)| g * d).sum();
                compared += 1;
                assert!((found - expected).abs() <= TOLERANCE, "{loss:?}, {index}: {found} not {expected}");
            }
            assert!(compared > 0, "{loss:?}, {index}: every direction crosses a kink");
        }
    }
}
