//! A module and samples that have nothing to do with digits: a perceptron of two layers that learns whether
//! two coordinates have the same sign.

use burn::data::dataset::InMemDataset;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_data::{BurnSamples, Loader};
use lenet_train::Loss;

use crate::device;

/// A point of the plane, and 1 if its coordinates have the same sign, else 0.
pub type Point = ([f32; 2], i64);

/// 2 inputs, 8 hidden tanh units, 2 scores.
#[derive(Module, Debug)]
pub struct Perceptron {
    pub hidden: Linear,
    pub output: Linear,
}

impl Perceptron {
    /// Weights drawn by a formula of the seed, on a device with autodiff.
    pub fn new(seed: u64) -> Self {
        let device = device().autodiff();
        let linear = |inputs: usize, outputs: usize| Linear {
            weight: Param::from_data(
                TensorData::new(noise(seed, inputs * outputs), [inputs, outputs]),
                &device,
            ),
            bias: Some(Param::from_data(TensorData::new(noise(seed + 1, outputs), [outputs]), &device)),
        };
        Self { hidden: linear(2, 8), output: linear(8, 2) }
    }

    /// `[batch, 2]` to `[batch, 2]`.
    pub fn forward(&self, points: Tensor<2>) -> Tensor<2> {
        self.output.forward(self.hidden.forward(points).tanh())
    }

    /// The bits of every parameter.
    pub fn bits(&self) -> Vec<u32> {
        let Self { hidden, output } = self.valid();
        let read = |layer: Linear| {
            let [weight, bias] = [layer.weight.val().into_data(), layer.bias.unwrap().val().into_data()];
            [weight, bias].map(|data| data.try_into_vec::<f32>().unwrap()).concat()
        };
        [read(hidden), read(output)].concat().into_iter().map(f32::to_bits).collect()
    }
}

/// The loss of a batch, on the device of the module.
pub fn loss(net: &Perceptron, batch: Vec<Point>) -> Tensor<1> {
    let (points, labels) = tensors(batch, &net.hidden.weight.device());
    Loss::CrossEntropy.forward(net.forward(points), labels)
}

/// The loss of `points` as one batch, as a number.
pub fn loss_value(net: &Perceptron, points: &[Point]) -> f32 {
    loss(&net.valid(), points.to_vec()).into_scalar()
}

/// The share of `points` that the module tells right.
pub fn accuracy(net: &Perceptron, points: &[Point]) -> f64 {
    let (inputs, labels) = tensors(points.to_vec(), &device());
    let right = net.valid().forward(inputs).argmax(1).squeeze_dim::<1>(1).equal(labels);
    right.int().sum().into_scalar::<i64>() as f64 / points.len() as f64
}

fn tensors(batch: Vec<Point>, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let size = batch.len();
    let points: Vec<f32> = batch.iter().flat_map(|(point, _)| *point).collect();
    let labels: Vec<i64> = batch.iter().map(|(_, label)| *label).collect();
    (
        Tensor::from_data(TensorData::new(points, [size, 2]), device),
        Tensor::from_data(TensorData::new(labels, [size]), device),
    )
}

/// Points in the square from -1 to 1, none close to an axis.
pub fn points(count: usize) -> Vec<Point> {
    let noise = noise(99, 4 * count);
    let away = noise.chunks_exact(2).filter(|point| point.iter().all(|x| x.abs() > 0.1));
    away.map(|point| ([point[0], point[1]], i64::from(point[0] * point[1] > 0.0))).take(count).collect()
}

/// A loader of [`points`], shuffled by 7.
pub fn loader(points: &[Point], batch_size: usize) -> Loader<BurnSamples<InMemDataset<Point>, Point>> {
    Loader::new(BurnSamples::new(InMemDataset::new(points.to_vec())), batch_size).unwrap().shuffle(7)
}

/// Numbers from -1 to 1 from a linear congruential generator (Knuth's MMIX constants).
fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count + 4).map(|_| next()).skip(4).collect()
}
