//! Files in which there is no digit to read: an error that names the file, and never a panic.

use std::io::Read;
use std::path::Path;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, LumaA, RgbaImage};
use lenet_data::{Error, photo};
use proptest::prelude::*;

use crate::{Page, encoded, read};

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let error = photo::decode(Path::new("digit.png"), bytes).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("digit.png: expected ") && message.contains(why), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[track_caller]
fn blank(image: impl Into<DynamicImage>) {
    refused(&encoded(&image.into(), ImageFormat::Png), "nothing that stands out");
}

#[test]
fn paper_without_ink() {
    for shade in [0, 128, 255] {
        blank(GrayImage::from_pixel(120, 80, Luma([shade])));
    }
    for (width, height) in [(1, 1), (1, 50), (50, 1), (2, 2)] {
        blank(GrayImage::from_pixel(width, height, Luma([255])));
    }
    blank(RgbaImage::new(64, 64)); // transparent throughout
}

#[test]
fn a_shadow_is_no_ink() {
    blank(GrayImage::from_fn(300, 200, |x, y| Luma([(250 - x / 3 - y / 4) as u8])));
}

#[test]
fn grain_is_no_ink() {
    let mut state = 1_u32;
    blank(GrayImage::from_fn(300, 200, |_, _| {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        Luma([(190 + state % 41) as u8])
    }));
}

/// Lines that are not straight, so that they do not count as ruled paper.
#[test]
fn a_grid_is_no_digit() {
    let wave = |along: u32| 6 + along % 40 * (40 - along % 40) / 40;
    let is_line = |across: u32, along: u32| (across + wave(along)) % 45 < 5;
    let grid = GrayImage::from_fn(400, 300, |x, y| {
        let is_inside = (20..380).contains(&x) && (20..280).contains(&y);
        Luma([if is_inside && (is_line(x, y) || is_line(y, x)) { 0 } else { 255 }])
    });
    refused(&encoded(&grid.into(), ImageFormat::Png), "a grid or a pattern");
}

#[test]
fn a_large_corner_beside_many_small_shapes_is_no_digit() {
    let sheet = GrayImage::from_fn(600, 600, |x, y| {
        let is_corner =
            (20..40).contains(&x) && y > 20 && y < 580 || (560..580).contains(&y) && x > 20 && x < 580;
        let is_shape = x > 60
            && x < 560
            && y < 540
            && y > 20
            && x % 30 < 16
            && y % 30 < 16
            && (x % 30 < 4 || y % 30 < 4);
        Luma([if is_corner || is_shape { 0 } else { 255 }])
    });
    let png = encoded(&sheet.into(), ImageFormat::Png);
    refused(&png, "several shapes");
    let row = photo::decode_several(Path::new("row.png"), &png).unwrap_err().to_string();
    assert!(row.contains("too many shapes for a row of digits"), "{row}");
}

/// Its dots outweigh the digit, each a 500th of it.
#[test]
fn a_grid_of_dots_is_no_ink() {
    let page = GrayImage::from_fn(600, 600, |x, y| {
        let is_one = (280..320).contains(&x) && (200..400).contains(&y);
        let is_dot = x % 20 < 4 && y % 20 < 4 && !(270..330).contains(&x);
        Luma([if is_one || is_dot { 0 } else { 255 }])
    });
    let pixels = read(page).unwrap();
    assert_eq!(pixels.iter().filter(|pixel| **pixel > 127).count(), 20 * 4);
}

#[test]
fn bytes_that_are_no_image() {
    refused(b"", "an empty file");
    refused(b"not an image at all", "something else");
    refused(b"GIF89a\x01\x00\x01\x00", "");
    refused(b"\x89PNG\r\n\x1a\n", "cannot be decoded");
}

/// A header is a few bytes: what it announces must not be made room for.
#[test]
fn giant_images() {
    refused(b"P5 100000 100000 255\n", "one of 100000x100000 pixels");
    refused(b"P5 4294967295 4294967295 255\n", "");
    refused(b"P5 16000 16000 255\n", "one of 16000x16000 pixels");
    let mut png = encoded(&GrayImage::new(4, 4).into(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]); // 65536x65536 in IHDR
    refused(&png, "");
}

#[test]
fn files_that_cannot_be_opened_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("absent.png"), folder.path().to_owned()] {
        let error = photo::read(&path).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    }
}

/// A bar a pixel wide still is ink; one beside which there is no paper is not.
#[test]
fn small_images_have_their_digit() {
    assert!(
        read(GrayImage::from_fn(5, 5, |x, y| Luma([if x == 2 && (1..4).contains(&y) { 0 } else { 255 }])))
            .is_ok()
    );
    blank(GrayImage::from_fn(1, 1, |_, _| Luma([7])));
}

