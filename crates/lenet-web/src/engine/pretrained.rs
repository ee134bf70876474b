//! The trained weights, in an order of their bytes that compresses well: a page with them is 18 kB smaller.

use lenet_model::StateDict;
use lenet_model::pretrained::WEIGHTS;
use lenet_model::weights::{self, Format};

/// Bytes of an f32.
const SIZE: usize = size_of::<f32>();
const COUNT: usize = WEIGHTS.len() / SIZE;
const _: () = assert!(WEIGHTS.len().is_multiple_of(SIZE));

/// The first bytes of all groups of four, then the second ones, and so on: the fourth byte of an f32, sign and
/// exponent, takes few values, the others all.
static PLANES: [[u8; COUNT]; SIZE] = planes();

#[allow(long_running_const_eval)] // Half a second.
const fn planes() -> [[u8; COUNT]; SIZE] {
    let mut planes = [[0; COUNT]; SIZE];
    let mut at = 0;
    while at < WEIGHTS.len() {
        planes[at % SIZE][at / SIZE] = WEIGHTS[at];
        at += 1;
    }
    planes
}

/// The trained weights in lenet-model's package.
pub(super) fn state() -> StateDict {
    let file: Vec<u8> = (0..COUNT).flat_map(|group| PLANES.each_ref().map(|plane| plane[group])).collect();
    // The bytes are those of lenet-model's constant, which its tests read.
    #[allow(clippy::expect_used)]
    weights::from_bytes(&file, Format::Safetensors).expect("the package has weights that its tests read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_put_in_order_again() {
        assert!(state() == StateDict::pretrained());
    }
}
