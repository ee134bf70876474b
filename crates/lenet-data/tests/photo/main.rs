//! Digits in photographs: what must not change what is read, the formats, and files in which there is nothing
//! to read.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod disturbances;
mod formats;
mod invariances;
mod refusals;
mod several;

use std::io::Cursor;
use std::path::Path;

use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use lenet_data::{Error, SIDE, photo, synthetic};

type Pixels = [u8; SIDE * SIDE];

/// A page with a digit on it.
#[derive(Clone, Debug)]
struct Page {
    /// Which synthetic digit.
    index: u64,
    /// Rows and columns of its drawing.
    digit: u32,
    /// Columns and rows of the page.
    size: [u32; 2],
    /// Where the drawing begins.
    at: [u32; 2],
    paper: u8,
    ink: u8,
}

impl Page {
    /// Black on white, 200 pixels high, in the middle.
    fn of(index: u64) -> Self {
        Self { index, digit: 200, size: [260, 260], at: [30, 30], paper: 255, ink: 0 }
    }

    fn image(&self) -> GrayImage {
        let (pixels, _) = synthetic::draw(3, self.index);
        let small = GrayImage::from_raw(SIDE as u32, SIDE as u32, pixels.to_vec()).unwrap();
        let large = resize(&small, self.digit, self.digit, FilterType::CatmullRom);
        let [paper, ink] = [self.paper, self.ink].map(f32::from);
        let mut page = GrayImage::from_pixel(self.size[0], self.size[1], Luma([self.paper]));
        for (x, y, Luma([share])) in large.enumerate_pixels() {
            let brightness = paper + (ink - paper) * f32::from(*share) / 255.0;
            page.put_pixel(self.at[0] + x, self.at[1] + y, Luma([brightness.round() as u8]));
        }
        page
    }

    fn read(&self) -> Pixels {
        read(self.image()).unwrap()
    }
}

fn read(image: impl Into<DynamicImage>) -> Result<Pixels, Error> {
    photo::decode(Path::new("page.png"), &encoded(&image.into(), ImageFormat::Png))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The mean difference of two images as a share of the mean ink of the first.
fn difference(one: &Pixels, other: &Pixels) -> f32 {
    let apart: u32 = one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
    let ink: u32 = one.iter().copied().map(u32::from).sum();
    apart as f32 / ink as f32
}
