//! Finds the digits of a picture: on even paper first, then on paper with lines, edges and shadows.

use image::GrayImage;

use super::digit::is_sheet;
use super::ink::{Ink, ink};
use super::local::Shapes;
use super::paper::Paper;
use super::parts::{Part, parts};
use super::refusal::Refusal;
use super::rules;

/// Selects one digit or several ones among the regions of ink.
pub(super) type Select<T> = fn(&Ink, Vec<Part>) -> Result<T, Refusal>;

/// What `select` finds among the regions of ink.
///
/// A plane describes the paper of most pictures, and is fast. If it does not describe the border, or if the
/// ink is not made of strokes, straight lines are removed and the paper is estimated around each pixel.
pub(super) fn find<T>(picture: &GrayImage, select: Select<T>) -> Result<T, Refusal> {
    let paper = Paper::of(picture);
    if !paper.is_even {
        return uneven(picture, select);
    }
    let ink = even(picture, &paper).ok_or(Refusal::Blank)?;
    let parts = parts(&ink);
    let may_be_paper = parts.iter().any(|part| is_sheet(part, &ink));
    let found = select(&ink, parts);
    if may_be_paper || matches!(found, Err(Refusal::Edge | Refusal::Blot | Refusal::Pattern)) {
        return uneven(picture, select).or_else(|other| match other {
            // Bold strokes that nearly fill the image look like paper, and their holes like blots.
            Refusal::Blank => found,
            Refusal::Blot if found.is_ok() => found,
            other => Err(other),
        });
    }
    found
}

/// Ink as the difference from a plane.
fn even(picture: &GrayImage, paper: &Paper) -> Option<Ink> {
    let pixels = || picture.enumerate_pixels().map(|(x, y, pixel)| f32::from(pixel.0[0]) - paper.at(x, y));
    // The sign of the larger differences tells whether ink is darker or lighter than paper.
    let power: f32 = pixels().map(|difference| difference * difference.abs()).sum();
    let differences = pixels().map(|difference| (difference * power.signum()).max(0.0)).collect();
    ink(differences, picture.width() as usize, paper.noise)
}

/// Ink on a local background, without long lines. Both dark and light ink are tried. The one that leaves more
/// ink is the result, where the holes in a digit do not count.
fn uneven<T>(picture: &GrayImage, select: Select<T>) -> Result<T, Refusal> {
    // Dark lines go first: the cells between the lines of squared paper would be light shapes.
    let negative = rules::removed(&inverted(rules::removed(picture)));
    let [light, dark] = [Shapes::of(&negative), Shapes::of(&inverted(negative.clone()))];
    let is_light = light.weight_outside(&dark) > dark.weight_outside(&light);
    let shapes = if is_light { light } else { dark };
    select(&shapes.ink, shapes.parts)
}

fn inverted(mut picture: GrayImage) -> GrayImage {
    picture.iter_mut().for_each(|brightness| *brightness = 255 - *brightness);
    picture
}
