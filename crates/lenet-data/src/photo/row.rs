//! Selects the digits of a row among the regions of ink.

use super::digit::{bounds, columns, cropped, rows, strokes};
use super::ink::Ink;
use super::parts::Part;
use super::refusal::Refusal;

/// A group of parts that is less high than this share of the highest one is a point or a dash, not a digit.
const LEAST_HEIGHT: f32 = 0.4;
/// Maximum number of digits.
const MOST_DIGITS: usize = 64;

/// A digit of a row.
#[derive(Debug)]
pub(super) struct Piece {
    /// The digit alone, cropped to its bounding box.
    pub(super) ink: Ink,
    /// First and last column, first and last row of the bounding box in the image.
    pub(super) columns: [usize; 2],
    pub(super) rows: [usize; 2],
}

/// The digits of a row, from left to right. An empty column of the image is between two of them: digits that
/// touch or overhang each other are one.
pub(super) fn select(ink: &Ink, all: Vec<Part>) -> Result<Vec<Piece>, Refusal> {
    let kept = strokes(ink, all).map_err(|refusal| match refusal {
        Refusal::Several => Refusal::Many,
        refusal => refusal,
    })?;
    if rows(kept.clone()).iter().filter(|row| columns(row.to_vec()).len() > 1).count() > 1 {
        return Err(Refusal::Rows);
    }
    let groups = columns(kept);
    let height = |group: &[Part]| {
        let [_, [top, bottom]] = bounds(group);
        (bottom + 1 - top) as f32
    };
    let highest = groups.iter().map(|group| height(group)).fold(0.0, f32::max);
    let digits = groups.iter().filter(|group| height(group) >= LEAST_HEIGHT * highest);
    let pieces: Vec<Piece> = digits
        .filter_map(|group| {
            let [columns, rows] = bounds(group);
            cropped(ink, group).map(|ink| Piece { ink, columns, rows })
        })
        .collect();
    if pieces.len() > MOST_DIGITS { Err(Refusal::Many) } else { Ok(pieces) }
}
