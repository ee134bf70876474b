//! The kinds of pictures: how each is made from a digit, and whether it is to be read or refused.

use std::io::Cursor;

use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageFormat, ImageResult, Luma, Rgba, RgbaImage};

use crate::page::{self, DIGIT, Digit, PAGE};
use crate::rng::Rng;

/// The right answer to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// The digit that was drawn.
    Digit,
    /// A refusal.
    Refusal,
    /// The digit or a refusal: a damaged file of which enough may be left.
    Either,
}

/// Makes an image file of a digit; a second digit is given for pictures of two.
type Make = fn(&mut Rng, Digit<'_>, Digit<'_>) -> ImageResult<Vec<u8>>;

/// Name, right answer and maker of each kind.
#[rustfmt::skip]
pub const KINDS: &[(&str, Answer, Make)] = &[
    ("clean page, any size", Answer::Digit, |rng, digit, _| png(any_size(rng, digit))),
    ("clean page, noise, JPEG", Answer::Digit, |rng, digit, _| {
        let page = any_size(rng, digit);
        jpeg(&page::noisy(page, rng, 10.0), 80)
    }),
    ("dark strip along an edge", Answer::Digit, |rng, digit, _| png(strip(rng, digit))),
    ("frame at the edge", Answer::Digit, |rng, digit, _| {
        png(page::outlined(page::plain(digit), 0.0, rng.real(1.0, 12.0).round(), rng.real(0.0, 100.0)))
    }),
    ("frame inside the edge", Answer::Digit, |rng, digit, _| {
        let inset = rng.real(2.0, 15.0).round();
        png(page::outlined(page::plain(digit), inset, rng.real(1.0, 4.0).round(), rng.real(0.0, 100.0)))
    }),
    ("box around the digit", Answer::Digit, |rng, digit, _| {
        let inset = rng.real(20.0, 42.0).round();
        png(page::outlined(page::plain(digit), inset, rng.real(1.0, 5.0).round(), rng.real(0.0, 100.0)))
    }),
    ("ruled paper, black", Answer::Digit, |rng, digit, _| png(lined(rng, digit, false, 0))),
    ("ruled paper, grey 210", Answer::Digit, |rng, digit, _| png(lined(rng, digit, false, 210))),
    ("squared paper, black", Answer::Digit, |rng, digit, _| png(lined(rng, digit, true, 0))),
    ("squared paper, grey 180", Answer::Digit, |rng, digit, _| png(lined(rng, digit, true, 180))),
    ("paper on a dark desk", Answer::Digit, |rng, digit, _| png(desk(rng, digit, 0.0))),
    ("the same, turned by up to 10°", Answer::Digit, |rng, digit, _| png(desk(rng, digit, 0.17))),
    ("sharp shadow, 10 % darker", Answer::Digit, |rng, digit, _| jpeg(&shadow(rng, digit, 0.1), 90)),
    ("sharp shadow, 20 % darker", Answer::Digit, |rng, digit, _| jpeg(&shadow(rng, digit, 0.2), 90)),
    ("sharp shadow, 30 % darker", Answer::Digit, |rng, digit, _| jpeg(&shadow(rng, digit, 0.3), 90)),
    ("dark corners, 40 %", Answer::Digit, |rng, digit, _| jpeg(&vignette(rng, digit), 90)),
    ("opaque card, clear margins", Answer::Digit, |rng, digit, _| png(card(rng, digit, false))),
    ("opaque card, round corners", Answer::Digit, |rng, digit, _| png(card(rng, digit, true))),
    ("BMP with alpha 0", Answer::Digit, |_, digit, _| clear_bmp(&page::plain(digit))),
    ("JPEG without end marker", Answer::Digit, |_, digit, _| {
        let mut bytes = jpeg(&page::plain(digit), 90)?;
        bytes.truncate(bytes.len() - 2);
        Ok(bytes)
    }),
    ("JPEG with bytes after it", Answer::Digit, |_, digit, _| {
        Ok([jpeg(&page::plain(digit), 90)?, vec![0x5a; 500]].concat())
    }),
    ("JPEG cut at 95 %", Answer::Either, |_, digit, _| cut(digit, 0.95)),
    ("JPEG cut at 30 to 90 %", Answer::Either, |rng, digit, _| cut(digit, rng.real(0.3, 0.9))),
    ("two digits", Answer::Refusal, |rng, one, two| png(pair(rng, one, two))),
    ("no digit, noise", Answer::Refusal, |rng, _, _| {
        png(page::noisy(GrayImage::from_pixel(PAGE, PAGE, Luma([200])), rng, 10.0))
    }),
    ("no digit, ruled paper", Answer::Refusal, |rng, _, _| png(page::ruled(rng.whole(18, 40), 1, 60, false))),
    ("no digit, dark strip", Answer::Refusal, |rng, _, _| png(strip(rng, &[0; 784]))),
    ("a stain", Answer::Refusal, |rng, _, _| png(page::stain(rng))),
];

fn png(image: impl Into<DynamicImage>) -> ImageResult<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn jpeg(image: &GrayImage, quality: u8) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image)?;
    Ok(bytes)
}

/// The first part of a JPEG file.
fn cut(digit: Digit<'_>, share: f32) -> ImageResult<Vec<u8>> {
    let mut bytes = jpeg(&page::plain(digit), 90)?;
    bytes.truncate((bytes.len() as f32 * share) as usize);
    Ok(bytes)
}

