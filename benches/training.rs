//! Whole training steps: forward, loss, backward, optimizer.

use std::error::Error;
use std::time::Instant;

use burn::optim::GradientsParams;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use lenet_backend::Device;
use lenet_bench::{BATCHES, devices, wait_for};
use lenet_data::{Samples, synthetic};
use lenet_model::LeNet;
use lenet_train::{Loss, Optimizer};

/// Small enough that the training diverges at no batch size.
const LEARNING_RATE: f64 = 0.001;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for (backend, device) in devices()? {
        let device = device.autodiff();
        let momentum = Optimizer::sgd().momentum(0.9);
        let name = format!("training/{backend}/cross-entropy, momentum");
        training(&mut criterion, &name, Loss::CrossEntropy, momentum, &device)?;
        let name = format!("training/{backend}/mse, sgd");
        training(&mut criterion, &name, Loss::Mse, Optimizer::sgd(), &device)?;
    }
    criterion.final_summary();
    Ok(())
}

fn training(
    criterion: &mut Criterion,
    name: &str,
    loss: Loss,
    optimizer: Optimizer,
    device: &Device,
) -> Result<(), lenet_data::Error> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).sampling_mode(SamplingMode::Flat);
    for size in BATCHES {
        let digits = synthetic::digits(0, 0..size as u64)?;
        let batch = digits.gather(&(0..size).collect::<Vec<_>>())?.to_device(device);
        let (net, mut optimizer) = (LeNet::new(42, device), optimizer.init());
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_custom(|steps| {
                // The network is moved, as in a training, so that the optimizer can update its tensors in
                // place.
                let mut net = net.clone();
                let start = Instant::now();
                for _ in 0..steps {
                    let loss = loss.forward(net.forward(batch.images.clone()), batch.labels.clone());
                    let gradients = GradientsParams::from_grads(loss.backward(), &net);
                    net = optimizer.step(LEARNING_RATE, net, gradients);
                }
                wait_for(device);
                start.elapsed()
            });
        });
    }
    group.finish();
    Ok(())
}
