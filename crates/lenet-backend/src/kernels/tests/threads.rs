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
fn steps_of_optimizers() {
    use crate::kernels::{team, update};
    use crate::update::{Step, Update, UpdateRule};

    let rule = UpdateRule::Adam { betas: [0.5, 0.75], epsilon: 1e-8 };
    let step = Step::new(&Update { rule, step: 1, learning_rate: 0.125, weight_decay: 0.25 });
    let len = if cfg!(miri) { 7000 } else { 50_001 };
    assert_same(|| {
        team::for_each(2, true, &|_| {}); // Now others look out for work of this thread.
        let (mut parameter, gradient) = (numbers(1, len), numbers(2, len));
        let mut kept = [3, 4].map(|seed| numbers(seed, len).iter().map(|x| x.abs()).collect::<Vec<_>>());
        let kept_slices = kept.iter_mut().map(Vec::as_mut_slice);
        update::update(Isa::best(), step, &mut parameter, &gradient, kept_slices);
        [&[parameter], &kept[..]].concat().concat()
    });
}

#[test]
fn pieces() {
    assert_same(|| {
        crate::kernels::team::for_each(2, true, &|_| {});
        crate::in_pieces(1001, 10, 0.5, |piece, numbers| {
            assert_eq!(numbers[0], 0.5);
            numbers[0] = piece as f32;
        })
    });
}

#[test]
fn a_thread_that_has_woken_nobody_works_alone_where_nobody_is_to_be_woken() {
    use crate::kernels::team;

    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| {
        let this = std::thread::current().id();
        team::for_each(100, false, &|_| assert_eq!(std::thread::current().id(), this));
    });
}

#[test]
fn a_panic_comes_out_of_its_loop_and_the_next_one_does_all_its_tasks() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::kernels::team;

    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| {
        let broken = || team::for_each(8, true, &|task| assert!(task != 5, "broken"));
        assert!(std::panic::catch_unwind(broken).is_err());
        let sum = AtomicUsize::new(0);
        team::for_each(8, true, &|task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 28);
    });
}
