//! One step of an optimizer in one pass over a parameter, its gradient and what is kept of earlier steps.

use super::simd::{Isa, Kernel, Simd};
use crate::update::{Number, Step, StepRule};

/// Changes `parameter` and `kept` in place.
///
/// What is kept and has decayed below the smallest normal f32 (1.2e-38) becomes zero: most processors take a hundred
/// times as long for smaller numbers.
///
/// # Panics
/// If the slices differ in length or there are not as many of `kept` as the rule needs: the kernel relies on both.
pub fn update(isa: Isa, step: Step, parameter: &mut [f32], gradient: &[f32], kept: &mut [&mut [f32]]) {
    assert_eq!(gradient.len(), parameter.len(), "gradient");
    assert!(kept.iter().all(|kept| kept.len() == parameter.len()), "what is kept");
    isa.run(Pass { step, parameter, gradient, kept });
}

struct Pass<'a, 'b> {
    step: Step,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    kept: &'a mut [&'b mut [f32]],
}

impl Kernel for Pass<'_, '_> {
    #[inline(always)]
    fn run<V: Simd>(mut self) {
        // One loop for each rule, in which the compiler knows which one it is.
        match (self.step.rule, self.kept.len()) {
            (StepRule::Sgd, 0) => self.pass::<V, 0>(),
            (StepRule::Momentum { .. }, 1) => self.pass::<V, 1>(),
            (StepRule::Adam { .. }, 2) => self.pass::<V, 2>(),
            (StepRule::Rmsprop { momentum: 0.0, centered: false, .. }, 1) => self.pass::<V, 1>(),
            (StepRule::Rmsprop { momentum: 0.0, centered: true, .. }, 2) => self.pass::<V, 2>(),
            (StepRule::Rmsprop { centered: false, .. }, 2) => self.pass::<V, 2>(),
            (StepRule::Rmsprop { centered: true, .. }, 3) => self.pass::<V, 3>(),
            (StepRule::Adagrad { .. }, 1) => self.pass::<V, 1>(),
            (rule, kept) => panic!("{kept} numbers kept for {rule:?}"),
        }
    }
}

impl Pass<'_, '_> {
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
        debug_assert!(at + count <= self.parameter.len() && self.kept.len() == N);
        // SAFETY: at + count is within the parameter, and `update` checks that the other slices are as long.
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
