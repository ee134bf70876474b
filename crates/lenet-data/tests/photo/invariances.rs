//! What must not change what is read: where the digit is, how large, of what ink and on what paper.

use image::Luma;
use lenet_data::SIDE;
use proptest::prelude::*;

use crate::{Page, Pixels, difference, read};

/// What edges may change when they fall between pixels in another way. (Different digits differ by twice as
/// much: see below.)
const EDGES: f32 = 0.2;
/// What rounding may change.
const ROUNDING: f32 = 0.02;

#[track_caller]
fn agree(one: &Pixels, other: &Pixels, tolerance: f32) {
    let difference = shifted_difference(one, other);
    assert!(difference <= tolerance, "they differ by {difference} of the ink, more than {tolerance}");
}

/// How much they differ but for a pixel of shift: the centre of a digit is rounded to whole pixels.
pub(crate) fn shifted_difference(one: &Pixels, other: &Pixels) -> f32 {
    let shifts = (-1..=1).flat_map(|down| (-1..=1).map(move |right| down * SIDE as isize + right));
    let moved = |by: isize| -> Pixels {
        // Digits keep away from the border, so that what is turned over it is background.
        std::array::from_fn(|place| other[(place + other.len()).wrapping_add_signed(by) % other.len()])
    };
    shifts.map(|by| difference(one, &moved(by))).fold(f32::INFINITY, f32::min)
}

/// So that the tolerances mean something.
#[test]
fn other_digits_differ_by_more() {
    for (one, other) in (0..10).flat_map(|one| (0..one).map(move |other| (one, other))) {
        let difference = shifted_difference(&Page::of(one).read(), &Page::of(other).read());
        assert!(difference > 2.0 * EDGES, "{one} and {other} differ by only {difference} of the ink");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn where_it_is(index in 0_u64..100, x in 0_u32..=60, y in 0_u32..=60) {
        let page = Page::of(index);
        agree(&page.read(), &Page { at: [x, y], ..page }.read(), ROUNDING);
    }

    #[test]
    fn how_large_the_page_is(index in 0_u64..100, width in 230_u32..900, height in 230_u32..900) {
        let page = Page::of(index);
        agree(&page.read(), &Page { size: [width, height], ..page }.read(), ROUNDING);
    }

    #[test]
    fn how_large_it_is(index in 0_u64..100, digit in 100_u32..900) {
        let page = Page { digit, size: [digit + 60; 2], ..Page::of(index) };
        agree(&Page::of(index).read(), &page.read(), EDGES);
    }

    #[test]
    fn ink_and_paper(index in 0_u64..100, paper: u8, ink: u8) {
        prop_assume!(paper.abs_diff(ink) >= 64);
        agree(&Page::of(index).read(), &Page { paper, ink, ..Page::of(index) }.read(), EDGES);
    }

    #[test]
    fn light_on_dark(index in 0_u64..100) {
        let page = Page::of(index);
        agree(&page.read(), &Page { paper: 0, ink: 255, ..page }.read(), ROUNDING);
    }

    /// A plane of shadow across the page.
    #[test]
    fn shadow(index in 0_u64..100, right in 0_u32..80, down in 0_u32..80) {
        let page = Page { ink: 20, ..Page::of(index) };
        let mut image = page.image();
        for (x, y, Luma([brightness])) in image.enumerate_pixels_mut() {
            // It falls on paper and ink alike.
            let light = 255 - (x * right + y * down) / 260;
            *brightness = (u32::from(*brightness) * light / 255) as u8;
        }
        agree(&page.read(), &read(image).unwrap(), EDGES);
    }

    /// The grain of paper and camera.
    #[test]
    fn noise(index in 0_u64..100, seed: u32) {
        let page = Page { paper: 220, ink: 30, ..Page::of(index) };
        let mut image = page.image();
        let mut state = seed | 1;
        for Luma([brightness]) in image.pixels_mut() {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            *brightness = (*brightness - 10) + (state % 21) as u8;
        }
        agree(&page.read(), &read(image).unwrap(), EDGES);
    }

    /// Crumbs beside the digit.
    #[test]
    fn specks(index in 0_u64..100, crumbs in prop::collection::vec((0_u32..256, 0_u32..28), 0..6)) {
        let page = Page::of(index);
        let mut image = page.image();
        for (along, across) in crumbs {
            for (x, y) in [(along, across), (along + 1, across), (along, across + 1)] {
                image.put_pixel(x, y, Luma([0])); // above where the drawing begins
            }
        }
        agree(&page.read(), &read(image).unwrap(), ROUNDING);
    }
}