/// What is very small beside its distance is not lost when it is scaled down.
#[test]
fn two_dots_far_apart_are_ink() {
    let dots =
        GrayImage::from_fn(1000, 1000, |x, y| Luma([if x == y && (x == 5 || x == 990) { 0 } else { 255 }]));
    assert!(read(dots).unwrap().contains(&255));
}

/// Paper that brightens towards a corner, with black ink there: the fitted plane exceeds the range of
/// brightness.
#[test]
fn a_plane_beyond_white_or_black_gives_a_digit_or_an_error() {
    let decode = |bytes: &[u8]| match photo::decode(Path::new("digit.png"), bytes) {
        Ok(digit) => assert!(digit.contains(&255)),
        Err(error) => assert!(error.to_string().contains("expected one digit on paper"), "{error}"),
    };
    decode(include_bytes!("cases/shadow.png"));
    for ink in [0, 255] {
        for (left, right) in [(255, 0), (0, 255)] {
            let shade = |x, y| match (x, y) {
                (40..60, 20..80) => ink,
                (..50, _) => left,
                _ => right,
            };
            let page = GrayImage::from_fn(100, 100, |x, y| Luma([shade(x, y)]));
            decode(&encoded(&page.into(), ImageFormat::Png));
        }
    }
    for corner in 0..4_u32 {
        for slope in 1..40_u32 {
            for ink in [0, 255] {
                let page = GrayImage::from_fn(100, 100, |x, y| {
                    let near = [x, 99 - x][corner as usize % 2] + [y, 99 - y][corner as usize / 2];
                    Luma([if near < slope { ink } else { (near * slope / 8).min(255) as u8 }])
                });
                decode(&encoded(&page.into(), ImageFormat::Png));
            }
        }
    }
}

/// The decoder of PNG images panics on it.
#[test]
fn a_palette_of_a_wrong_length_is_an_error_and_no_panic() {
    refused(include_bytes!("cases/palette.png"), "a palette of 709 bytes");
}

/// A colour profile of 64 MiB zeros in 64 kB is ignored rather than decompressed without a limit.
#[test]
fn a_colour_profile_takes_no_memory_of_its_own() {
    let page = Page::of(3);
    let png = encoded(&page.image().into(), ImageFormat::Png);
    let mut zeros = ZlibEncoder::new(Vec::new(), Compression::default());
    std::io::copy(&mut std::io::repeat(0).take(64 << 20), &mut zeros).unwrap();
    let chunk = [b"iCCPx\0\0", &zeros.finish().unwrap()[..]].concat();
    let length = (chunk.len() as u32 - 4).to_be_bytes();
    let mut crc = Crc::new();
    crc.update(&chunk);
    let (head, rest) = png.split_at(33); // signature and IHDR
    let with_profile = [head, &length, &chunk, &crc.sum().to_be_bytes(), rest].concat();
    assert_eq!(photo::decode(Path::new("digit.png"), &with_profile).unwrap(), page.read());
}

/// Opening a FIFO waits for a writer.
#[cfg(unix)]
#[test]
fn a_device_or_fifo_is_refused_unopened() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("digit.png");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (path, kind) in [(fifo.as_path(), "a FIFO"), (Path::new("/dev/zero"), "a device")] {
        let error = photo::read(path).unwrap_err().to_string();
        let expected = format!("{}: expected a regular file, found {kind}", path.display());
        assert_eq!(error, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_image_gives_a_digit_or_an_error(
        width in 1_u32..40,
        pixels in prop::collection::vec(any::<[u8; 2]>(), 1..400),
    ) {
        let height = (pixels.len() as u32).div_ceil(width);
        let pixel = |x, y| pixels.get((y * width + x) as usize).copied().unwrap_or_default();
        let image = image::ImageBuffer::from_fn(width, height, |x, y| LumaA(pixel(x, y)));
        match read(image) {
            Ok(digit) => prop_assert!(digit.contains(&255)),
            Err(error) => prop_assert!(matches!(error, Error::Malformed { .. }), "{}", error),
        }
    }

    #[test]
    fn a_damaged_file_gives_a_digit_or_an_error(
        format in prop::sample::select(vec![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Pnm]),
        cut in 0.0..1.0_f64,
        damage in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..4),
    ) {
        let page = Page { digit: 50, size: [60, 60], at: [5, 5], ..Page::of(5) };
        let mut bytes = encoded(&page.image().into(), format);
        for (place, byte) in damage {
            let place = (place * bytes.len() as f64) as usize;
            bytes[place] = byte;
        }
        bytes.truncate((1.2 * cut * bytes.len() as f64) as usize);
        if let Err(error) = photo::decode(Path::new("digit"), &bytes) {
            prop_assert!(matches!(error, Error::Malformed { .. }), "{:?}", error);
        }
    }
}
