//! Training steps of the fused operations, dispatched and recorded, beside Burn's own, on several devices in turn, as a Markdown table of images/s.
//! `cargo run --release -p lenet-bench --features wgpu --bin devices -- --device wgpu` measures this machine's adapter.

use std::time::Instant;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::SgdConfig;
use burn::tensor::{Int, Tensor};
use clap::Parser;
use lenet_backend::{Device, DeviceSpec};
use lenet_bench::wait_for;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_report::numbers::median;
use lenet_train::{AnyOptimizer, Loss, Optimizer, OptimizerKind, RecordedSteps, Trainer};

#[derive(Parser)]
struct Args {
    /// Devices to measure; may be repeated
    #[arg(long = "device", default_values = ["flex", "wgpu"])]
    devices: Vec<DeviceSpec>,
    /// Batch sizes to measure; may be repeated
    #[arg(long = "batch", default_values_t = [16, 64, 256, 1024, 4096])]
    batches: Vec<usize>,
    /// Measurements of each training, of which the median is printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Least time of a measurement, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut columns = Vec::new();
    for spec in &args.devices {
        if let Some(adapter) = lenet_backend::describe(spec)? {
            println!("{spec}: {adapter}\n");
        }
        let is_gpu = spec.backend().is_gpu();
        let steps = [Some(Steps::Fused), is_gpu.then_some(Steps::Recorded), Some(Steps::Stock)];
        for steps in steps.into_iter().flatten() {
            columns.push((format!("{spec}, {}", steps.name()), steps, lenet_backend::open(spec)?));
        }
    }
    let row = |first: String, cells: Vec<String>| println!("| {first} | {} |", cells.join(" | "));
    row("batch".to_owned(), columns.iter().map(|(name, ..)| name.clone()).collect());
    row("---".to_owned(), vec!["---:".to_owned(); columns.len()]);
    for &batch in &args.batches {
        let mut rates = vec![Vec::with_capacity(args.rounds); columns.len()];
        let mut steps = Vec::with_capacity(columns.len());
        for (_, kind, device) in &columns {
            train(2, batch, *kind, device)?; // Compiles the kernels.
            let second = 2.0 / train(2, batch, *kind, device)?;
            steps.push((args.seconds * second).ceil().clamp(2.0, 2000.0) as u64);
        }
        for _ in 0..args.rounds {
            for (((_, kind, device), steps), rates) in columns.iter().zip(&steps).zip(&mut rates) {
                rates.push((*steps * batch as u64) as f64 / train(*steps, batch, *kind, device)?);
            }
        }
        let medians = rates.iter().filter_map(|rates| median(rates));
        row(batch.to_string(), medians.map(|rate| format!("{rate:.0}")).collect());
    }
    Ok(())
}

/// How the steps are computed.
#[derive(Clone, Copy)]
enum Steps {
    Fused,
    /// The fused operations, with launches that are recorded once.
    Recorded,
    /// Burn's own operations.
    Stock,
}

impl Steps {
    fn name(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Recorded => "recorded",
            Self::Stock => "Burn's own",
        }
    }
}

/// Seconds of a training of `steps` steps with SGD. The batch is on the device before, so that no copy is measured, but for
/// that into the memory that a recorded step reads.
fn train(steps: u64, batch: usize, kind: Steps, device: &Device) -> anyhow::Result<f64> {
    if let Steps::Recorded = kind {
        return train_recorded(steps, batch, device);
    }
    let fused = matches!(kind, Steps::Fused);
    let device = device.clone().autodiff();
    let images = Tensor::<4>::ones([batch, 1, 32, 32], &device);
    let labels = Tensor::<1, Int>::zeros([batch], &device);
    let loss = |net: &LeNet, _: HostBatch| match fused {
        true => Loss::CrossEntropy.forward(net.forward(images.clone()), labels.clone()),
        false => CrossEntropyLossConfig::new()
            .init(&device)
            .forward(net.activations(images.clone()).output, labels.clone()),
    };
    let optimizer: AnyOptimizer = match fused {
        true => Optimizer::new(OptimizerKind::Sgd).into(),
        false => SgdConfig::new().init().into(),
    };
    // One image a step, which the loss does not read: the loop has the length of `steps`.
    let loader = Loader::new(synthetic::digits(1, 0..steps)?, 1)?;
    let net = LeNet::new(1, &device);
    let trainer = Trainer::new(loss).optimizer(optimizer).max_steps(steps);
    wait_for(&device);
    let start = Instant::now();
    trainer.fit(net, &loader)?;
    wait_for(&device);
    Ok(start.elapsed().as_secs_f64())
}

fn train_recorded(steps: u64, batch: usize, device: &Device) -> anyhow::Result<f64> {
    let batch = HostBatch::new(vec![1.0; batch * 32 * 32], vec![0; batch]);
    let loss = |net: &LeNet, images, labels| Loss::CrossEntropy.forward(net.forward(images), labels);
    let net = LeNet::new(1, &device.clone().autodiff());
    let mut recorded = RecordedSteps::new(net, device, Optimizer::new(OptimizerKind::Sgd), loss);
    for _ in 0..2 {
        recorded.step(batch.clone(), 0.01)?; // The second step is recorded.
    }
    wait_for(device);
    let start = Instant::now();
    for _ in 0..steps {
        recorded.step(batch.clone(), 0.01)?;
    }
    wait_for(device);
    Ok(start.elapsed().as_secs_f64())
}
