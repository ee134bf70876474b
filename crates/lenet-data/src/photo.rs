//! Digits in photographs and scans: one digit in a PNG, JPEG, BMP or PNM file of any size becomes an image as MNIST has
//! them.
//!
//! MNIST's digits were scaled to fit a box of 20×20 pixels, with their proportions and with grey edges, and put into
//! 28×28 with their centre of mass in the middle (Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of
//! handwritten digits"). Here the same is done to what is found:
//!
//! 1. the picture becomes grey, and what is transparent the paper that its ink stands out from;
//! 2. the paper is a plane of brightness through the border of the picture, so that a shadow across it is no ink; what
//!    differs from it is ink, be it darker or lighter;
//! 3. connected ink is the digit; specks are not;
//! 4. the digit is scaled and centred.
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

mod digit;
mod file;
mod frame;
mod ink;

use std::path::Path;

use crate::{Error, SIDE};

/// Reads the digit in an image file: `[32 × 32]` pixels row by row, from 0 (background) to 255 (ink), as
/// [`synthetic::draw`](crate::synthetic::draw) gives them.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, and those of [`decode`].
pub fn read(path: &Path) -> Result<[u8; SIDE * SIDE], Error> {
    decode(path, &file::bytes(path)?)
}

/// Reads the digit in the bytes of an image file; `name` is for errors.
///
/// # Errors
/// [`Error::Malformed`] if it is no image that can be decoded, one of more than 64 million pixels, or one in which there is
/// no digit.
pub fn decode(name: &Path, bytes: &[u8]) -> Result<[u8; SIDE * SIDE], Error> {
    let grey = file::grey(name, bytes)?;
    let ink = ink::ink(&grey).and_then(digit::largest);
    let ink = ink.ok_or_else(|| Error::Malformed {
        path: name.into(),
        expected: "a digit on an even background".into(),
        found: "nothing that stands out".into(),
    })?;
    Ok(frame::frame(&ink))
}
