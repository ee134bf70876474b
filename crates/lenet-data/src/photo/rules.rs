//! Removes long straight lines, such as those of ruled and squared paper.
//!
//! Pixels of thin dark runs vote for the lines that pass through them, as in the Hough transform (R. O. Duda
//! and P. E. Hart, "Use of the Hough transformation to detect lines and curves in pictures", 1972), here for
//! lines within 5° of the axes. The runs on a line with votes in at least half of the columns become paper.
//! Thin strokes are shorter: a run is at most a fortieth of the image thick, and a stroke of MNIST's digits
//! at least a tenth of the digit's height.

use image::GrayImage;

use super::background::{close_lines, transposed};

/// Maximum thickness of a line, as a share of the shorter side, and the least that it is taken for, in
/// pixels.
const THICKEST: f32 = 0.025;
const LEAST_THICKEST: usize = 2;
/// Minimum contrast of a line and the paper, in steps of brightness.
const CONTRAST: u8 = 14;
/// A line has votes in this share of the columns.
const SPAN: f32 = 0.5;
/// Maximum slope of a line.
const STEEPEST: f32 = 0.09;

/// The picture without long dark lines.
pub(super) fn removed(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let thickest = ((width.min(height) as f32 * THICKEST) as usize).max(LEAST_THICKEST);
    // Transposed, the pixels of a column are adjacent. The second pass removes vertical lines.
    let mut columns = transposed(picture.as_raw(), width);
    remove_across(&mut columns, height, thickest);
    let mut rows = transposed(&columns, height);
    remove_across(&mut rows, width, thickest);
    GrayImage::from_raw(picture.width(), picture.height(), rows).unwrap_or_else(|| picture.clone())
}

/// A run of dark pixels in a line of the image, at most as long as a line is thick.
struct Run {
    line: usize,
    start: usize,
    end: usize,
}

/// Removes lines that cross most of the image's lines of `width` pixels.
fn remove_across(pixels: &mut [u8], width: usize, thickest: usize) {
    let mut closed = pixels.to_vec();
    close_lines(&mut closed, width, thickest.div_ceil(2));
    let runs = runs(pixels, &closed, width);
    let count = pixels.len() / width;
    // One step of slope moves the far end of a line by two pixels.
    let steps = (STEEPEST * count as f32 / 2.0) as isize;
    for step in (0..=steps).flat_map(|step| [step, -step]) {
        let place = |run: &Run| {
            let shift = 2 * step * run.line as isize / count as isize;
            usize::try_from(run.start as isize + shift + 2 * steps).unwrap_or_default()
        };
        let mut votes = vec![0_usize; width + 4 * steps as usize + 3];
        runs.iter().for_each(|run| votes[place(run) + 1] += 1);
        let is_rule = |place: usize| {
            // Each line of the image votes once for three adjacent places, unless it has two runs there.
            votes[place..place + 3].iter().sum::<usize>() as f32 >= SPAN * count as f32
        };
        for run in runs.iter().filter(|run| is_rule(place(run))) {
            let range = run.line * width + run.start..run.line * width + run.end;
            pixels[range.clone()].copy_from_slice(&closed[range]);
        }
    }
}

/// The runs that the closing removes.
fn runs(pixels: &[u8], closed: &[u8], width: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    for (line, (pixels, closed)) in pixels.chunks_exact(width).zip(closed.chunks_exact(width)).enumerate() {
        let is_dark = |place: usize| closed[place] - pixels[place] >= CONTRAST;
        let mut place = 0;
        while place < width {
            let start = place;
            while place < width && is_dark(place) {
                place += 1;
            }
            if place > start {
                runs.push(Run { line, start, end: place });
            }
            place += 1;
        }
    }
    runs
}
