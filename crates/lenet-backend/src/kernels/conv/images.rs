//! The operands of a convolution block.

use super::layout::Layout;

/// Images, or one number for each of their pixels (such as gradients), with their layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Images<'a> {
    /// The numbers of all images.
    pub data: &'a [f32],
    /// Their order in memory.
    pub layout: Layout,
}

/// Images to be written.
#[derive(Debug)]
pub(crate) struct ImagesMut<'a> {
    /// The numbers of all images.
    pub data: &'a mut [f32],
    /// The order to write them in.
    pub layout: Layout,
}

/// The parameters of a convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvWeights<'a> {
    /// `[O, C, K, K]`.
    pub weight: &'a [f32],
    /// `[O]`.
    pub bias: &'a [f32],
}
