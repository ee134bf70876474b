//! Cost of the hooks of lenet-train: a training at batch 64 without hooks, with each hook that works at every
//! step, and with all hooks that can run together.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use criterion::{Criterion, SamplingMode, Throughput};
use lenet_backend::Device;
use lenet_bench::{devices, wait_for};
use lenet_data::{DigitSet, HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::hooks::{
    ClipGradNorm, ClipGradValue, Csv, EarlyStopping, Ema, FiniteGuard, JsonLines, Progress, ReduceOnPlateau,
    StepTimes, TensorBoard,
};
use lenet_train::{AfterStep, Flow, Hook, Hooks, Loss, Optimizer, Schedule, Trainer};

const BATCH: usize = 64;
/// The default logging interval of `lenet-train`, in steps.
const LOG_EVERY: u64 = 50;
/// Clipping limit, low enough that every step is clipped.
const LIMIT: f64 = 1e-3;

type Made = Result<Hooks<'static, LeNet, HostBatch>, lenet_train::Error>;
/// Creates the hooks of a case; they write their files to the folder.
type Make = fn(&Path) -> Made;

const CASES: [(&str, Make); 7] = [
    ("none", |_| Ok(Hooks::new())),
    ("clip norm", |_| Ok(Hooks::new().with(ClipGradNorm::new(LIMIT)))),
    ("clip value", |_| Ok(Hooks::new().with(ClipGradValue::new(LIMIT)))),
    ("average of weights", |_| Ok(Hooks::new().with(Ema::new(0.999)))),
    ("finite guard", |_| Ok(Hooks::new().with(FiniteGuard::every(1)))),
    ("logs", logs),
    ("all", all),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for (backend, device) in devices()? {
        let mut group = criterion.benchmark_group(format!("hooks/{backend}"));
        group
            .sample_size(20)
            .sampling_mode(SamplingMode::Flat)
            .throughput(Throughput::Elements(BATCH as u64));
        let digits = Loader::new(synthetic::digits(0, 0..8_000)?, BATCH)?.shuffle(7).drop_last();
        for (name, make) in CASES {
            let folder = tempfile::tempdir()?;
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|steps| {
                    let hooks = make(folder.path()).unwrap_or_else(|error| panic!("{error}"));
                    let start = Instant::now();
                    train(&device, &digits, hooks, steps).unwrap_or_else(|error| panic!("{error}"));
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

fn train(
    device: &Device,
    digits: &Loader<DigitSet>,
    hooks: Hooks<LeNet, HostBatch>,
    steps: u64,
) -> Result<(), lenet_train::Error> {
    let training_device = device.clone().autodiff();
    Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&training_device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .optimizer(Optimizer::sgd().momentum(0.9))
    .schedule(Schedule::Constant { learning_rate: 0.001 })
    .epochs(u64::MAX)
    .hooks(hooks)
    .hook(Steps(steps))
    .fit(LeNet::new(42, &training_device), digits)?;
    wait_for(device);
    Ok(())
}

fn logs(folder: &Path) -> Made {
    Ok(Hooks::new()
        .with(StepTimes::new())
        .with(Csv::append(&folder.join("epochs.csv"))?)
        .with(TensorBoard::append(folder, LOG_EVERY)?)
        .with(JsonLines::append(&folder.join("metrics.jsonl"), LOG_EVERY)?)
        .with(Progress::new(1)))
}

fn all(folder: &Path) -> Made {
    let mut hooks = Hooks::new()
        .with(FiniteGuard::every(1))
        .with(ClipGradNorm::new(LIMIT))
        .with(ClipGradValue::new(LIMIT))
        .with(Ema::new(0.999))
        .with(ReduceOnPlateau::new(0.1, 10))
        .with(EarlyStopping::new(10));
    hooks.append(logs(folder)?);
    Ok(hooks)
}

/// Ends a fit after this number of steps.
struct Steps(u64);

impl<M, B> Hook<M, B> for Steps {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, lenet_train::Error> {
        Ok(if step.step < self.0 { Flow::Continue } else { Flow::EndFit("measured".into()) })
    }
}
