//! The number of threads changes no bit, nor do the registers that the portable kernels are compiled for.

use super::*;
use crate::kernels::conv::{ConvShape, LENET_1, LENET_2, Layout};

fn on(threads: usize, work: impl FnOnce() -> Vec<f32>) -> Vec<u32> {
    lenet_threads::with_threads(threads, work).unwrap().into_iter().map(f32::to_bits).collect()
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
    use crate::kernels::update;
    use crate::optim::step::Step;
    use crate::optim::{Update, UpdateRule};

    let rule = UpdateRule::Adam { betas: [0.5, 0.75], epsilon: 1e-8 };
    let step = Step::new(&Update::new(rule, 1, 0.125).with_weight_decay(0.25));
    let len = if cfg!(miri) { 7000 } else { 50_001 };
    assert_same(|| {
        lenet_threads::for_each(0..2, |_| {}); // Now helpers spin for this thread.
        let (mut parameter, gradient) = (numbers(1, len), numbers(2, len));
        let mut state = [3, 4].map(|seed| numbers(seed, len).iter().map(|x| x.abs()).collect::<Vec<_>>());
        let [first, second] = state.each_mut().map(Vec::as_mut_slice);
        update::update(Isa::best(), step, &mut parameter, &gradient, [first, second, &mut []]);
        [&[parameter], &state[..]].concat().concat()
    });
}

#[test]
fn all_kernels_of_the_portable_order_compute_the_same_bits() {
    let portable: Vec<Isa> = Isa::available().into_iter().filter(|isa| isa.is_portable()).collect();
    let bits = |isa| {
        let layouts = [Layout::ChannelsLast, Layout::ChannelsFirst];
        let batch = if cfg!(miri) { 2 } else { 9 };
        let conv = super::conv::Case::new(isa, LENET_2, batch, layouts, numbers).run();
        let linear = super::linear::Case::new(isa, [batch, 84, 10], true, numbers).run();
        let results =
            [conv.y, conv.weight, conv.bias, conv.x, linear.y, linear.weight, linear.bias, linear.x];
        results.concat().into_iter().map(f32::to_bits).collect::<Vec<u32>>()
    };
    let expected = bits(portable[0]);
    for isa in &portable[1..] {
        assert!(bits(*isa) == expected, "{isa}");
    }
}
