//! Photographs and scans: finds the digit in a PNG, JPEG, BMP or PNM file of any size and converts it to an
//! image like those of MNIST.
//!
//! MNIST's digits were scaled to fit a box of 20×20 pixels, with their proportions and with grey edges, and
//! placed in 28×28 pixels with their centre of mass in the middle (Y. LeCun, C. Cortes and C. J. C. Burges,
//! "The MNIST database of handwritten digits"). [`read`] and [`decode`] do the same:
//!
//! 1. decode the file and convert the image to grey; a JPEG file that was cut short is an error, and
//!    transparent pixels become paper;
//! 2. fit a plane of brightness to the border of the image, so that a shadow is not taken for ink; pixels
//!    that are darker than this paper, or those that are lighter, are ink;
//! 3. if the plane does not describe the border, or the ink is no digit, remove long straight lines (a Hough
//!    transform) and estimate the paper around each pixel (a morphological closing) for dark and for light
//!    ink;
//! 4. find the connected regions of ink; remove specks, frames, and edges along the border;
//! 5. refuse images of several digits, of a spot or of lines only;
//! 6. scale and centre the digit.
//!
//! Files may come from anybody: the size of a file, the number of its pixels and the memory of all images
//! that are decoded at the same time are bounded, and a panic in a decoder becomes an error.
//!
//! ```
//! use image::{GrayImage, ImageFormat, Luma};
//! use lenet_data::photo;
//!
//! // A one, as a black bar on white paper.
//! let is_ink = |x, y| (40..56).contains(&x) && (20..100).contains(&y);
//! let bar = GrayImage::from_fn(90, 120, |x, y| Luma([if is_ink(x, y) { 0 } else { 255 }]));
//! let mut png = std::io::Cursor::new(Vec::new());
//! bar.write_to(&mut png, ImageFormat::Png)?;
//!
//! let pixels = photo::decode("bar.png".as_ref(), png.get_ref())?;
//! let inked = pixels.iter().filter(|pixel| **pixel > 127).count();
//! assert_eq!(inked, 20 * 4); // 80×16, scaled to 20×4
//! let images = lenet_data::normalise(&pixels); // what the network reads
//! # assert_eq!(images.len(), 32 * 32);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alpha;
mod background;
mod digit;
mod file;
mod find;
mod frame;
mod ink;
mod jpeg;
mod local;
mod luma;
mod memory;
mod paper;
mod parts;
mod refusal;
mod row;
mod rules;
mod whole;

use std::any::Any;
use std::ops::Range;
use std::panic::{UnwindSafe, catch_unwind};
use std::path::Path;

use image::GrayImage;

use crate::{Error, SIDE};
use ink::Ink;
use refusal::Refusal;

/// The files that can be decoded, for errors.
const EXPECTED: &str = "a PNG, JPEG, BMP or PNM image of at most 64 million pixels";

/// Reads the digit in an image file: `[32 × 32]` pixels, row-major, from 0 (background) to 255 (ink), like
/// [`synthetic::draw`](crate::synthetic::draw).
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or is not a regular file, [`Error::Malformed`] if it has more
/// than 256 MiB, and the errors of [`decode`].
pub fn read(path: &Path) -> Result<[u8; SIDE * SIDE], Error> {
    let (bytes, _memory) = file::bytes(path)?;
    decode(path, &bytes)
}

/// Reads the digit in the bytes of an image file; `name` is used in errors.
///
/// All calls in a process share 1 GiB of memory for decoded images: if it is in use, a call waits for another
/// one to end.
///
/// # Errors
/// [`Error::Malformed`] if the bytes cannot be decoded or were cut short, the image has more than 64 million
/// pixels, or it does not have exactly one digit that stands out from its background.
pub fn decode(name: &Path, bytes: &[u8]) -> Result<[u8; SIDE * SIDE], Error> {
    guarded(name, || decode_unguarded(name, bytes))
}

/// A digit of a row, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Located {
    /// `[32 × 32]` pixels, row-major, as of [`read`].
    pub pixels: [u8; SIDE * SIDE],
    /// First column of the digit in the upright image.
    pub left: u32,
    /// First row of the digit.
    pub top: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

/// Reads the digits of a row in an image file, such as a post code, from left to right. There must be an empty
/// column between two digits: digits that touch or overhang each other are read as one. What is less than 40 %
/// as high as the highest digit is no digit.
///
/// # Errors
/// As [`read`], and [`Error::Malformed`] if there are several rows, or more than 64 digits.
pub fn read_several(path: &Path) -> Result<Vec<Located>, Error> {
    let (bytes, _memory) = file::bytes(path)?;
    decode_several(path, &bytes)
}

