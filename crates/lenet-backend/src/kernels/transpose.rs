//! Matrices and images, transposed in squares of registers.

use super::shape::Layout;
use super::simd::{Kernel, Simd};

/// Writes the transpose of `from` (`rows × columns`, the rows `pitch` apart) to `to` (`columns × rows`).
pub(crate) struct Transpose<'a> {
    pub from: &'a [f32],
    pub rows: usize,
    pub pitch: usize,
    pub to: &'a mut [f32],
}

impl Kernel for Transpose<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        transpose::<V>(self.from, self.rows, self.to.len() / self.rows, self.pitch, self.to);
    }
}

/// The rows of `from` start `pitch` apart, those of `to` follow one another. Squares at the edges overlap
/// the ones before them; a matrix smaller than one square is moved number by number.
#[inline(always)]
pub(crate) fn transpose<V: Simd>(from: &[f32], rows: usize, columns: usize, pitch: usize, to: &mut [f32]) {
    assert!(rows > 0 && columns <= pitch && from.len() >= (rows - 1) * pitch + columns);
    assert!(to.len() >= rows * columns);
    if rows < V::LANES || columns < V::LANES {
        for row in 0..rows {
            for column in 0..columns {
                to[column * rows + row] = from[row * pitch + column];
            }
        }
        return;
    }
    for row in (0..rows).step_by(V::LANES) {
        let row = row.min(rows - V::LANES);
        for column in (0..columns).step_by(V::LANES) {
            let column = column.min(columns - V::LANES);
            // SAFETY: the square lies inside both matrices, whose lengths are checked above.
            unsafe {
                let source = from.as_ptr().add(row * pitch + column);
                V::transpose(source, pitch, to.as_mut_ptr().add(column * rows + row), rows);
            }
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
