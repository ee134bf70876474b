//! Inference: `LeNet::forward` without autodiff.

use std::error::Error;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use lenet_bench::{BATCHES, devices, wait_for};
use lenet_data::{Samples, synthetic};
use lenet_model::LeNet;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for (backend, device) in devices()? {
        let net = LeNet::new(42, &device);
        let mut group = criterion.benchmark_group(format!("inference/{backend}"));
        group.sample_size(20).sampling_mode(SamplingMode::Flat);
        for size in BATCHES {
            let digits = synthetic::digits(0, 0..size as u64)?;
            let batch = digits.gather(&(0..size).collect::<Vec<_>>())?.to_device(&device);
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter_custom(|times| {
                    let start = Instant::now();
                    for _ in 0..times {
                        drop(net.forward(batch.images.clone()));
                    }
                    wait_for(&device);
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
