//! The formats that are read, and what is read from them: a digit as MNIST has them.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use lenet_data::{SIDE, photo};
use proptest::prelude::*;

use crate::{Page, Pixels, difference, encoded, read};

#[test]
fn every_format_gives_the_same_digit() {
    let page = Page::of(4);
    let grey = DynamicImage::from(page.image());
    let colour = DynamicImage::from(grey.to_rgb8());
    let deep = DynamicImage::from(grey.to_luma16());
    for (image, format, tolerance) in [
        (&grey, ImageFormat::Png, 0.0),
        (&colour, ImageFormat::Png, 0.0),
        (&deep, ImageFormat::Png, 0.0),
        (&grey, ImageFormat::Bmp, 0.0),
        (&colour, ImageFormat::Bmp, 0.0),
        (&grey, ImageFormat::Pnm, 0.0),
        (&colour, ImageFormat::Pnm, 0.0),
        (&grey, ImageFormat::Jpeg, 0.05),
        (&colour, ImageFormat::Jpeg, 0.05),
    ] {
        // What the bytes are counts, not the name.
        let found = photo::decode("digit.dat".as_ref(), &encoded(image, format)).unwrap();
        let difference = difference(&page.read(), &found);
        assert!(difference <= tolerance, "{format:?}: {difference} of the ink differs");
    }
}

#[test]
fn a_file_gives_what_its_bytes_give() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seven.png");
    Page::of(7).image().save(&file).unwrap();
    assert_eq!(photo::read(&file).unwrap(), Page::of(7).read());
}

/// Drawn on nothing, whatever the colour that hides behind it.
#[test]
fn a_transparent_background_is_paper() {
    for ink in [0, 255] {
        for hidden in [0, 90, 255] {
            let page = Page { paper: 0, ink: 255, ..Page::of(2) }.image();
            let image = RgbaImage::from_fn(page.width(), page.height(), |x, y| {
                let opacity = page.get_pixel(x, y).0[0];
                let shade = if opacity == 0 { hidden } else { ink };
                Rgba([shade, shade, shade, opacity])
            });
            assert!(difference(&Page::of(2).read(), &read(image).unwrap()) <= 0.02, "ink {ink}, {hidden}");
        }
    }
}

/// The first and the last of a side on which there is ink.
fn extent(pixels: &Pixels, place: fn(usize) -> usize) -> (usize, usize) {
    let inked = || (0..pixels.len()).filter(|index| pixels[*index] > 0).map(place);
    (inked().min().unwrap(), inked().max().unwrap())
}

fn centre(pixels: &Pixels, place: fn(usize) -> usize) -> f32 {
    let ink = || pixels.iter().map(|pixel| f32::from(*pixel)).enumerate();
    let moment: f32 = ink().map(|(index, ink)| (place(index) as f32 + 0.5) * ink).sum();
    moment / ink().map(|(_, ink)| ink).sum::<f32>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// As in MNIST: a box of 20×20, its centre of mass in the pixel below and to the right of the middle of
    /// 28×28, and full ink somewhere.
    #[test]
    fn a_digit_is_framed_as_in_mnist(index in 0_u64..1000, digit in 40_u32..400) {
        let pixels = Page { digit, size: [digit + 60; 2], ..Page::of(index) }.read();
        let axes: [fn(usize) -> usize; 2] = [|index| index % SIDE, |index| index / SIDE];
        let mut sides = [0; 2];
        for (side, place) in sides.iter_mut().zip(axes) {
            let (first, last) = extent(&pixels, place);
            prop_assert!(first >= 2 && last < SIDE - 2, "ink from {} to {}", first, last);
            *side = last + 1 - first;
            let centre = centre(&pixels, place);
            let is_central = (16.0..17.0).contains(&centre);
            prop_assert!(is_central || first == 2 || last == SIDE - 3, "centre of mass at {}", centre);
        }
        prop_assert!((19..=20).contains(&sides.into_iter().max().unwrap()), "{sides:?}");
        prop_assert_eq!(pixels.into_iter().max(), Some(255));
    }
}
