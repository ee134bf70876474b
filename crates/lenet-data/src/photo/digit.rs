//! Selects the digit: the large connected regions of ink.

use super::ink::Ink;

/// A pixel with less ink than `FAINT` is paper; a region without a pixel of more than `STRONG` is not a stroke.
const FAINT: f32 = 0.15;
const STRONG: f32 = 0.5;
/// A region with less than this share of the ink of the largest region is a speck. (The bar of a 5 may be a region of its
/// own.)
const SPECK: f32 = 0.1;

/// The digit alone, cropped to its bounding box; `None` if no region is a stroke.
pub(super) fn largest(ink: Ink) -> Option<Ink> {
    let parts = parts(&ink);
    let weight = |part: &Vec<usize>| part.iter().map(|place| ink.values[*place]).sum::<f32>();
    let most = parts.iter().map(weight).fold(0.0, f32::max);
    let kept: Vec<usize> =
        parts.iter().filter(|part| weight(part) >= SPECK * most).flatten().copied().collect();

    let [columns, rows] = [|place, width| place % width, |place, width| place / width]
        .map(|side: fn(usize, usize) -> usize| kept.iter().map(move |place| side(*place, ink.width)));
    let (left, right) = (columns.clone().min()?, columns.max()?);
    let (top, bottom) = (rows.clone().min()?, rows.max()?);
    let width = right + 1 - left;
    let mut values = vec![0.0; width * (bottom + 1 - top)];
    for place in kept {
        values[(place / ink.width - top) * width + place % ink.width - left] = ink.values[place];
    }
    Some(Ink { values, width })
}

/// The 8-connected regions of ink that contain a strong pixel, each as a list of pixel indices.
fn parts(ink: &Ink) -> Vec<Vec<usize>> {
    let mut free: Vec<bool> = ink.values.iter().map(|value| *value > FAINT).collect();
    let mut parts = Vec::new();
    for start in 0..free.len() {
        if std::mem::take(&mut free[start]) {
            let mut part = vec![start];
            let mut next = 0;
            while let Some(&place) = part.get(next) {
                let neighbours = neighbours(place, ink.width, free.len());
                part.extend(neighbours.filter(|neighbour| std::mem::take(&mut free[*neighbour])));
                next += 1;
            }
            parts.push(part);
        }
    }
    parts.retain(|part| part.iter().any(|place| ink.values[*place] > STRONG));
    parts
}

/// The indices of the up to eight neighbours of a pixel.
fn neighbours(place: usize, width: usize, places: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (place / width, place % width);
    let rows = row.saturating_sub(1)..=(row + 1).min(places / width - 1);
    let columns = column.saturating_sub(1)..=(column + 1).min(width - 1);
    rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
}
