//! Changes of several tensors, number by number, in one launch; and the sum of their squares.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, planted};
use super::{MOST_TENSORS, add_up, all, bindings, empty, grid, numbers, units};

/// A change of every number of the tensors.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one value for each step")]
pub(crate) enum Change {
    /// Multiplies by min(1, limit / (norm + 1e-6)), for a norm `[1]` on the device.
    ClipNorm { norm: CubeTensor, limit: f32 },
    /// Clamps to `-limit..=limit`; NaN stays NaN.
    Clamp { limit: f32 },
    /// decay · x + one_minus_decay · value, for a value of each tensor.
    Average { values: Vec<CubeTensor>, decay: f32, one_minus_decay: f32 },
}

/// Which change, without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    ClipNorm,
    Clamp,
    Average,
}

/// Changes the tensors in place, which no other tensor may share, as many in one launch as the device has bindings for.
pub(crate) fn change(tensors: &[CubeTensor], change: &Change) {
    let Some(first) = tensors.first() else { return };
    let together = match change {
        Change::ClipNorm { .. } => bindings(first).saturating_sub(1),
        Change::Clamp { .. } => bindings(first),
        Change::Average { .. } => bindings(first) / 2,
    }
    .clamp(1, MOST_TENSORS);
    for (index, tensors) in tensors.chunks(together).enumerate() {
        let (kind, others, factors) = match change {
            Change::ClipNorm { norm, limit } => (Kind::ClipNorm, std::slice::from_ref(norm), [*limit, 0.0]),
            Change::Clamp { limit } => (Kind::Clamp, &[][..], [*limit, 0.0]),
            Change::Average { values, decay, one_minus_decay } => {
                let from = index * together;
                (Kind::Average, &values[from..from + tensors.len()], [*decay, *one_minus_decay])
            }
        };
        let count = tensors.iter().map(|tensor| tensor.shape().num_elements()).sum();
        let (count, dim) = grid(&first.client, count);
        change_all::launch(
            &first.client,
            count,
            dim,
            all(tensors),
            all(others),
            factors[0],
            factors[1],
            kind,
            tensors.len(),
        );
    }
}

/// One unit changes one number; the tensors lie one after the other in the order of the units.
#[cube(launch)]
fn change_all(
    mut tensors: Sequence<Box<[f32]>>,
    others: Sequence<Box<[f32]>>,
    first: f32,
    second: f32,
    #[comptime] kind: Kind,
    #[comptime] count: usize,
) {
    let mut start = 0usize.runtime();
    #[unroll]
    for index in 0..count {
        let tensor = tensors.index_mut(index);
        let length = tensor.len();
        if ABSOLUTE_POS >= start && ABSOLUTE_POS < start + length {
            let at = ABSOLUTE_POS - start;
            let mut x = tensor[at];
            if comptime!(kind == Kind::ClipNorm) {
                let factor = first / (others.index(0usize)[0] + 1e-6f32);
                // A NaN is not less than 1 and not at least 1: it makes all numbers NaN.
                x = select(factor >= 1.0f32, x, x * factor);
            }
            if comptime!(kind == Kind::Clamp) {
                x = select(x > first, first, x);
                x = select(x < -first, -first, x);
            }
            if comptime!(kind == Kind::Average) {
                x = first * x + second * others.index(index)[at];
            }
            tensor[at] = x;
        }
        start += length;
    }
}

/// Computes the sum `[1]` of the squares of all numbers.
pub(crate) fn square_sum(tensors: &[CubeTensor]) -> Option<CubeTensor> {
    let together = bindings(tensors.first()?).saturating_sub(2).clamp(1, MOST_TENSORS);
    let mut sum: Option<CubeTensor> = None;
    for tensors in tensors.chunks(together) {
        let like = &tensors[0];
        let units = units(&like.client, 256);
        let total = empty(like, [1], DType::F32);
        square_sum_of_all::launch(
            &like.client,
            CubeCount::new_1d(1),
            CubeDim::new_1d(units),
            all(tensors),
            numbers(sum.as_ref().unwrap_or(like)), // Not read without a sum.
            numbers(&total),
            sum.is_some(),
            units as usize,
            tensors.len(),
            planted(&[Bug::BarrierMissing]),
        );
        sum = Some(total);
    }
    sum
}

/// One workgroup adds the squares of all numbers to the sum `before`.
#[cube(launch)]
fn square_sum_of_all(
    tensors: Sequence<Box<[f32]>>,
    before: &[f32],
    total: &mut [f32],
    #[comptime] has_before: bool,
    #[comptime] units: usize,
    #[comptime] count: usize,
    #[comptime] bug: Option<Bug>,
) {
    let unit = UNIT_POS as usize;
    let mut sum = 0.0f32;
    #[unroll]
    for index in 0..count {
        let tensor = tensors.index(index);
        for at in range_stepped(unit, tensor.len(), units) {
            let x = tensor[at];
            sum += x * x;
        }
    }
    let mut shared = Shared::<[f32]>::new_slice(units);
    shared[unit] = sum;
    add_up(&mut shared, units, 1usize, bug);
    if unit == 0 {
        let mut found = shared[0];
        if has_before {
            found += before[0];
        }
        total[0] = found;
    }
}
