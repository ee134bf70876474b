//! Transposes matrices in squares of registers.

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

/// Transposes `from`, whose rows start `pitch` apart, to `to`, whose rows follow one another. Squares at the
/// edges overlap the squares before them; a matrix smaller than one square is copied number by number.
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
