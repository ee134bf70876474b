//! Pictures as cameras and scanners take them: each gives the digit of the plain page, or a refusal that says
//! why.

use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgba, RgbaImage};
use lenet_data::{Error, photo};
use proptest::prelude::*;

use crate::invariances::shifted_difference;
use crate::{Page, encoded, read};

/// Maximum difference from the digit of the plain page, as a share of its ink. (Different digits differ by
/// more than 0.4.)
const TOLERANCE: f32 = 0.2;
/// Indices of synthetic digits of several classes.
const DIGITS: [u64; 6] = [0, 2, 3, 4, 7, 9];

/// Changes the brightness of each pixel of `image` and checks that its digit stays the same.
#[track_caller]
fn stays(page: &Page, name: &str, change: impl Fn(u32, u32, f32) -> f32) {
    let mut image = page.image();
    for (x, y, Luma([brightness])) in image.enumerate_pixels_mut() {
        *brightness = change(x, y, f32::from(*brightness)) as u8;
    }
    same(page, name, image);
}

#[track_caller]
fn same(page: &Page, name: &str, image: impl Into<DynamicImage>) {
    let found = read(image).unwrap_or_else(|error| panic!("{name}, digit {}: {error}", page.index));
    let difference = shifted_difference(&page.read(), &found);
    assert!(difference <= TOLERANCE, "{name}, digit {}: {difference} of the ink differs", page.index);
}

/// Digits of 140 pixels in the middle of 220.
fn pages() -> impl Iterator<Item = Page> {
    DIGITS.into_iter().map(|index| Page { digit: 140, size: [220; 2], at: [40; 2], ..Page::of(index) })
}

fn edge(x: u32, y: u32) -> u32 {
    x.min(y).min(219 - x).min(219 - y)
}

#[test]
fn strips_frames_and_desks() {
    for page in pages() {
        for thick in [3, 12, 25] {
            stays(&page, "strip at the left", |x, _, b| if x < thick { 20.0 } else { b });
            stays(&page, "strip at the bottom", |_, y, b| if y >= 220 - thick { 60.0 } else { b });
            stays(&page, "frame at the edge", |x, y, b| if edge(x, y) < thick { 0.0 } else { b });
            stays(&page, "desk", |x, y, b| if edge(x, y) < thick + 5 { 70.0 } else { b });
        }
        stays(&page, "frame", |x, y, b| if (6..9).contains(&edge(x, y)) { 0.0 } else { b });
        stays(&page, "box", |x, y, b| if (25..28).contains(&edge(x, y)) { 0.0 } else { b });
    }
}

#[test]
fn ruled_and_squared_paper() {
    for page in pages() {
        for shade in [0.0, 120.0, 210.0] {
            stays(&page, "ruled", |_, y, b| if y % 30 == 10 { b.min(shade) } else { b });
            stays(
                &page,
                "ruled at a slant",
                |x, y, b| if (y + x / 40) % 30 == 10 { b.min(shade) } else { b },
            );
            stays(&page, "squared", |x, y, b| if y % 25 == 10 || x % 25 == 10 { b.min(shade) } else { b });
        }
    }
}

#[test]
fn shadows_with_sharp_edges_and_dark_corners() {
    for page in pages() {
        for darker in [0.1, 0.2, 0.3] {
            stays(&page, "upright shadow", |x, _, b| if x < 90 { b * (1.0 - darker) } else { b });
            stays(&page, "slanting shadow", |x, y, b| if x + 2 * y < 300 { b * (1.0 - darker) } else { b });
        }
        stays(&page, "dark corners", |x, y, b| {
            let distance = (x as f32 - 110.0).hypot(y as f32 - 110.0) / 155.6;
            b * (1.0 - 0.4 * distance.powi(2))
        });
    }
}

#[test]
fn an_opaque_card_continues_with_its_border() {
    for page in pages() {
        let image = page.image();
        for hidden in [0, 255] {
            let card = RgbaImage::from_fn(220, 220, |x, y| {
                let shade = image.get_pixel(x, y).0[0].min(230);
                let corner =
                    (30.0 - edge(x, 110) as f32).max(0.0).hypot((30.0 - edge(110, y) as f32).max(0.0));
                if edge(x, y) < 4 || corner > 30.0 {
                    Rgba([hidden, hidden, hidden, 0])
                } else {
                    Rgba([shade, shade, shade, 255])
                }
            });
            same(&page, "card", card);
        }
    }
}

/// Some programs write 0 to the unused fourth byte of a BMP file's pixels.
#[test]
fn a_bmp_file_without_any_opacity_is_opaque() {
    let page = Page::of(6);
    let image = DynamicImage::from(page.image()).to_rgba8();
    let clear = RgbaImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, _] = image.get_pixel(x, y).0;
        Rgba([red, green, blue, 0])
    });
    let bytes = encoded(&clear.into(), ImageFormat::Bmp);
    assert_eq!(photo::decode(Path::new("page.bmp"), &bytes).unwrap(), page.read());
}

