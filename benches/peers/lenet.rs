//! This workspace as a program of the comparison. `peer-lenet --threads 1 train 64 2` measures once; without
//! a request it answers the requests on its standard input (`lenet_bench::protocol`).

use std::collections::HashMap;
use std::io::{stdin, stdout};
use std::sync::Arc;

use anyhow::ensure;
use burn::tensor::Tensor;
use clap::Parser;
use lenet_backend::{Device, DeviceSpec};
use lenet_bench::digits::Digits;
use lenet_bench::protocol::{Request, Work, serve};
use lenet_bench::stopwatch::Stopwatch;
use lenet_bench::wait_for;
use lenet_data::mnist::Split;
use lenet_data::{DigitSet, HostBatch, Loader, Samples};
use lenet_model::LeNet;
use lenet_train::{AfterStep, Differentiable, Error, Flow, Hook, Loss, Optimizer, Schedule, Trainer};
use serde_json::{Value, json};

/// Learning rate of all programs, small enough that the training diverges at no batch size.
const LEARNING_RATE: f64 = 0.001;
/// Number of images that inference cycles through.
const IMAGES_TO_INFER: usize = 4096;

/// Measures this workspace.
#[derive(Parser)]
struct Args {
    /// Compute device
    #[arg(long, default_value = "flex")]
    device: DeviceSpec,
    /// CPU threads [default: all]
    #[arg(long)]
    threads: Option<usize>,
    /// Kernels: avx512, avx2, neon, portable-avx2 or portable
    #[arg(long, default_value = "fastest")]
    kernels: String,
    /// `train|train-mse|infer BATCH SECONDS` [default: lines of standard input]
    request: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(threads) = args.threads {
        lenet_threads::set_threads(threads)?;
    }
    if args.kernels != "fastest" {
        lenet_backend::use_kernels(&args.kernels)?;
    }
    let digits = Digits::find()?;
    let mut peer = Peer::new(lenet_backend::open(&args.device)?, digits.load(Split::Train)?);
    let version = format!("lenet-bench {}, Burn 0.22.1 on {}", env!("CARGO_PKG_VERSION"), args.device);
    let about = json!({ "version": version, "data": digits.description() });
    let measure = |request| peer.measure(request).map_err(|error| format!("{error:#}"));
    if args.request.is_empty() {
        serve(&about, stdin().lock(), stdout(), measure)?;
    } else {
        serve(&about, args.request.join(" ").as_bytes(), stdout(), measure)?;
    }
    Ok(())
}

struct Peer {
    device: Device,
    digits: Arc<DigitSet>,
    /// The network of each kind of training, kept between its measurements.
    networks: HashMap<(Work, usize), LeNet>,
}

impl Peer {
    fn new(device: Device, digits: DigitSet) -> Self {
        Self { device, digits: Arc::new(digits), networks: HashMap::new() }
    }

    fn measure(&mut self, request: Request) -> anyhow::Result<Value> {
        let digits = self.digits.len();
        ensure!(request.batch <= digits, "a batch of {}, but only {digits} digits", request.batch);
        match request.work {
            Work::Train => self.train(request, Loss::CrossEntropy, Optimizer::sgd().momentum(0.9)),
            Work::TrainMse => self.train(request, Loss::Mse, Optimizer::sgd()),
            Work::Infer => self.infer(request),
        }
    }

    /// Trains like `lenet-train`, but without prefetching, as the other programs do.
    fn train(&mut self, request: Request, loss: Loss, optimizer: Optimizer) -> anyhow::Result<Value> {
        let device = self.device.clone().autodiff();
        let loader = Loader::new(Arc::clone(&self.digits), request.batch)?.shuffle(7).drop_last();
        let network = self.networks.remove(&(request.work, request.batch));
        let mut timer = StepTimer { watch: Stopwatch::start(request.seconds), device: &self.device };
        let outcome = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&self.device);
            let Some((logits, pass)) = net.forward_pass(batch.images.clone()) else {
                let logits = net.forward(batch.images.autodiff());
                return Differentiable::from(loss.forward(logits, batch.labels));
            };
            let (loss, gradient) = loss.forward_with_gradient(logits, batch.labels);
            Differentiable::new(loss, move || pass.backward(gradient))
        })
        .optimizer(optimizer)
        .schedule(Schedule::Constant { learning_rate: LEARNING_RATE })
        .epochs(u64::MAX)
        .hook(&mut timer)
        .fit(network.unwrap_or_else(|| LeNet::new(42, &device)), &loader)?;
        self.networks.insert((request.work, request.batch), outcome.model);
        Ok(timer.watch.answer(request.batch))
    }

    fn infer(&self, request: Request) -> anyhow::Result<Value> {
        let net = LeNet::new(42, &self.device);
        let order: Vec<usize> = (0..IMAGES_TO_INFER.max(request.batch).min(self.digits.len())).collect();
        let batches: Vec<Tensor<4>> = order
            .chunks_exact(request.batch)
            .map(|indices| Ok(self.digits.gather(indices)?.to_device(&self.device).images))
            .collect::<Result<_, lenet_data::Error>>()?;
        let mut watch = Stopwatch::start(request.seconds);
        for images in batches.iter().cycle() {
            net.forward(images.clone()).try_into_data()?;
            if !watch.lap() {
                break;
            }
        }
        Ok(watch.answer(request.batch))
    }
}

/// Ends the training when the time of the measurement is over.
struct StepTimer<'a> {
    watch: Stopwatch,
    device: &'a Device,
}

impl<M, B> Hook<M, B> for StepTimer<'_> {
    fn after_step(&mut self, _: &AfterStep<'_, M>) -> Result<Flow, Error> {
        wait_for(self.device);
        Ok(if self.watch.lap() { Flow::Continue } else { Flow::EndFit("measured".into()) })
    }
}
