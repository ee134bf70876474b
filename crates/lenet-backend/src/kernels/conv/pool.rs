//! Max-pool over the four candidates of a window, and ReLU, lane by lane in registers.

use crate::kernels::simd::Simd;

/// The route of an output that passes no gradient on, because its ReLU is 0.
pub(crate) const DEAD: u8 = 4;

/// `max(0, c₀, c₁, c₂, c₃)`, or NaN if any candidate is.
#[inline(always)]
pub(crate) fn pooled<V: Simd>(candidates: [V; 4]) -> V {
    let [a, b, c, d] = candidates;
    let mut best = V::splat(0.0);
    for candidate in candidates {
        best = V::select(candidate.greater(best), candidate, best);
    }
    V::select(V::or(a.unordered(b), c.unordered(d)), V::splat(f32::NAN), best)
}

/// The index of the largest candidate, 0..=3, the first of equals; [`DEAD`] if none is positive. A window
/// with a NaN sends its gradient to its largest positive number, or else to its first candidate.
#[inline(always)]
pub(crate) fn route<V: Simd>(candidates: [V; 4]) -> V {
    let [a, b, c, d] = candidates;
    let nan = V::or(a.unordered(b), c.unordered(d));
    let mut best = V::splat(0.0);
    let mut route = V::select(nan, V::splat(0.0), V::splat(f32::from(DEAD)));
    for (index, candidate) in [0.0, 1.0, 2.0, 3.0].into_iter().zip(candidates) {
        let wins = candidate.greater(best);
        best = V::select(wins, candidate, best);
        route = V::select(wins, V::splat(index), route);
    }
    route
}