/// Reads the digits of a row in the bytes of an image file as [`read_several`] does; `name` is used in errors.
///
/// # Errors
/// As [`read_several`].
pub fn decode_several(name: &Path, bytes: &[u8]) -> Result<Vec<Located>, Error> {
    guarded(name, || {
        let (grey, size) = file::grey_and_size(name, bytes)?;
        let refused = |refusal: Refusal| Error::malformed(name, "a row of digits on paper", refusal.found());
        let pieces = find::find(&grey, row::select).map_err(refused)?;
        let scale = [(size[0], grey.width()), (size[1], grey.height())]
            .map(|(before, after)| f64::from(before) / f64::from(after.max(1)));
        let digits = pieces.iter().filter_map(|piece| located(piece, scale)).collect::<Vec<_>>();
        if digits.is_empty() { Err(refused(Refusal::Blank)) } else { Ok(digits) }
    })
}

/// The digit, framed, at its place in an image that was scaled down by `scale` across and down.
fn located(piece: &row::Piece, scale: [f64; 2]) -> Option<Located> {
    let extent = |[first, last]: [usize; 2], scale: f64| {
        let [first, end] = [first, last + 1].map(|place| (place as f64 * scale).round() as u32);
        (first, end - first)
    };
    let ((left, width), (top, height)) = (extent(piece.columns, scale[0]), extent(piece.rows, scale[1]));
    Some(Located { pixels: frame::frame(&piece.ink)?, left, top, width, height })
}

/// Reads the image in a file as a whole, without a search for a digit: `[32 × 32]` pixels, row-major. Its
/// colours are weighted as in Rec. 709; an image of more than 32 rows or columns is averaged over areas, with
/// its proportions preserved; it is centred, and surrounded by 0. An image whose border is light (median above
/// 127) is inverted, so that the background is 0.
///
/// # Errors
/// As [`read`], except that every image is accepted.
pub fn read_whole(path: &Path) -> Result<[u8; SIDE * SIDE], Error> {
    let (bytes, _memory) = file::bytes(path)?;
    decode_whole(path, &bytes)
}

/// Reads the image in the bytes of a file as [`read_whole`] does; `name` is used in errors.
///
/// # Errors
/// As [`read_whole`].
pub fn decode_whole(name: &Path, bytes: &[u8]) -> Result<[u8; SIDE * SIDE], Error> {
    guarded(name, || Ok(whole::framed(&file::grey(name, bytes)?)))
}

/// Reads the digit in pixels that were decoded elsewhere, such as by a browser, as [`decode`] does; `name` is used
/// in errors.
///
/// - `pixels`: `[height, width]` brightness from 0 (black) to 255, or `[height, width, 4]` red, green, blue and
///   alpha; row-major
/// - `size`: width and height
///
/// # Errors
/// [`Error::Malformed`] if the number of bytes does not fit `size`, and as [`decode`].
pub fn of_pixels(name: &Path, pixels: &[u8], size: [u32; 2]) -> Result<[u8; SIDE * SIDE], Error> {
    found_in(name, &file::of_pixels(name, pixels, size)?)
}

/// Scales and centres the ink of a drawing on a clean background: step 6 alone. Returns the `[32 × 32]` pixels,
/// and the columns and rows of the ink as ranges; `None` if there is no ink, or `ink` has no whole rows.
///
/// - `ink`: `[height, width]`, row-major, from 0 (background) to 255 (ink)
pub fn of_strokes(ink: &[u8], width: usize) -> Option<([u8; SIDE * SIDE], [Range<usize>; 2])> {
    if width == 0 || !ink.len().is_multiple_of(width) {
        return None;
    }
    let is_inked = |row: &[u8]| row.iter().any(|ink| *ink > 0);
    let rows = || ink.chunks_exact(width);
    let (top, bottom) = (rows().position(is_inked)?, rows().rposition(is_inked)?);
    let inked = || rows().skip(top).take(bottom + 1 - top);
    let left = inked().filter_map(|row| row.iter().position(|ink| *ink > 0)).min()?;
    let right = inked().filter_map(|row| row.iter().rposition(|ink| *ink > 0)).max()?;
    let values = inked().flat_map(|row| &row[left..=right]).map(|ink| f32::from(*ink) / 255.0).collect();
    let ink = Ink { values, width: right + 1 - left, full: 255.0 };
    Some((frame::frame(&ink)?, [left..right + 1, top..bottom + 1]))
}

/// The image decoders are not ours, and have panicked on damaged files. What they hold is dropped with them.
fn guarded<T>(name: &Path, decode: impl FnOnce() -> Result<T, Error> + UnwindSafe) -> Result<T, Error> {
    catch_unwind(decode).unwrap_or_else(|panic| {
        let found = format!("one on which the decoder panicked ({})", message(&*panic));
        Err(Error::malformed(name, EXPECTED, found))
    })
}

fn decode_unguarded(name: &Path, bytes: &[u8]) -> Result<[u8; SIDE * SIDE], Error> {
    found_in(name, &file::grey(name, bytes)?)
}

/// The digit in an image.
fn found_in(name: &Path, grey: &GrayImage) -> Result<[u8; SIDE * SIDE], Error> {
    let digit = find::find(grey, digit::select).and_then(|ink| frame::frame(&ink).ok_or(Refusal::Blank));
    digit.map_err(|refusal| Error::malformed(name, "one digit on paper", refusal.found()))
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
