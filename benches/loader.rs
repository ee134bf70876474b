//! An epoch of batches on the host: shuffled, gathered, padded and normalised.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use lenet_bench::BATCHES;
use lenet_data::{Loader, synthetic};

/// Number of images, as in MNIST's test set.
const DIGITS: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let digits = Arc::new(synthetic::digits(0, 0..DIGITS)?);
    for prefetch in [0, 1] {
        let mut group = criterion.benchmark_group(format!("loader/{prefetch} prefetch threads"));
        group.sample_size(20).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(DIGITS));
        for size in BATCHES {
            let loader = Loader::new(Arc::clone(&digits), size)?.shuffle(7).prefetch(prefetch);
            let mut epoch = 0;
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| {
                    epoch += 1;
                    for batch in loader.epoch(epoch) {
                        // Cannot fail: every digit is 32×32.
                        let _ = black_box(batch);
                    }
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
