//! An epoch of batches of 64 on the host: as they are, shifted, and distorted.

use std::error::Error;
use std::hint::black_box;

use criterion::{Criterion, SamplingMode, Throughput};
use lenet_data::{Distorted, Distortion, HostBatch, Loader, Samples, Shifted, synthetic};

/// Number of images, as in MNIST's test set.
const DIGITS: u64 = 10_000;
/// The default of `lenet-train`.
const BATCH: usize = 64;
/// Limits with which the network learns well.
const AFFINE: Distortion =
    Distortion::none().rotation(10.5).shear(0.105).scale(0.105).stretch(0.056).translation(1.4);

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let digits = synthetic::digits(0, 0..DIGITS)?;
    for threads in [1, 2] {
        lenet_threads::set_threads(threads)?;
        let name = |what: &str| format!("augment/{threads} threads/{what}");
        epoch(&mut criterion, &name("none"), digits.clone())?;
        epoch(&mut criterion, &name("shift"), Shifted::new(digits.clone(), 2, 7))?;
        epoch(&mut criterion, &name("affine"), Distorted::new(digits.clone(), AFFINE, 7)?)?;
        let elastic = AFFINE.elastic(0.63);
        epoch(&mut criterion, &name("affine and elastic"), Distorted::new(digits.clone(), elastic, 7)?)?;
    }
    criterion.final_summary();
    Ok(())
}

fn epoch<S: Samples<Batch = HostBatch>>(
    criterion: &mut Criterion,
    name: &str,
    samples: S,
) -> Result<(), lenet_data::Error> {
    let loader = Loader::new(samples, BATCH)?.shuffle(7);
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(DIGITS));
    let mut epoch = 0;
    group.bench_function("epoch", |bencher| {
        bencher.iter(|| {
            epoch += 1;
            for batch in loader.epoch(epoch) {
                // Cannot fail: every digit is 32×32.
                let _ = black_box(batch);
            }
        });
    });
    group.finish();
    Ok(())
}
