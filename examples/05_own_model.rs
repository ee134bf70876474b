//! A custom model and data set: classifies points by which of two spirals they lie on. The loop takes any
//! module and any samples.

use std::error::Error;
use std::f32::consts::PI;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_data::{Loader, Samples};
use lenet_train::{Loss, Optimizer, OptimizerKind, Schedule, Trainer};

/// Three layers with tanh between them: `[batch, 2]` → `[batch, 2]`.
#[derive(Module, Debug)]
struct Net {
    first: Linear,
    second: Linear,
    output: Linear,
}

impl Net {
    fn new(device: &Device) -> Self {
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
        Self { first: linear(2, 32), second: linear(32, 32), output: linear(32, 2) }
    }

    fn forward(&self, points: Tensor<2>) -> Tensor<2> {
        let hidden = self.first.forward(points).tanh();
        let hidden = self.second.forward(hidden).tanh();
        self.output.forward(hidden)
    }
}

/// Points of two spirals that wind around each other once and a half.
struct Spirals {
    points: usize,
}

/// Points `[batch, 2]` and their spirals `[batch]`, on the host.
struct Points {
    places: Vec<f32>,
    spirals: Vec<i64>,
}

impl Samples for Spirals {
    type Batch = Points;

    fn len(&self) -> usize {
        self.points
    }

    /// Computes the points. A data set on a disk would read them and return read errors.
    fn gather(&self, indices: &[usize]) -> Result<Points, lenet_data::Error> {
        let spirals = indices.iter().map(|index| (index % 2) as i64).collect();
        let place = |&index: &usize| {
            let radius = (index as f32 + 1.0) / self.points as f32;
            let angle = 3.0 * PI * radius + PI * (index % 2) as f32;
            [radius * angle.cos(), radius * angle.sin()]
        };
        Ok(Points { places: indices.iter().flat_map(place).collect(), spirals })
    }
}

impl Points {
    fn to_device(&self, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let size = self.spirals.len();
        let places = TensorData::new(self.places.clone(), [size, 2]);
        let spirals = TensorData::new(self.spirals.clone(), [size]);
        (Tensor::from_data(places, device), Tensor::from_data(spirals, device))
    }
}

pub fn main() -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    device.seed(1); // Burn's own layers draw their weights from the device
    let train = Loader::new(Spirals { points: 1_000 }, 50)?.shuffle(7);

    let outcome = Trainer::new(|net: &Net, points: Points| {
        let (places, spirals) = points.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(places), spirals)
    })
    .optimizer(Optimizer::new(OptimizerKind::Adam))
    .schedule(Schedule::OneCycle { peak: 0.02 })
    .epochs(60)
    .fit(Net::new(&device), &train)?;

    let test = Spirals { points: 777 }; // other points of the same spirals
    let (places, spirals) = test.gather(&(0..777).collect::<Vec<_>>())?.to_device(&device);
    let found = outcome.model.forward(places).argmax(1).squeeze_dim::<1>(1);
    let correct = found.equal(spirals).int().sum().into_scalar::<i64>();
    println!("{} parameters, {} steps", outcome.model.num_params(), outcome.steps);
    println!("{correct} of 777 points on the right spiral");
    Ok(())
}
