//! Finds the connected regions of ink.

use super::ink::Ink;

/// A pixel with less ink than `FAINT` is paper; a region without a pixel of more than `STRONG` is not a
/// stroke.
const FAINT: f32 = 0.15;
const STRONG: f32 = 0.5;

/// A connected region of ink.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Indices of its pixels.
    pub(super) places: Vec<usize>,
    /// Sum of its ink.
    pub(super) weight: f32,
    /// First and last column, first and last row.
    pub(super) columns: [usize; 2],
    pub(super) rows: [usize; 2],
}

impl Part {
    fn new(places: Vec<usize>, ink: &Ink) -> Self {
        let weight = places.iter().map(|place| ink.values[*place]).sum();
        let (mut columns, mut rows) = ([usize::MAX, 0], [usize::MAX, 0]);
        for place in &places {
            let (x, y) = (place % ink.width, place / ink.width);
            columns = [columns[0].min(x), columns[1].max(x)];
            rows = [rows[0].min(y), rows[1].max(y)];
        }
        Self { places, weight, columns, rows }
    }

    /// Number of columns.
    pub(super) fn width(&self) -> usize {
        self.columns[1] + 1 - self.columns[0]
    }

    /// Number of rows.
    pub(super) fn height(&self) -> usize {
        self.rows[1] + 1 - self.rows[0]
    }

    /// The longer of width and height.
    pub(super) fn length(&self) -> usize {
        self.width().max(self.height())
    }

    /// Whether the bounding box of `other` lies within the bounding box of this part, and does not reach its
    /// sides.
    pub(super) fn surrounds(&self, other: &Self) -> bool {
        let is_within = |[first, last]: [usize; 2], [from, to]: [usize; 2]| from < first && last < to;
        is_within(other.columns, self.columns) && is_within(other.rows, self.rows)
    }

    /// The area within the outline, holes included, as a share of the area of the convex hull: 1 for a convex
    /// shape. `width` is that of the image.
    pub(super) fn solidity(&self, width: usize) -> f32 {
        let mut rows = vec![[usize::MAX, 0]; self.height()];
        for place in &self.places {
            let [first, end] = &mut rows[place / width - self.rows[0]];
            (*first, *end) = ((*first).min(place % width), (*end).max(place % width + 1));
        }
        let area: usize = rows.iter().map(|[first, end]| end.saturating_sub(*first)).sum();
        // The corners of a row's pixels are on two heights.
        let corners = |side: usize, sign: f32| {
            let inked = rows.iter().enumerate().filter(|(_, [first, end])| first < end);
            let line: Vec<[f32; 2]> =
                inked.flat_map(|(y, row)| [y, y + 1].map(|y| [y as f32, sign * row[side] as f32])).collect();
            area_below(&upper_hull(&line))
        };
        // The hull is between the upper hulls of the right ends and of the negated left ends.
        area as f32 / (corners(1, 1.0) + corners(0, -1.0)).max(1.0)
    }

    /// Number of regions of paper that the part encloses, without those of less than a 2000th of its bounding box or four pixels. `width` is
    /// that of the image.
    pub(super) fn holes(&self, width: usize) -> usize {
        // With a border of paper, so that all paper outside is one region.
        let (columns, rows) = (self.width() + 2, self.height() + 2);
        let mut free = vec![true; columns * rows];
        for place in &self.places {
            let (x, y) = (place % width - self.columns[0], place / width - self.rows[0]);
            free[(y + 1) * columns + x + 1] = false;
        }
        let least = (free.len() / 2000).max(4);
        region(0, &mut free, |place, places| beside(place, columns, places));
        let sizes = (0..free.len())
            .map(|start| region(start, &mut free, |place, places| beside(place, columns, places)).len());
        sizes.filter(|size| *size >= least).count()
    }

    /// Number of pixels of this part on the border of the image.
    pub(super) fn contact(&self, ink: &Ink) -> usize {
        let height = ink.values.len() / ink.width;
        let on_border = |place: &&usize| {
            let (x, y) = (**place % ink.width, **place / ink.width);
            x == 0 || y == 0 || x + 1 == ink.width || y + 1 == height
        };
        self.places.iter().filter(on_border).count()
    }
}

/// The upper convex hull of points `[x, y]` in the order of their x (A. M. Andrew, "Another efficient algorithm
/// for convex hulls in two dimensions", 1979).
fn upper_hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut hull: Vec<[f32; 2]> = Vec::new();
    for &point in points {
        let turns_left = |hull: &[[f32; 2]]| match hull {
            [.., one, other] => {
                (other[0] - one[0]) * (point[1] - one[1]) >= (other[1] - one[1]) * (point[0] - one[0])
            }
            _ => false,
        };
        while turns_left(&hull) {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// The area below a line of points `[x, y]`.
fn area_below(line: &[[f32; 2]]) -> f32 {
    line.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0).sum()
}

/// The share of a part's outline at which the picture has no edge, because only the estimate of the paper
/// changes there. `is_false` tells it of a pixel outside of the part.
pub(super) fn false_outline(part: &Part, ink: &Ink, is_false: &[bool]) -> f32 {
    let outside = |place: &usize| ink.values[*place] <= FAINT;
    let around = part.places.iter().flat_map(|place| neighbours(*place, ink.width, ink.values.len()));
    let (mut outline, mut without_edge) = (0_usize, 0_usize);
    for place in around.filter(outside) {
        outline += 1;
        without_edge += usize::from(is_false[place]);
    }
    without_edge as f32 / outline.max(1) as f32
}

/// The 8-connected regions of ink that contain a strong pixel.
pub(super) fn parts(ink: &Ink) -> Vec<Part> {
    let mut free: Vec<bool> = ink.values.iter().map(|value| *value > FAINT).collect();
    let mut parts = Vec::new();
    for start in 0..free.len() {
        let places = region(start, &mut free, |place, places| neighbours(place, ink.width, places));
        if places.iter().any(|place| ink.values[*place] > STRONG) {
            parts.push(Part::new(places, ink));
        }
    }
    parts
}

/// The free places that are connected with `start`, which are not free any more; none if `start` is not free. `neighbours` takes
/// a place and the number of all places.
fn region<I: Iterator<Item = usize>>(
    start: usize,
    free: &mut [bool],
    neighbours: impl Fn(usize, usize) -> I,
) -> Vec<usize> {
    let mut places = Vec::new();
    if std::mem::take(&mut free[start]) {
        places.push(start);
    }
    let mut next = 0;
    while let Some(&place) = places.get(next) {
        let around = neighbours(place, free.len());
        places.extend(around.filter(|neighbour| std::mem::take(&mut free[*neighbour])));
        next += 1;
    }
    places
}

/// The indices of the up to eight neighbours of a pixel.
fn neighbours(place: usize, width: usize, places: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (place / width, place % width);
    let rows = row.saturating_sub(1)..=(row + 1).min(places / width - 1);
    let columns = column.saturating_sub(1)..=(column + 1).min(width - 1);
    rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
}

/// The indices of the up to four neighbours of a pixel that share a side with it.
fn beside(place: usize, width: usize, places: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (place / width, place % width);
    neighbours(place, width, places).filter(move |other| other / width == row || other % width == column)
}
