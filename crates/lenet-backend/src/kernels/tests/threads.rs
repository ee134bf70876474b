//! The number of threads changes no bit.

use super::*;
use crate::kernels::shape::{ConvShape, LENET_1, LENET_2, Layout};

fn on(threads: usize, work: impl FnOnce() -> Vec<f32> + Send) -> Vec<u32> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(work).into_iter().map(f32::to_bits).collect()
}

fn assert_same(work: impl Fn() -> Vec<f32> + Send + Sync) {
    let alone = on(1, &work);
    for threads in [2, 3, 5] {
        assert!(on(threads, &work) == alone, "{threads} threads");
    }
}

#[test]
fn convolution_blocks() {
    let small = ConvShape { channels: 2, height: 6, width: 6, filters: 3, kernel: 3 };
    let whole = [(LENET_1, 70), (LENET_2, 70), (LENET_2, 9), (LENET_1, 129)];
    for (shape, batch) in if cfg!(miri) { vec![(small, 9)] } else { whole.into() } {
        for isa in Isa::available() {
            let layouts = [Layout::ChannelsLast, Layout::ChannelsFirst];
            let case = super::conv::Case::new(isa, shape, batch, layouts, numbers);
            assert_same(|| {
                let results = case.run();
                [results.y, results.weight, results.bias, results.x].concat()
            });
        }
    }
}

#[test]
fn linear_layers() {
    let whole = vec![[70, 400, 120], [300, 120, 84], [16, 84, 10]];
    for sizes in if cfg!(miri) { vec![[16, 8, 5]] } else { whole } {
        for isa in Isa::available() {
            let case = super::linear::Case::new(isa, sizes, true, numbers);
            assert_same(|| {
                let results = case.run();
                [results.y, results.weight, results.bias, results.x].concat()
            });
        }
    }
}

#[test]
fn a_panic_comes_out_of_its_loop_and_the_next_one_does_all_its_tasks() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::kernels::team;

    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| {
        let broken = || team::for_each(8, &|task| assert!(task != 5, "broken"));
        assert!(std::panic::catch_unwind(broken).is_err());
        let sum = AtomicUsize::new(0);
        team::for_each(8, &|task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 28);
    });
}
