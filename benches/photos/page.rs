//! Pages with a handwritten digit, and the marks, light and backgrounds that photographs add to them.

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use crate::rng::Rng;

/// Side of a page, in pixels.
pub const PAGE: u32 = 220;
/// Side of a digit's drawing (28×28 in MNIST) on a page.
pub const DIGIT: u32 = 140;

/// A digit of MNIST: 28×28, from 0 (background) to 255 (ink).
pub type Digit<'a> = &'a [u8];

/// Draws `digit` with `side` rows and columns from column and row `at` on: the brightness moves to `ink`.
pub fn draw(page: &mut GrayImage, digit: Digit<'_>, side: u32, at: [u32; 2], ink: u8) {
    let small = GrayImage::from_fn(28, 28, |x, y| Luma([digit[(y * 28 + x) as usize]]));
    for (x, y, Luma([share])) in resize(&small, side, side, FilterType::CatmullRom).enumerate_pixels() {
        let Luma([paper]) = page.get_pixel_mut(at[0] + x, at[1] + y);
        *paper = mixed(*paper, ink, f32::from(*share) / 255.0);
    }
}

/// A white page with a black digit in the middle.
pub fn plain(digit: Digit<'_>) -> GrayImage {
    inked(GrayImage::from_pixel(PAGE, PAGE, Luma([255])), digit)
}

/// The page with a black digit in the middle.
pub fn inked(mut page: GrayImage, digit: Digit<'_>) -> GrayImage {
    draw(&mut page, digit, DIGIT, [(PAGE - DIGIT) / 2; 2], 0);
    page
}

/// Changes each pixel as `change(x, y, brightness)` tells, and rounds.
pub fn mapped(mut page: GrayImage, mut change: impl FnMut(f32, f32, f32) -> f32) -> GrayImage {
    for (x, y, Luma([brightness])) in page.enumerate_pixels_mut() {
        *brightness = change(x as f32 + 0.5, y as f32 + 0.5, f32::from(*brightness)).round() as u8;
    }
    page
}

/// Adds noise of up to `most` steps of brightness.
pub fn noisy(page: GrayImage, rng: &mut Rng, most: f32) -> GrayImage {
    mapped(page, |_, _, brightness| (brightness + rng.real(-most, most)).clamp(0.0, 255.0))
}

/// Horizontal lines at a distance of `step` and, if `squared`, vertical ones as well, `thick` pixels wide.
pub fn ruled(step: u32, thick: u32, shade: u8, squared: bool) -> GrayImage {
    let is_line = |place: u32| (place + step / 2) % step < thick;
    GrayImage::from_fn(PAGE, PAGE, |x, y| {
        Luma([if is_line(y) || squared && is_line(x) { shade } else { 255 }])
    })
}

/// Draws the outline of the square that is `inset` pixels from the border, `thick` pixels wide.
pub fn outlined(page: GrayImage, inset: f32, thick: f32, shade: f32) -> GrayImage {
    mapped(page, |x, y, brightness| {
        let depth = edge(x, y) - inset;
        if (0.0..thick).contains(&depth) { shade } else { brightness }
    })
}

/// Distance to the nearest edge of the page.
pub fn edge(x: f32, y: f32) -> f32 {
    let side = PAGE as f32;
    x.min(y).min(side - x).min(side - y)
}

/// A page that lies on a desk of brightness `shade`, `margin` pixels from the border and rotated by `angle`
/// radians.
pub fn on_desk(page: &GrayImage, shade: u8, margin: f32, angle: f32) -> GrayImage {
    let side = PAGE as f32;
    let scale = side / (side - 2.0 * margin);
    let (sin, cos) = angle.sin_cos();
    let desk = GrayImage::from_pixel(PAGE, PAGE, Luma([shade]));
    mapped(desk, |x, y, desk| {
        let [x, y] = [x - side / 2.0, y - side / 2.0];
        let [x, y] = [cos * x + sin * y, cos * y - sin * x].map(|place| place * scale + side / 2.0 - 0.5);
        sample(page, x, y).unwrap_or(desk)
    })
}

/// The brightness between four pixels; `None` outside of the page.
fn sample(page: &GrayImage, x: f32, y: f32) -> Option<f32> {
    let limit = (PAGE - 1) as f32;
    if !(0.0..limit).contains(&x) || !(0.0..limit).contains(&y) {
        return None;
    }
    let at = |right: u32, down: u32| f32::from(page.get_pixel(x as u32 + right, y as u32 + down).0[0]);
    let row = |down| at(0, down) + x.fract() * (at(1, down) - at(0, down));
    Some(row(0) + y.fract() * (row(1) - row(0)))
}

/// A dark spot with an uneven outline.
pub fn stain(rng: &mut Rng) -> GrayImage {
    let centre = [rng.real(80.0, 140.0), rng.real(80.0, 140.0)];
    let radius = rng.real(15.0, 50.0);
    let [wave, lobes, shade] = [rng.real(0.0, 6.0), rng.real(2.0, 5.0).round(), rng.real(30.0, 150.0)];
    mapped(GrayImage::from_pixel(PAGE, PAGE, Luma([255])), |x, y, paper| {
        let [x, y] = [x - centre[0], y - centre[1]];
        let outline = radius * (1.0 + 0.2 * (lobes * y.atan2(x) + wave).sin());
        if x.hypot(y) < outline { shade } else { paper }
    })
}

fn mixed(from: u8, to: u8, share: f32) -> u8 {
    (f32::from(from) + (f32::from(to) - f32::from(from)) * share).round() as u8
}
