//! Converts images with an alpha channel to grey: transparent pixels become paper.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageFormat, Luma};

use super::ink::median;
use super::luma::{grey, grey_and_alpha};

/// Minimum contrast of the ink and the paper of an opaque card, in steps of brightness.
const CONTRAST: u8 = 40;

/// Converts the image to grey.
///
/// - A BMP file whose alpha is 0 throughout is opaque: programs write 0 to the unused byte of a pixel.
/// - A card, which has ink and paper of its own, continues with the brightness of its border.
/// - Anything else is ink on nothing: the paper is white for dark ink, black for light ink.
pub(super) fn on_paper(image: DynamicImage, format: ImageFormat) -> GrayImage {
    if !image.color().has_alpha() {
        return grey(image);
    }
    let pixels = grey_and_alpha(image);
    let is_clear = || pixels.pixels().all(|pixel| pixel.0[1] == 0);
    if format == ImageFormat::Bmp && is_clear() {
        return GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
            Luma([pixels.get_pixel(x, y).0[0]])
        });
    }
    let paper = u32::from(card_border(&pixels).unwrap_or_else(|| contrasting(&pixels)));
    GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [grey, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
        Luma([((grey * alpha + paper * (255 - alpha) + 127) / 255) as u8])
    })
}

/// White if the mean of the opaque pixels is dark, otherwise black.
fn contrasting(pixels: &GrayAlphaImage) -> u8 {
    let weighted = |sum: u64, [grey, alpha]: [u8; 2]| sum + u64::from(grey) * u64::from(alpha);
    let brightness = pixels.pixels().fold(0, |sum, pixel| weighted(sum, pixel.0));
    let opacity: u64 = pixels.pixels().map(|pixel| u64::from(pixel.0[1])).sum();
    if brightness > opacity * 127 { 0 } else { 255 }
}

/// The median brightness of a card's border; `None` if the opaque pixels are no card: a card fills most of
/// its bounding box, and has ink of another brightness.
fn card_border(pixels: &GrayAlphaImage) -> Option<u8> {
    let is_opaque = |x: u32, y: u32| pixels.get_pixel_checked(x, y).is_some_and(|pixel| pixel.0[1] >= 250);
    let opaque: Vec<_> = pixels.enumerate_pixels().filter(|(x, y, _)| is_opaque(*x, *y)).collect();
    let [left, top] = [opaque.iter().map(|pixel| pixel.0).min()?, opaque.iter().map(|pixel| pixel.1).min()?];
    let [right, bottom] =
        [opaque.iter().map(|pixel| pixel.0).max()?, opaque.iter().map(|pixel| pixel.1).max()?];
    let area = u64::from(right + 1 - left) * u64::from(bottom + 1 - top);
    let shades = || opaque.iter().map(|pixel| pixel.2.0[0]);
    let contrast = shades().max()? - shades().min()?;
    if 10 * (opaque.len() as u64) < 6 * area || contrast < CONTRAST {
        return None;
    }
    let has_clear_neighbour = |x: u32, y: u32| {
        let neighbours = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
        neighbours.into_iter().any(|(x, y)| x < pixels.width() && y < pixels.height() && !is_opaque(x, y))
    };
    let border = opaque.iter().filter(|(x, y, _)| has_clear_neighbour(*x, *y));
    let border: Vec<f32> = border.map(|pixel| f32::from(pixel.2.0[0])).collect();
    (!border.is_empty()).then(|| median(border) as u8)
}
