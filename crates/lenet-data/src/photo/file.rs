//! From the bytes of a file to grey pixels.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Luma, imageops};

use crate::Error;

/// Bytes of the largest file that is read.
const FILE_LIMIT: u64 = 256 << 20;
/// Pixels of the largest image that is decoded.
const PIXEL_LIMIT: u64 = 64_000_000;
/// Bytes that a decoder may use.
const MEMORY_LIMIT: u64 = 512 << 20;
/// Rows and columns of what is looked at: a larger image is scaled down to it first.
const SIDE_LIMIT: u32 = 1024;

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes));
    read.map_err(|error| Error::io(path, error))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(malformed(path, "more than 256 MB".into()));
    }
    Ok(bytes)
}

pub(super) fn grey(name: &Path, bytes: &[u8]) -> Result<GrayImage, Error> {
    let image = decoded(bytes).map_err(|reason| malformed(name, reason))?;
    let (width, height) = (image.width(), image.height());
    if width.max(height) <= SIDE_LIMIT {
        return Ok(on_paper(&image));
    }
    let scale = f64::from(SIDE_LIMIT) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    Ok(imageops::thumbnail(&on_paper(&image), scaled(width), scaled(height)))
}

/// The image as it is to be looked at, or why there is none.
fn decoded(bytes: &[u8]) -> Result<DynamicImage, String> {
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    if reader.format().is_none() {
        return Err(if bytes.is_empty() { "an empty file" } else { "something else" }.into());
    }
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MEMORY_LIMIT);
    reader.limits(limits);
    let broken = |error: image::ImageError| format!("one that cannot be decoded ({error})");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXEL_LIMIT || decoder.total_bytes() > MEMORY_LIMIT {
        return Err(format!("one of {width}x{height} pixels"));
    }
    if width == 0 || height == 0 {
        return Err("one without a pixel".into());
    }
    let orientation = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn malformed(path: &Path, found: String) -> Error {
    let expected = "a PNG, JPEG, BMP or PNM image of at most 64 million pixels".into();
    Error::Malformed { path: path.into(), expected, found }
}

/// The image in grey. Where it is transparent there is paper: white for dark ink, black for light ink.
fn on_paper(image: &DynamicImage) -> GrayImage {
    if !image.color().has_alpha() {
        return image.to_luma8();
    }
    let pixels = image.to_luma_alpha8();
    let weighted = |sum: u64, [grey, alpha]: [u8; 2]| sum + u64::from(grey) * u64::from(alpha);
    let brightness = pixels.pixels().fold(0, |sum, pixel| weighted(sum, pixel.0));
    let opacity: u64 = pixels.pixels().map(|pixel| u64::from(pixel.0[1])).sum();
    let paper = if brightness > opacity * 127 { 0 } else { 255 };
    GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [grey, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        Luma([((grey * alpha + paper * (255 - alpha) + 127) / 255) as u8])
    })
}
