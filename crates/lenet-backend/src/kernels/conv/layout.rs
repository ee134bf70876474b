//! The layout of an image in memory, and copies from one layout to the other.

use crate::kernels::simd::Simd;
use crate::kernels::transpose::transpose;

/// The order of an image's numbers in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// `[B, C, H, W]`: one plane after the other.
    ChannelsFirst,
    /// `[B, H, W, C]`: the channels of a pixel are adjacent, so that a row of a patch is one run of numbers.
    ChannelsLast,
}

impl Layout {
    /// Strides of row, column and channel in one image.
    #[inline(always)]
    pub(crate) fn strides(self, channels: usize, height: usize, width: usize) -> [usize; 3] {
        match self {
            Self::ChannelsFirst => [width, 1, height * width],
            Self::ChannelsLast => [width * channels, channels, 1],
        }
    }
}

/// Copies an image to the front of `to`, channels last.
#[inline(always)]
pub(crate) fn to_channels_last<V: Simd>(image: &[f32], layout: Layout, channels: usize, to: &mut [f32]) {
    match layout {
        Layout::ChannelsFirst if channels > 1 => {
            transpose::<V>(image, channels, image.len() / channels, image.len() / channels, to);
        }
        _ => to[..image.len()].copy_from_slice(image),
    }
}

/// Copies an image that is channels last, its pixels `pitch` apart, to the layout of `to`.
#[inline(always)]
pub(crate) fn from_channels_last<V: Simd>(
    from: &[f32],
    pitch: usize,
    channels: usize,
    layout: Layout,
    to: &mut [f32],
) {
    let pixels = to.len() / channels;
    match layout {
        Layout::ChannelsFirst if channels > 1 => transpose::<V>(from, pixels, channels, pitch, to),
        _ => {
            for (to, from) in to.chunks_exact_mut(channels).zip(from.chunks(pitch)) {
                to.copy_from_slice(&from[..channels]);
            }
        }
    }
}
