//! Decodes image files to grey pixels, within bounds on size and memory.

use std::io::{Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage, imageops};

use super::alpha::on_paper;
use super::jpeg;
use super::memory::{FILES, IMAGES, Share};
use crate::Error;

/// Maximum size of a file, in bytes.
const FILE_LIMIT: u64 = 256 << 20;
/// Maximum number of pixels of an image.
const PIXEL_LIMIT: u64 = 64_000_000;
/// Maximum size of a decoded image, in bytes.
const IMAGE_LIMIT: u64 = 512 << 20;
/// Maximum memory of a decoder for anything but pixels, such as colour profiles and texts, in bytes.
const METADATA_LIMIT: u64 = 16 << 20;
/// Bytes per pixel in addition to the decoded image: a JPEG decoder's coefficients, or grey copies of the
/// image.
const EXTRA_BYTES: u64 = 6;
/// Maximum number of rows and columns of the result; a larger image is scaled down.
const SIDE_LIMIT: u32 = 1024;

/// The bytes of a file, which count against the process's budget until the [`Share`] is dropped.
pub(super) fn bytes(path: &Path) -> Result<(Vec<u8>, Share), Error> {
    let io_error = |error| Error::io(path, error);
    let file = lenet_files::open(path, FILE_LIMIT).map_err(|error| Error::file(path, error))?;
    let size = file.metadata().map_err(io_error)?.len();
    let share = FILES.take(size);
    let mut bytes = Vec::new();
    // No more than counted, even if the file grows meanwhile.
    file.take(size).read_to_end(&mut bytes).map_err(io_error)?;
    Ok((bytes, share))
}

/// Decodes an image and converts it to grey, upright and with at most [`SIDE_LIMIT`] rows and columns.
pub(super) fn grey(name: &Path, bytes: &[u8]) -> Result<GrayImage, Error> {
    grey_and_size(name, bytes).map(|(grey, _)| grey)
}

/// The image as [`grey`] decodes it, and its width and height before it was scaled down.
pub(super) fn grey_and_size(name: &Path, bytes: &[u8]) -> Result<(GrayImage, [u32; 2]), Error> {
    let grey = complete(bytes).map_err(|reason| malformed(name, reason))?;
    let (width, height) = grey.dimensions();
    Ok((scaled_down(grey), [width, height]))
}

/// The image with at most [`SIDE_LIMIT`] rows and columns.
fn scaled_down(grey: GrayImage) -> GrayImage {
    let (width, height) = grey.dimensions();
    if width.max(height) <= SIDE_LIMIT {
        return grey;
    }
    let scale = f64::from(SIDE_LIMIT) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    imageops::thumbnail(&grey, scaled(width), scaled(height))
}

/// Pixels that were decoded elsewhere, `[height, width]` grey or `[height, width, 4]` red, green, blue and alpha,
/// as [`grey`] returns those of a file.
pub(super) fn of_pixels(name: &Path, pixels: &[u8], [width, height]: [u32; 2]) -> Result<GrayImage, Error> {
    let area = u64::from(width) * u64::from(height);
    if area == 0 || area > PIXEL_LIMIT {
        return Err(malformed(name, format!("one of {width}x{height} pixels")));
    }
    let wrong = || {
        let expected = format!("{area} bytes of grey pixels, or {} of RGBA, for {width}x{height}", 4 * area);
        Error::malformed(name, expected, pixels.len().to_string())
    };
    let image = match pixels.len() as u64 / area {
        1 => GrayImage::from_raw(width, height, pixels.to_vec()).map(DynamicImage::from),
        4 => RgbaImage::from_raw(width, height, pixels.to_vec()).map(DynamicImage::from),
        _ => None,
    };
    let image = image.filter(|image| image.as_bytes().len() == pixels.len()).ok_or_else(wrong)?;
    Ok(scaled_down(on_paper(image, ImageFormat::Png)))
}

/// The image, or the reason why it cannot be decoded: a JPEG file that was cut short is none.
fn complete(bytes: &[u8]) -> Result<GrayImage, String> {
    let Some([one, other]) = jpeg::continued(bytes) else { return decoded(bytes) };
    let cut_short = |_| "one that was cut short".to_owned();
    let image = decoded(bytes)?;
    let is_complete =
        decoded(&one).map_err(cut_short)? == image && decoded(&other).map_err(cut_short)? == image;
    if is_complete { Ok(image) } else { Err("one that was cut short".into()) }
}

/// The image in grey and upright, or the reason why it cannot be decoded.
fn decoded(bytes: &[u8]) -> Result<GrayImage, String> {
    check_palette(bytes)?;
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    let Some(format) = reader.format() else {
        return Err(if bytes.is_empty() { "an empty file" } else { "something else" }.into());
    };
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(METADATA_LIMIT);
    reader.limits(limits);
    let broken = |error: image::ImageError| format!("one that cannot be decoded ({error})");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXEL_LIMIT || decoder.total_bytes() > IMAGE_LIMIT {
        return Err(format!("one of {width}x{height} pixels"));
    }
    if width == 0 || height == 0 {
        return Err("one without a pixel".into());
    }
    let _memory = IMAGES.take(decoder.total_bytes() + EXTRA_BYTES * pixels);
    let orientation = decoder.orientation().map_err(broken)?;
    let image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    Ok(upright(on_paper(image, format), orientation))
}

/// Checks the palette of a PNG image, because the decoder panics if its length is no multiple of 3.
fn check_palette(bytes: &[u8]) -> Result<(), String> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap_or_default();
    // A chunk is its length, its type, its data and a checksum of 4 bytes.
    while let Some(([a, b, c, d, kind @ ..], tail)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        if kind == b"PLTE" && !length.is_multiple_of(3) {
            return Err(format!("one with a palette of {length} bytes, which is no multiple of 3"));
        }
        rest = tail.get(length as usize..).and_then(|tail| tail.get(4..)).unwrap_or_default();
    }
    Ok(())
}

fn malformed(path: &Path, found: String) -> Error {
    Error::malformed(path, super::EXPECTED, found)
}

fn upright(grey: GrayImage, orientation: Orientation) -> GrayImage {
    let mut image = DynamicImage::from(grey);
    image.apply_orientation(orientation);
    image.into_luma8()
}
