//! One step of an optimizer in one pass over a parameter, its gradient and what is kept of earlier steps.

use std::array;

use super::partition::for_each_awake;
use super::simd::{Isa, Kernel, Simd};
use crate::update::{Number, Step, StepRule};

/// The most that a rule keeps of each number.
pub const MOST_KEPT: usize = 3;
/// Numbers in a task: to share fewer costs more than it saves.
const NUMBERS_PER_TASK: usize = 6 << 10;

/// Changes `parameter` and `kept` in place.
///
/// What is kept and has decayed below the smallest normal f32 (1.2e-38) becomes zero: most processors take a hundred
/// times as long for smaller numbers.
///
/// # Panics
/// If the slices differ in length or there are not as many of `kept` as the rule needs: the kernel relies on both.
pub fn update<'a>(
    isa: Isa,
    step: Step,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    kept: impl IntoIterator<Item = &'a mut [f32]>,
) {
    assert_eq!(gradient.len(), parameter.len(), "gradient");
    let mut kept = kept.into_iter();
    let (len, of_each) = (parameter.len(), step.rule.kept());
    let kept: [&mut [f32]; MOST_KEPT] = array::from_fn(|_| kept.next().unwrap_or_default());
    let known = kept.iter().enumerate().all(|(i, kept)| kept.len() == if i < of_each { len } else { 0 });
    assert!(known, "what is kept of {len} numbers for {:?}", step.rule);
    let mut kept = kept.map(|kept| kept.chunks_mut(NUMBERS_PER_TASK));
    let parts = parameter.chunks_mut(NUMBERS_PER_TASK).zip(gradient.chunks(NUMBERS_PER_TASK));
    let tasks = parts.map(|(parameter, gradient)| {
        let kept = kept.each_mut().map(|kept| kept.next().unwrap_or_default());
        Pass { step, parameter, gradient, kept }
    });
    for_each_awake(tasks, |pass| isa.run(pass));
}

struct Pass<'a> {
    step: Step,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    /// As many as the rule keeps are as long as `parameter`.
    kept: [&'a mut [f32]; MOST_KEPT],
}

impl Kernel for Pass<'_> {
    #[inline(always)]
    fn run<V: Simd>(mut self) {
        // One loop for each rule, in which the compiler knows which one it is.
        match self.step.rule {
            StepRule::Sgd => self.pass::<V, 0>(),
            StepRule::Momentum { .. } => self.pass::<V, 1>(),
            StepRule::Adam { .. } => self.pass::<V, 2>(),
            StepRule::Rmsprop { momentum: 0.0, centered: false, .. } => self.pass::<V, 1>(),
            StepRule::Rmsprop { momentum: 0.0, centered: true, .. } => self.pass::<V, 2>(),
            StepRule::Rmsprop { centered: false, .. } => self.pass::<V, 2>(),
            StepRule::Rmsprop { centered: true, .. } => self.pass::<V, 3>(),
            StepRule::Adagrad { .. } => self.pass::<V, 1>(),
        }
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn pass<V: Simd, const N: usize>(&mut self) {
        let whole = self.parameter.len() / V::LANES * V::LANES;
        for at in (0..whole).step_by(V::LANES) {
            self.vector::<V, N, true>(at, V::LANES);
        }
        if whole < self.parameter.len() {
            self.vector::<V, N, false>(whole, self.parameter.len() - whole);
        }
    }

    /// The `count` numbers from `at` on; all lanes of a vector if `FULL`.
    #[inline(always)]
    fn vector<V: Simd, const N: usize, const FULL: bool>(&mut self, at: usize, count: usize) {
        debug_assert!(at + count <= self.parameter.len() && self.step.rule.kept() == N);
        // SAFETY: at + count is within the parameter, and `update` checks that the other slices are as long, N of them.
        unsafe {
            let read = |from: *const f32| {
                if FULL { V::load(from.add(at)) } else { V::load_first(from.add(at), count) }
            };
            let write = |v: V, to: *mut f32| {
                if FULL { v.store(to.add(at)) } else { v.store_first(to.add(at), count) }
            };
            let mut kept = [V::splat(0.0); N];
            for (i, kept) in kept.iter_mut().enumerate() {
                *kept = read(self.kept.get_unchecked(i).as_ptr());
            }
            let (parameter, gradient) = (read(self.parameter.as_ptr()), read(self.gradient.as_ptr()));
            write(self.step.apply(parameter, gradient, &mut kept), self.parameter.as_mut_ptr());
            for (i, kept) in kept.into_iter().enumerate() {
                write(normal(kept), self.kept.get_unchecked_mut(i).as_mut_ptr());
            }
        }
    }
}

/// `x`, or zero if it is too small for a normal number. NaN stays NaN.
#[inline(always)]
fn normal<V: Simd>(x: V) -> V {
    let (least, zero) = (V::splat(f32::MIN_POSITIVE), V::splat(0.0));
    let not_negative = V::select(x.greater(V::splat(-f32::MIN_POSITIVE)), zero, x);
    V::select(least.greater(x), not_negative, x)
}

impl<V: Simd> Number for V {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.add(other)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.sub(other)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.mul(other)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self.div(other)
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn scaled(self, factor: f64) -> Self {
        self.mul(V::splat(factor as f32))
    }

    #[inline(always)]
    fn raised(self, offset: f64) -> Self {
        self.add(V::splat(offset as f32))
    }
}
