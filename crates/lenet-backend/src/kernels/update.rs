//! One optimizer step in one pass over a parameter, its gradient and the optimizer's state.

use lenet_threads::for_each_awake;

use super::simd::{Isa, Kernel, Simd};
use crate::optim::step::{Number, Step, StepRule};

/// The largest number of state variables of a rule.
pub(crate) const MAX_STATE: usize = 3;
/// Numbers in a task: sharing fewer costs more than it saves.
const NUMBERS_PER_TASK: usize = 6 << 10;

/// Changes `parameter` and `state` in place.
///
/// Numbers of the state that have decayed below the smallest normal f32 (1.2e-38) become zero: most
/// processors take a hundred times as long for smaller numbers.
///
/// The slices beyond the rule's [`state_len`](StepRule::state_len) are empty. An array and no iterator: a generic function
/// would be compiled in the crates that call it, with their optimisation.
///
/// # Panics
/// If the slices of the state are others than the rule's, or the slices differ in length: the kernel relies on both.
pub(crate) fn update(
    isa: Isa,
    step: Step,
    parameter: &mut [f32],
    gradient: &[f32],
    state: [&mut [f32]; MAX_STATE],
) {
    assert_eq!(gradient.len(), parameter.len(), "gradient");
    let (len, variables) = (parameter.len(), step.rule.state_len());
    let fits = state.iter().enumerate().all(|(i, state)| state.len() == if i < variables { len } else { 0 });
    assert!(fits, "state of {len} numbers for {:?}", step.rule);
    let mut state = state.map(|state| state.chunks_mut(NUMBERS_PER_TASK));
    let parts = parameter.chunks_mut(NUMBERS_PER_TASK).zip(gradient.chunks(NUMBERS_PER_TASK));
    let tasks = parts.map(|(parameter, gradient)| {
        let state = state.each_mut().map(|state| state.next().unwrap_or_default());
        Pass { step, parameter, gradient, state }
    });
    for_each_awake(tasks, |pass| isa.run(pass));
}

struct Pass<'a> {
    step: Step,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    /// The rule's state variables, each as long as `parameter`; the others are empty.
    state: [&'a mut [f32]; MAX_STATE],
}

impl Kernel for Pass<'_> {
    #[inline(always)]
    fn run<V: Simd>(mut self) {
        // One loop for each rule, so that the rule is a constant in it.
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
        let len = self.parameter.len();
        assert!(self.gradient.len() == len && self.state[..N].iter().all(|state| state.len() == len));
        let whole = len / V::LANES * V::LANES;
        // SAFETY: all slices have `len` numbers.
        unsafe {
            for at in (0..whole).step_by(V::LANES) {
                self.vector::<V, N, true>(at, V::LANES);
            }
            if whole < len {
                self.vector::<V, N, false>(whole, len - whole);
            }
        }
    }

    /// Updates the `count` numbers from `at` on; all lanes of a vector if `FULL`.
    ///
    /// # Safety
    /// `at + count` numbers are in the parameter, the gradient and each of `N` state variables.
    #[inline(always)]
    unsafe fn vector<V: Simd, const N: usize, const FULL: bool>(&mut self, at: usize, count: usize) {
        debug_assert!(at + count <= self.parameter.len() && self.step.rule.state_len() == N);
        // SAFETY: the caller's.
        unsafe {
            let read = |from: *const f32| {
                if FULL { V::load(from.add(at)) } else { V::load_first(from.add(at), count) }
            };
            let write = |v: V, to: *mut f32| {
                if FULL { v.store(to.add(at)) } else { v.store_first(to.add(at), count) }
            };
            let mut state = [V::splat(0.0); N];
            for (i, state) in state.iter_mut().enumerate() {
                *state = read(self.state.get_unchecked(i).as_ptr());
            }
            let (parameter, gradient) = (read(self.parameter.as_ptr()), read(self.gradient.as_ptr()));
            write(self.step.apply(parameter, gradient, &mut state), self.parameter.as_mut_ptr());
            for (i, state) in state.into_iter().enumerate() {
                write(normal(state), self.state.get_unchecked_mut(i).as_mut_ptr());
            }
        }
    }
}

/// `x`, or zero if `x` is too small for a normal number. NaN stays NaN.
#[inline(always)]
fn normal<V: Simd>(x: V) -> V {
    let (least, zero) = (V::splat(f32::MIN_POSITIVE), V::splat(0.0));
    let not_negative = V::select(x.greater(V::splat(-f32::MIN_POSITIVE)), zero, x);
    V::select(least.greater(x), not_negative, x)
}

impl<V: Simd> Number for V {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Simd::add(self, other)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Simd::sub(self, other)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Simd::mul(self, other)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Simd::div(self, other)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Simd::sqrt(self)
    }

    #[inline(always)]
    fn mul_scalar(self, factor: f64) -> Self {
        Simd::mul(self, V::splat(factor as f32))
    }

    #[inline(always)]
    fn add_scalar(self, offset: f64) -> Self {
        Simd::add(self, V::splat(offset as f32))
    }
}
