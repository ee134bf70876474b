//! From photos and drawings to the images that the network reads.

use lenet_data::photo;

use super::PIXELS;
use crate::Error;

/// A drawing as the network reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Framed {
    /// `[32 × 32]`, from 0 (background) to 255 (ink).
    pub image: [u8; PIXELS],
    /// First column, first row, number of columns and of rows of the ink in the drawing.
    pub bounds: [usize; 4],
}

/// Frames the strokes of a drawing on a clean background, `[height, width]`, from 0 (background) to 255 (ink);
/// `None` if there is no ink.
///
/// # Errors
/// [`Error::Argument`] if there are not `width` × `height` pixels.
pub fn frame_strokes(ink: &[u8], width: usize, height: usize) -> Result<Option<Framed>, Error> {
    if width.checked_mul(height) != Some(ink.len()) {
        return Err(Error::argument(
            "the drawing",
            format!("{} pixels", ink.len()),
            format!("{width}×{height}"),
        ));
    }
    Ok(photo::of_strokes(ink, width).map(|(image, [columns, rows])| Framed {
        image,
        bounds: [columns.start, rows.start, columns.len(), rows.len()],
    }))
}

/// Finds the digit in a photo, as `lenet-train predict` does. `pixels` is `[height, width]` brightness, 0 is black,
/// or `[height, width, 4]` red, green, blue and alpha.
///
/// # Errors
/// [`Error::Data`] if the number of bytes does not fit the size, or there is no digit, or several.
pub fn frame_pixels(pixels: &[u8], width: u32, height: u32) -> Result<[u8; PIXELS], Error> {
    Ok(photo::of_pixels("the picture".as_ref(), pixels, [width, height])?)
}
