//! Reading a data set in MNIST's format: a file of images and a file of labels.

use std::error::Error;

use criterion::{Criterion, SamplingMode, Throughput};
use lenet_bench::digits::write_idx;
use lenet_data::{idx, synthetic};

/// Number of images, as in MNIST's test set.
const DIGITS: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let folder = tempfile::tempdir()?;
    let [images, labels] = ["images", "labels"].map(|name| folder.path().join(name));
    write_idx(&synthetic::digits(0, 0..DIGITS)?, &images, &labels)?;

    let mut group = criterion.benchmark_group("idx");
    group.sample_size(20).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(DIGITS));
    group.bench_function("read", |bencher| bencher.iter(|| idx::read(&images, &labels)));
    group.finish();
    criterion.final_summary();
    Ok(())
}