/// Dark on light or light on dark, 41 to 239 pixels high, anywhere on the page.
fn any_size(rng: &mut Rng, digit: Digit<'_>) -> GrayImage {
    let side = rng.whole(41, 239);
    let [width, height] = [(); 2].map(|()| side + rng.whole(10, 199));
    let at = [rng.whole(0, width - side), rng.whole(0, height - side)];
    let shades = [rng.whole(200, 255) as u8, rng.whole(0, 80) as u8];
    let [paper, ink] = if rng.whole(0, 1) == 0 { shades } else { [shades[1], shades[0]] };
    let mut page = GrayImage::from_pixel(width, height, Luma([paper]));
    page::draw(&mut page, digit, side, at, ink);
    page
}

/// A strip of 3 to 25 pixels along one edge, as a scanner's lid or the next sheet leaves it.
fn strip(rng: &mut Rng, digit: Digit<'_>) -> GrayImage {
    let (edge, thick, shade) = (rng.whole(0, 3), rng.real(3.0, 25.0), rng.real(0.0, 120.0));
    let side = PAGE as f32;
    page::mapped(page::plain(digit), |x, y, brightness| {
        let depth = [x, y, side - x, side - y][edge as usize];
        if depth < thick { shade } else { brightness }
    })
}

fn lined(rng: &mut Rng, digit: Digit<'_>, squared: bool, shade: u8) -> GrayImage {
    let thick = rng.whole(1, 2);
    page::inked(page::ruled(rng.whole(18, 40), thick, shade, squared), digit)
}

fn desk(rng: &mut Rng, digit: Digit<'_>, turn: f32) -> GrayImage {
    let (shade, margin) = (rng.whole(20, 110) as u8, rng.real(8.0, 40.0));
    let picture = page::on_desk(&page::plain(digit), shade, margin, rng.real(-turn, turn));
    page::noisy(picture, rng, 4.0)
}

/// The half of the page beyond a straight line is darker; the line passes within 60 pixels of the middle.
fn shadow(rng: &mut Rng, digit: Digit<'_>, darker: f32) -> GrayImage {
    let ((sin, cos), offset) = (rng.real(0.0, 6.3).sin_cos(), rng.real(-60.0, 60.0));
    let middle = PAGE as f32 / 2.0;
    let page = page::mapped(page::plain(digit), |x, y, brightness| {
        let lit = cos * (x - middle) + sin * (y - middle) < offset;
        0.9 * brightness * if lit { 1.0 } else { 1.0 - darker }
    });
    page::noisy(page, rng, 3.0)
}

/// The corners have 60 % of the light of the middle, with the square of the distance.
fn vignette(rng: &mut Rng, digit: Digit<'_>) -> GrayImage {
    let middle = PAGE as f32 / 2.0;
    let page = page::mapped(page::plain(digit), |x, y, brightness| {
        let distance = (x - middle).hypot(y - middle) / middle.hypot(middle);
        0.95 * brightness * (1.0 - 0.4 * distance.powi(2))
    });
    page::noisy(page, rng, 3.0)
}

/// A page whose margins, or whose corners, are transparent black or transparent white.
fn card(rng: &mut Rng, digit: Digit<'_>, round: bool) -> RgbaImage {
    let hidden = if rng.whole(0, 1) == 0 { 0 } else { 255 };
    let (margin, radius) = (rng.real(4.0, 30.0), rng.real(10.0, 60.0));
    let margin = if round { 0.0 } else { margin };
    let middle = PAGE as f32 / 2.0;
    let paper = GrayImage::from_pixel(PAGE, PAGE, Luma([rng.whole(200, 255) as u8]));
    let page = page::inked(paper, digit);
    RgbaImage::from_fn(PAGE, PAGE, |x, y| {
        let [right, down] = [x, y].map(|place| (place as f32 + 0.5 - middle).abs());
        let corner = (right + radius - middle).max(0.0).hypot((down + radius - middle).max(0.0));
        let is_clear = right.max(down) > middle - margin || round && corner > radius;
        let shade = page.get_pixel(x, y).0[0];
        if is_clear { Rgba([hidden, hidden, hidden, 0]) } else { Rgba([shade, shade, shade, 255]) }
    })
}

/// A BMP file of 32 bits per pixel whose fourth byte, which means opacity, is 0 throughout.
fn clear_bmp(page: &GrayImage) -> ImageResult<Vec<u8>> {
    let pixels: Vec<u8> = page.pixels().flat_map(|Luma([shade])| [*shade, *shade, *shade, 0]).collect();
    let mut bytes = Vec::new();
    BmpEncoder::new(&mut bytes).encode(&pixels, page.width(), page.height(), ExtendedColorType::Rgba8)?;
    Ok(bytes)
}

/// Two digits side by side.
fn pair(rng: &mut Rng, one: Digit<'_>, two: Digit<'_>) -> GrayImage {
    let mut page = GrayImage::from_pixel(PAGE + 60, PAGE, Luma([255]));
    let side = rng.whole(90, DIGIT);
    page::draw(&mut page, one, side, [0, rng.whole(10, 70)], 0);
    page::draw(&mut page, two, side, [DIGIT, rng.whole(10, 70)], 0);
    page
}

/// The usual extension of a file with these bytes.
pub fn extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, ..] => "png",
        [b'B', ..] => "bmp",
        _ => "jpg",
    }
}
