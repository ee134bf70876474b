//! Every operation of every vector type does in each lane what scalar code does.

use super::*;
use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::transpose::Transpose;

/// Writes operation after operation to `to`, 16 numbers apart.
struct Operations<'a> {
    a: &'a [f32; 16],
    b: &'a [f32; 16],
    to: &'a mut Vec<Vec<f32>>,
}

impl Kernel for Operations<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        let lanes = |v: V| {
            let mut lanes = vec![0.0; V::LANES];
            // SAFETY: LANES numbers.
            unsafe { v.store(lanes.as_mut_ptr()) };
            lanes
        };
        // SAFETY: 16 numbers, and no vector has more lanes.
        let (a, b) = unsafe { (V::load(self.a.as_ptr()), V::load(self.b.as_ptr())) };
        let (yes, no) = (V::splat(1.0), V::splat(0.0));
        self.to.push(lanes(a.add(b)));
        self.to.push(lanes(V::select(a.greater(b), yes, no)));
        self.to.push(lanes(V::select(a.unordered(b), yes, no)));
        self.to.push(lanes(V::select(V::or(a.greater(b), b.greater(a)), yes, no)));
        self.to.push(lanes(a.mul_add(yes, b)));
        self.to.push(vec![yes.sum()]);
        let n = V::LANES - 1;
        let mut some = vec![7.0; V::LANES];
        let mut bytes = vec![0; V::LANES];
        // SAFETY: n numbers to read, n to write, LANES bytes to write.
        unsafe {
            self.to.push(lanes(V::load_first(self.a.as_ptr(), n)));
            a.store_first(some.as_mut_ptr(), n);
            V::select(a.greater(b), V::splat(4.0), no).store_bytes(bytes.as_mut_ptr());
        }
        self.to.push(some);
        self.to.push(bytes.into_iter().map(f32::from).collect());
    }
}

#[test]
fn operations() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let a = [1.0, 2.0, nan, 0.0, -1.0, inf, 3.0, nan, 5.0, 1.0, nan, 1.0, -inf, 8.0, 0.5, 2.0];
    let b = [2.0, 1.0, 1.0, -0.0, nan, 1.0, 3.0, nan, 4.0, 2.0, 0.0, nan, -inf, 7.0, 0.25, 2.5];
    for isa in Isa::available() {
        let mut found = Vec::new();
        isa.run(Operations { a: &a, b: &b, to: &mut found });
        let lanes = found[0].len();
        let each = |f: fn(f32, f32) -> f32| (0..lanes).map(|i| f(a[i], b[i])).collect::<Vec<f32>>();
        let mut first = a[..lanes].to_vec();
        first[lanes - 1] = 0.0;
        let mut kept = a[..lanes].to_vec();
        kept[lanes - 1] = 7.0;
        let expected = [
            each(|a, b| a + b),
            each(|a, b| f32::from(u8::from(a > b))),
            each(|a, b| f32::from(u8::from(a.is_nan() || b.is_nan()))),
            each(|a, b| f32::from(u8::from(a > b || b > a))),
            each(|a, b| a + b),
            vec![lanes as f32],
            first,
            kept,
            each(|a, b| if a > b { 4.0 } else { 0.0 }),
        ];
        let same = |x: &f32, y: &f32| x == y || x.is_nan() && y.is_nan();
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                found.iter().zip(expected).all(|(x, y)| same(x, y)),
                "{isa} {i}: {found:?} not {expected:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn transposing(isa in isa(), rows in 1..50usize, columns in 1..50usize) {
        let from = numbers(1, rows * columns);
        let mut to = vec![f32::NAN; from.len()];
        isa.run(Transpose { from: &from, rows, pitch: columns, to: &mut to });
        for (i, x) in to.iter().enumerate() {
            prop_assert_eq!(*x, from[i % rows * columns + i / rows]);
        }
    }
}
