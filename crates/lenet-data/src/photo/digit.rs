//! Selects the digit among the regions of ink, or tells why there is not one digit.

use super::ink::Ink;
use super::parts::Part;
use super::refusal::Refusal;

/// A part with less than this share of the ink of the largest part is a speck. (The bar of a 5 may be a part
/// of its own.)
const SPECK: f32 = 0.1;
/// A speck of at least this share is a small shape; the dots of paper with a grid of dots have less.
const SHAPE: f32 = 0.003;
/// Parts that touch the border along this share of the shorter side are an edge or a strip if another part
/// does not.
const CONTACT: f32 = 0.12;
/// A broken digit has at most this number of parts.
const MOST_PARTS: usize = 6;
/// Digits one below the other have a gap of at least this share of their height; the pieces of a broken digit
/// are closer to each other.
pub(super) const LEAST_GAP: f32 = 0.25;
/// Minimum solidity of a sheet of paper. A bold 8 has less, because of its waist.
const LEAST_SOLIDITY: f32 = 0.95;
/// A digit encloses no more regions of paper. A bold 8 drawn with hatching may have some.
const MOST_HOLES: usize = 12;
/// The length of a part, as a share of the shorter side, that may be a digit beside an edge.
const LEAST_LENGTH: f32 = 0.1;

/// The digit alone, cropped to its bounding box, of the parts of an image.
pub(super) fn select(ink: &Ink, all: Vec<Part>) -> Result<Ink, Refusal> {
    let kept = strokes(ink, all)?;
    if are_several(&kept) {
        return Err(Refusal::Several);
    }
    let digit = cropped(ink, &kept).ok_or(Refusal::Blank)?;
    if is_blot(&digit) { Err(Refusal::Blot) } else { Ok(digit) }
}

/// The parts that may be strokes of digits, without specks.
pub(super) fn strokes(ink: &Ink, all: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    if all.is_empty() {
        return Err(Refusal::Blank);
    }
    let mut kept = without_edges(ink, all);
    let most = kept.iter().map(|part| part.weight).fold(0.0, f32::max);
    let of_weight =
        |least: f32| kept.iter().map(|part| part.weight).filter(move |weight| *weight >= least * most);
    // Small shapes that outweigh the rest are the picture: a text beside a large shape, a sheet of small images.
    if of_weight(SHAPE).sum::<f32>() > 2.0 * of_weight(SPECK).sum::<f32>() {
        return Err(Refusal::Several);
    }
    kept.retain(|part| part.weight >= SPECK * most);
    if kept.is_empty() || kept.iter().all(|part| is_strip(part, ink)) {
        return Err(Refusal::Edge);
    }
    if kept.iter().any(|part| part.holes(ink.width) > MOST_HOLES) {
        return Err(Refusal::Pattern);
    }
    let is_blot = |part| cropped(ink, std::slice::from_ref(part)).is_some_and(|digit| is_blot(&digit));
    if kept.iter().all(is_blot) { Err(Refusal::Blot) } else { Ok(kept) }
}

/// Whether a part is a sheet of paper rather than strokes: it fills most of a large bounding box, and its
/// outline has no notch.
pub(super) fn is_sheet(part: &Part, ink: &Ink) -> bool {
    let height = ink.values.len() / ink.width;
    let is_large = 2 * part.width() > ink.width && 2 * part.height() > height;
    let is_filled = || 100 * part.places.len() > 66 * part.width() * part.height();
    is_large && is_filled() && part.solidity(ink.width) >= LEAST_SOLIDITY
}

/// The parts that are not the edge of the paper, a strip along the border, a frame or a line.
pub(super) fn without_edges(ink: &Ink, mut parts: Vec<Part>) -> Vec<Part> {
    let shorter = ink.width.min(ink.values.len() / ink.width);
    parts.retain(|part| !is_line(part, shorter));
    let is_edge = |part: &Part| part.contact(ink) as f32 >= CONTACT * shorter as f32;
    let is_digit = |part: &&Part| !is_edge(part) && part.length() as f32 >= LEAST_LENGTH * shorter as f32;
    if parts.iter().any(|part| is_digit(&part)) {
        parts.retain(|part| !is_edge(part));
    }
    let frames: Vec<bool> = parts.iter().map(|part| is_frame(part, ink.width)).collect();
    let mut frames = frames.into_iter();
    parts.retain(|_| !frames.next().unwrap_or_default());
    parts
}

/// Whether a part is much longer than its strokes are wide.
fn is_line(part: &Part, shorter: usize) -> bool {
    let length = part.length() as f32;
    length >= 0.5 * shorter as f32 && (part.places.len() as f32) < 0.04 * length * length
}

/// Whether a part lies along the border without much extent into the image.
fn is_strip(part: &Part, ink: &Ink) -> bool {
    let height = ink.values.len() / ink.width;
    let [across, down] = [(part.columns, ink.width), (part.rows, height)].map(|([first, last], side)| {
        let is_at_border = first == 0 || last + 1 == side;
        is_at_border && 3 * (last + 1 - first) < side
    });
    across && 5 * part.height() > 4 * height || down && 5 * part.width() > 4 * ink.width
}

