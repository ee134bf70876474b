//! Drawing synthetic digits on one thread and on all threads.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use lenet_data::synthetic;

/// Number of digits, a hundred of each class.
const DIGITS: u64 = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("synthetic");
    group.sample_size(20).throughput(Throughput::Elements(DIGITS));
    group.bench_function("one thread", |bencher| {
        bencher.iter(|| {
            for index in 0..DIGITS {
                black_box(synthetic::draw(7, index));
            }
        });
    });
    group.bench_function("all threads", |bencher| {
        bencher.iter(|| synthetic::digits(7, black_box(0..DIGITS)));
    });
    group.finish();
    criterion.final_summary();
}