#[test]
fn a_jpeg_file_that_was_cut_short_is_refused() {
    for page in pages() {
        let bytes = encoded(&page.image().into(), ImageFormat::Jpeg);
        let whole = photo::decode(Path::new("page.jpg"), &bytes).unwrap();
        let unmarked = &bytes[..bytes.len() - 2];
        assert_eq!(photo::decode(Path::new("page.jpg"), unmarked).unwrap(), whole);
        let longer = [&bytes[..], &[0x5a; 300]].concat();
        assert_eq!(photo::decode(Path::new("page.jpg"), &longer).unwrap(), whole);
        for percent in [30, 50, 80, 90, 95, 98] {
            let error =
                photo::decode(Path::new("page.jpg"), &bytes[..bytes.len() * percent / 100]).unwrap_err();
            assert!(error.to_string().ends_with("found one that was cut short"), "{percent} %: {error}");
        }
    }
}

#[track_caller]
fn refused(image: GrayImage, why: &str) {
    let error = read(image).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.ends_with(why) && message.lines().count() == 1, "{message}");
}

#[test]
fn pictures_without_one_digit_are_refused() {
    let paper = |ink: &dyn Fn(u32, u32) -> bool| {
        GrayImage::from_fn(220, 220, |x, y| Luma([if ink(x, y) { 40 } else { 255 }]))
    };
    let several = "found several shapes; crop the image to one digit, or read it as several digits";
    for index in DIGITS {
        let mut image = GrayImage::from_pixel(300, 160, Luma([255]));
        for (page, left) in [(Page::of(index), 0), (Page::of(index + 1), 150)] {
            let small = Page { digit: 130, size: [150, 160], at: [10, 15], ..page }.image();
            image::imageops::replace(&mut image, &small, left, 0);
        }
        refused(image, several);
    }
    let circle = |x: u32, y: u32| (x as f32 - 100.0).hypot(y as f32 - 120.0) < 40.0;
    refused(paper(&circle), "found a filled spot without strokes");
    refused(paper(&|x, _| x < 12), "found only lines or an edge");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Rectangles of any brightness on a page of any size.
    #[test]
    fn rectangles_give_a_digit_or_an_error(
        size in [1_u32..90, 1_u32..90],
        shapes in prop::collection::vec((0_u32..90, 0_u32..90, 1_u32..90, 1_u32..90, any::<u8>()), 0..6),
    ) {
        let mut image = GrayImage::from_pixel(size[0], size[1], Luma([200]));
        for (left, top, width, height, shade) in shapes {
            for (_, _, Luma([brightness])) in image.enumerate_pixels_mut().filter(|(x, y, _)| {
                (left..left + width).contains(x) && (top..top + height).contains(y)
            }) {
                *brightness = shade;
            }
        }
        match read(image) {
            Ok(digit) => prop_assert!(digit.contains(&255)),
            Err(error) => prop_assert!(matches!(error, Error::Malformed { .. }), "{}", error),
        }
    }
}

#[test]
fn every_small_size_gives_a_digit_or_an_error() {
    for (width, height) in (1..12).flat_map(|width| (1..12).map(move |height| (width, height))) {
        for pattern in 0..8_u32 {
            let image = GrayImage::from_fn(width, height, |x, y| {
                Luma([if (x * (pattern + 2) + y * (pattern / 2 + 1)) % 7 < 3 { 10 } else { 240 }])
            });
            if let Err(error) = read(image) {
                assert!(matches!(error, Error::Malformed { .. }), "{width}x{height}: {error}");
                assert!(!error.to_string().contains("panicked"), "{width}x{height}: {error}");
            }
        }
    }
}

/// The rectangles `[left, top, right, bottom]` in black on a white page.
fn drawn(rectangles: &[[u32; 4]]) -> GrayImage {
    GrayImage::from_fn(200, 200, |x, y| {
        let is_within =
            |&[left, top, right, bottom]: &[u32; 4]| (left..right).contains(&x) && (top..bottom).contains(&y);
        Luma([if rectangles.iter().any(is_within) { 0 } else { 255 }])
    })
}

#[test]
fn pieces_that_another_piece_spans_are_one_digit() {
    let [roof, left, right] = [[60, 40, 140, 60], [60, 70, 76, 150], [124, 70, 140, 150]];
    assert!(read(drawn(&[roof, left, right])).is_ok());
    refused(
        drawn(&[left, right]),
        "found several shapes; crop the image to one digit, or read it as several digits",
    );
}

#[test]
fn shapes_one_below_the_other_are_pieces_of_one_digit_if_they_are_close() {
    let upper = [80, 30, 100, 85];
    assert!(read(drawn(&[upper, [80, 92, 100, 147]])).is_ok());
    refused(
        drawn(&[upper, [80, 115, 100, 170]]),
        "found several shapes; crop the image to one digit, or read it as several digits",
    );
}

/// Its two holes are not digits on a sheet of paper.
#[test]
fn a_bold_eight_that_nearly_fills_the_image_is_one_digit() {
    let mut eight = drawn(&[[20, 10, 180, 90], [20, 110, 180, 190], [50, 80, 150, 120]]);
    for (x, y, Luma([pixel])) in eight.enumerate_pixels_mut() {
        if (85..115).contains(&x) && ((38..62).contains(&y) || (138..162).contains(&y)) {
            *pixel = 255;
        }
    }
    assert!(read(eight).is_ok());
}