/// Whether a part consists of the four sides of its bounding box.
fn is_frame(part: &Part, width: usize) -> bool {
    let ring = [part.width(), part.height()].map(|side| side / 7);
    let mut across = vec![[false; 2]; part.width()];
    let mut down = vec![[false; 2]; part.height()];
    let mut inside = 0;
    for place in &part.places {
        let (x, y) = (place % width - part.columns[0], place / width - part.rows[0]);
        let columns = [x <= ring[0], x + ring[0] + 1 >= part.width()];
        let rows = [y <= ring[1], y + ring[1] + 1 >= part.height()];
        (0..2).for_each(|end| across[x][end] |= rows[end]);
        (0..2).for_each(|end| down[y][end] |= columns[end]);
        inside += usize::from(columns == [false; 2] && rows == [false; 2]);
    }
    let is_closed = |line: &[[bool; 2]]| {
        let sides = line.iter().flatten().filter(|is_inked| **is_inked).count();
        10 * sides >= 19 * line.len()
    };
    part.length() >= 16 && 10 * inside < part.places.len() && is_closed(&across) && is_closed(&down)
}

/// Whether the parts form two groups of the size of digits of one text, side by side or one below the other,
/// or there are many parts. Parts that another part spans are pieces of one broken digit.
fn are_several(parts: &[Part]) -> bool {
    let sizes = |groups: Vec<Vec<Part>>| groups.iter().map(|group| size(group)).collect::<Vec<_>>();
    parts.len() > MOST_PARTS
        || are_two_alike(&sizes(columns(parts.to_vec())))
        || are_two_alike(&sizes(rows(parts.to_vec(), LEAST_GAP)))
}

/// The groups of parts with an empty column of the image between them, from left to right.
pub(super) fn columns(parts: Vec<Part>) -> Vec<Vec<Part>> {
    groups(parts, |part| part.columns, 0.0)
}

/// The groups of parts with empty rows of the image between them: at least `gap` times the height of the higher neighbour.
pub(super) fn rows(parts: Vec<Part>, gap: f32) -> Vec<Vec<Part>> {
    groups(parts, |part| part.rows, gap)
}

/// Groups of parts along the axis of `extent`. A gap across the whole image separates two groups if it is wider
/// than `least` times the extent of the larger neighbour.
fn groups(mut parts: Vec<Part>, extent: fn(&Part) -> [usize; 2], least: f32) -> Vec<Vec<Part>> {
    parts.sort_by_key(|part| extent(part)[0]);
    let mut groups: Vec<Vec<Part>> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for part in parts {
        let [first, last] = extent(&part);
        let gap = first.saturating_sub(end + 1) as f32;
        let larger = (end - start).max(last - first) as f32;
        match groups.last_mut().filter(|_| gap <= least * larger) {
            Some(group) => group.push(part),
            None => {
                groups.push(vec![part]);
                start = first;
            }
        }
        end = end.max(last);
    }
    groups
}

/// Width and height of the bounding box of parts.
fn size(parts: &[Part]) -> [usize; 2] {
    let [[left, right], [top, bottom]] = bounds(parts);
    [right + 1 - left, bottom + 1 - top]
}

/// First and last column, first and last row of parts; those of no parts are an empty box.
pub(super) fn bounds(parts: &[Part]) -> [[usize; 2]; 2] {
    [|part: &Part| part.columns, |part: &Part| part.rows].map(|extent| {
        let first = parts.iter().map(|part| extent(part)[0]).min().unwrap_or(1);
        [first, parts.iter().map(|part| extent(part)[1]).max().unwrap_or_default()]
    })
}

/// Whether two groups have about the same height and the same length.
fn are_two_alike(groups: &[[usize; 2]]) -> bool {
    let alike = |one: usize, other: usize| 10 * one.min(other) >= 6 * one.max(other) && one.min(other) >= 8;
    let are_two = |one: &[usize; 2], other: &[usize; 2]| {
        alike(one[1], other[1]) && alike(one[0].max(one[1]), other[0].max(other[1]))
    };
    groups.iter().enumerate().any(|(index, one)| groups[..index].iter().any(|other| are_two(one, other)))
}

/// Whether most of the ink is one filled region: a square of more than half the length fits into it.
fn is_blot(digit: &Ink) -> bool {
    let (width, height) = (digit.width, digit.values.len() / digit.width);
    let mut sides = vec![0_usize; digit.values.len()];
    let mut largest = 0;
    for (place, value) in digit.values.iter().enumerate() {
        let (x, y) = (place % width, place / width);
        if *value > 0.5 {
            // The largest square that ends at a pixel is one larger than the least of those at its three
            // neighbours.
            let before = if x == 0 || y == 0 {
                0
            } else {
                sides[place - 1].min(sides[place - width]).min(sides[place - width - 1])
            };
            sides[place] = before + 1;
            largest = largest.max(before + 1);
        }
    }
    let length = width.max(height);
    length >= 8 && 1000 * largest > 455 * length
}

/// The ink of the parts, cropped to their bounding box; `None` for no parts.
pub(super) fn cropped(ink: &Ink, parts: &[Part]) -> Option<Ink> {
    let [[left, right], [top, bottom]] = bounds(parts);
    let width = (right + 1).checked_sub(left).filter(|width| *width > 0)?;
    let mut values = vec![0.0; width * (bottom + 1 - top)];
    for place in parts.iter().flat_map(|part| &part.places) {
        values[(place / ink.width - top) * width + place % ink.width - left] = ink.values[*place];
    }
    Some(Ink { values, width, full: ink.full })
}
