//! The layers of the network for one image, as the tutorial defines them: loops over slices, for the page shows every
//! number, also those that the fused operations never write. Burn's own operations would double the size of the page.

use lenet_model::Parameter;

/// Side of a filter.
const SIDE: usize = 5;

/// Convolution of `x`, `[channels, size, size]`, without padding: `[filters, size − 4, size − 4]`.
pub(super) fn convolution(
    x: &[f32],
    [channels, size]: [usize; 2],
    weight: &Parameter,
    bias: &Parameter,
) -> Vec<f32> {
    let out = size - SIDE + 1;
    let mut y = Vec::with_capacity(bias.values.len() * out * out);
    for (filter, bias) in weight.values.chunks_exact(channels * SIDE * SIDE).zip(&bias.values) {
        for place in (0..out * out).map(|place| place / out * size + place % out) {
            let rows = filter.chunks_exact(SIDE).enumerate();
            let sum: f32 = rows
                .map(|(row, weights)| {
                    let first = (row / SIDE * size + row % SIDE) * size + place;
                    dot(weights, &x[first..first + SIDE])
                })
                .sum();
            y.push(sum + bias);
        }
    }
    y
}

/// Linear layer: `[inputs]` to `[outputs]`.
pub(super) fn linear(x: &[f32], weight: &Parameter, bias: &Parameter) -> Vec<f32> {
    let rows = weight.values.chunks_exact(x.len());
    rows.zip(&bias.values).map(|(row, bias)| dot(row, x) + bias).collect()
}

/// Rectified linear unit of every number.
pub(super) fn relu(x: &[f32]) -> Vec<f32> {
    x.iter().map(|number| number.max(0.0)).collect()
}

/// Maximum over windows of 2×2: `[maps, size, size]` to `[maps, size / 2, size / 2]`.
pub(super) fn max_pool(x: &[f32], size: usize) -> Vec<f32> {
    let pairs = x.chunks_exact(2 * size).flat_map(|rows| {
        let (upper, lower) = rows.split_at(size);
        upper.chunks_exact(2).zip(lower.chunks_exact(2))
    });
    pairs.map(|(upper, lower)| upper.iter().chain(lower).copied().fold(f32::NEG_INFINITY, f32::max)).collect()
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
