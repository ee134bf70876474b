//! Selects the digits of a row among the regions of ink.

use super::digit::{LEAST_GAP, bounds, columns, cropped, rows, strokes};
use super::ink::Ink;
use super::parts::Part;
use super::refusal::Refusal;

/// A group of parts that is less high than this share of the highest one is a point or a dash, not a digit.
const LEAST_HEIGHT: f32 = 0.4;
/// A row that is less high than this share of the highest one is a piece of digits, such as the bars of some 5s.
const LEAST_ROW: f32 = 0.6;
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
    let has_columns = |row: &&Vec<Part>| columns(row.to_vec()).len() > 1;
    let far = rows(kept.clone(), LEAST_GAP);
    // Rows closer to each other have the same height; the pieces of broken digits have not.
    let close = of_some_height(rows(kept.clone(), 0.0), LEAST_ROW);
    if [far, close].iter().any(|rows| rows.iter().filter(has_columns).count() > 1) {
        return Err(Refusal::Rows);
    }
    let digits = of_some_height(columns(kept), LEAST_HEIGHT);
    let pieces: Vec<Piece> = digits
        .iter()
        .filter_map(|group| {
            let [columns, rows] = bounds(group);
            cropped(ink, group).map(|ink| Piece { ink, columns, rows })
        })
        .collect();
    if pieces.len() > MOST_DIGITS { Err(Refusal::Many) } else { Ok(pieces) }
}

/// The groups without those that are less high than `share` of the highest one.
fn of_some_height(mut groups: Vec<Vec<Part>>, share: f32) -> Vec<Vec<Part>> {
    let height = |group: &[Part]| {
        let [_, [top, bottom]] = bounds(group);
        (bottom + 1 - top) as f32
    };
    let highest = groups.iter().map(|group| height(group)).fold(0.0, f32::max);
    groups.retain(|group| height(group) >= share * highest);
    groups
}
