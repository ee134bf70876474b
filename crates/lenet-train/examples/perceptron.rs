//! A custom module and data set: a perceptron of two layers classifies points as inside or outside of a
//! circle. The samples are one of Burn's data sets; example `05_own_model` implements `Samples` itself.

use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Tensor, TensorData};
use lenet_data::{BurnSamples, Loader};
use lenet_train::hooks::Progress;
use lenet_train::{Error, Loss, Optimizer, OptimizerKind, Schedule, Trainer};

#[derive(Module, Debug)]
struct Perceptron {
    hidden: Linear,
    output: Linear,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    let net = Perceptron {
        hidden: LinearConfig::new(2, 32).init(&device),
        output: LinearConfig::new(32, 2).init(&device),
    };
    let point = |number: u32| [number % 64, number / 64].map(|place| place as f32 / 32.0 - 1.0);
    let points: Vec<[f32; 2]> = (0..4096).map(point).collect();
    let train = Loader::new(BurnSamples::new(InMemDataset::new(points)), 64)?.shuffle(7);

    let trainer = Trainer::new(|net: &Perceptron, batch: Vec<[f32; 2]>| {
        let inside = batch.iter().map(|[x, y]| i64::from(x * x + y * y < 0.5)).collect::<Vec<_>>();
        let labels = Tensor::from_data(TensorData::new(inside, [batch.len()]), &device);
        let points = Tensor::from_data(TensorData::new(batch.concat(), [batch.len(), 2]), &device);
        Loss::CrossEntropy.forward(net.output.forward(net.hidden.forward(points).tanh()), labels)
    });
    let trainer = trainer.optimizer(Optimizer::new(OptimizerKind::Adam)).epochs(10);
    let trainer = trainer.schedule(Schedule::OneCycle { peak: 0.02 }).hook(Progress::new(10));
    let outcome: Result<_, Error> = trainer.fit(net, &train);
    println!("{} steps", outcome?.steps);
    Ok(())
}
