//! One linear layer and points, small enough to follow by hand.

use burn::data::dataset::InMemDataset;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use lenet_data::{BurnSamples, Loader};
use lenet_train::{Hook, Outcome, Schedule, Trainer, mse};

/// Input and target.
pub type Sample = ([f32; 2], f32);

#[derive(Module, Debug)]
pub struct Net {
    pub layer: Linear,
}

impl Net {
    pub fn new() -> Self {
        let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap().autodiff();
        let weight = Param::from_data(TensorData::new(vec![0.5_f32, -0.25], [2, 1]), &device);
        let bias = Some(Param::from_data(TensorData::new(vec![0.125_f32], [1]), &device));
        Self { layer: Linear { weight, bias } }
    }

    /// Both weights and the bias.
    pub fn values(&self) -> Vec<f32> {
        let Linear { weight, bias } = self.valid().layer;
        let read = |data: TensorData| data.try_into_vec::<f32>().unwrap();
        [read(weight.val().into_data()), read(bias.unwrap().val().into_data())].concat()
    }
}

pub fn samples(count: usize) -> Vec<Sample> {
    (0..count).map(|i| ([(i % 5) as f32 - 2.0, (i % 3) as f32], (i % 7) as f32)).collect()
}

pub fn loader(count: usize, batch: usize) -> Loader<BurnSamples<InMemDataset<Sample>, Sample>> {
    Loader::new(BurnSamples::new(InMemDataset::new(samples(count))), batch).unwrap()
}

pub fn loss(net: &Net, batch: Vec<Sample>) -> Tensor<1> {
    let device = net.layer.weight.device();
    let size = batch.len();
    let inputs: Vec<f32> = batch.iter().flat_map(|(input, _)| *input).collect();
    let targets: Vec<f32> = batch.iter().map(|(_, target)| *target).collect();
    let inputs = Tensor::<2>::from_data(TensorData::new(inputs, [size, 2]), &device);
    mse(net.layer.forward(inputs), Tensor::from_data(TensorData::new(targets, [size, 1]), &device))
}

/// Plain SGD at a rate of 0.1.
pub fn trainer<'a>() -> Trainer<'a, Net, Vec<Sample>> {
    Trainer::new(loss).schedule(Schedule::Constant { learning_rate: 0.1 })
}

/// One epoch with a hook.
pub fn fit(hook: impl Hook<Net, Vec<Sample>>, count: usize, batch: usize) -> Outcome<Net> {
    trainer().hook(hook).fit(Net::new(), &loader(count, batch)).unwrap()
}

pub fn close(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() <= 2e-6 * (1.0 + a.abs()))
}
