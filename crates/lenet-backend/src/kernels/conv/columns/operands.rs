//! Operands of the forward pass along columns: interleaved filters, and rows split into even and odd columns.

use super::super::images::ConvWeights;
use super::super::layout::Layout;
use super::super::shape::ConvShape;

/// `N` interleaved filters; filters beyond the last one are zero.
pub(super) struct Group<const N: usize> {
    pub first: usize,
    pub bias: [f32; N],
    /// `[C, K, K, N]`.
    pub weights: Vec<[f32; N]>,
}

impl<const N: usize> Group<N> {
    pub fn all(shape: ConvShape, weights: ConvWeights) -> Vec<Self> {
        let group = |first: usize| {
            let mut group = Self { first, bias: [0.0; N], weights: vec![[0.0; N]; shape.patch()] };
            for lane in 0..N.min(shape.filters - first) {
                let filter = &weights.weight[(first + lane) * shape.patch()..][..shape.patch()];
                group.bias[lane] = weights.bias[first + lane];
                group.weights.iter_mut().zip(filter).for_each(|(to, from)| to[lane] = *from);
            }
            group
        };
        (0..shape.filters).step_by(N).map(group).collect()
    }
}

/// `rows[c, r, parity, j] = image[c, r, 2j + parity]`; each half row is `half` long.
#[inline(always)]
pub(super) fn split_rows(shape: ConvShape, image: &[f32], layout: Layout, half: usize, rows: &mut [f32]) {
    let [down, right, deep] = layout.strides(shape.channels, shape.height, shape.width);
    for (index, halves) in rows.chunks_exact_mut(2 * half).enumerate() {
        let (channel, row) = (index / shape.height, index % shape.height);
        let (even, odd) = halves.split_at_mut(half);
        let start = &image[channel * deep + row * down..];
        if right == 1 {
            for (i, pairs) in start[..shape.width].chunks(32).enumerate() {
                let (even, odd) = (&mut even[16 * i..], &mut odd[16 * i..]);
                if let Ok(pairs) = <&[f32; 32]>::try_from(pairs) {
                    even[..16].copy_from_slice(&std::array::from_fn::<f32, 16, _>(|j| pairs[2 * j]));
                    odd[..16].copy_from_slice(&std::array::from_fn::<f32, 16, _>(|j| pairs[2 * j + 1]));
                } else {
                    for (j, pair) in pairs.chunks_exact(2).enumerate() {
                        (even[j], odd[j]) = (pair[0], pair[1]);
                    }
                }
            }
        } else {
            for (j, (even, odd)) in even.iter_mut().zip(odd).take(shape.width / 2).enumerate() {
                (*even, *odd) = (start[2 * j * right], start[(2 * j + 1) * right]);
            }
        }
    }
}
