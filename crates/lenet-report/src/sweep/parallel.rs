//! Parallel coordinates: a line for each point over an axis for each setting, and the accuracy.

use maud::{Markup, html};

use super::scale::AccuracyScale;
use super::{Dimension, Point, Values};

/// Horizontal distance of the axes, and the margin at both sides.
const GAP: f64 = 130.0;
const MARGIN: f64 = 62.0;
/// Upper and lower end of the axes, and the height of the chart.
const TOP: f64 = 34.0;
const BOTTOM: f64 = 270.0;
const HEIGHT: f64 = 288.0;

/// The chart of `ranked` points, the best one first. The colour of a line is its rank: the best is `series1`.
pub(super) fn chart(dimensions: &[Dimension], ranked: &[&Point]) -> Markup {
    let width = 2.0 * MARGIN + GAP * dimensions.len() as f64;
    let scale = AccuracyScale::of(ranked.iter().filter_map(|point| point.valid_accuracy()));
    html! {
        div.wide tabindex="0" role="region" aria-label="Parallel coordinates" {
            svg.parallel viewBox={ "0 0 " (width) " " (HEIGHT) } style={ "min-width: " (width) "px; max-width: " (1.7 * width) "px" } role="img"
                aria-label="A line for each combination of settings, from axis to axis, to its validation accuracy" {
                // The best line is drawn last, over the others.
                @for (rank, point) in ranked.iter().enumerate().rev() {
                    (line(dimensions, point, scale, rank, ranked.len()))
                }
                @for (index, dimension) in dimensions.iter().enumerate() {
                    (axis(index, &dimension.name, &ticks(dimension)))
                }
                (axis(dimensions.len(), "validation", &scale.ticks()))
            }
        }
    }
}

fn line(dimensions: &[Dimension], point: &Point, scale: AccuracyScale, rank: usize, all: usize) -> Markup {
    let Some(accuracy) = point.valid_accuracy() else { return html! {} };
    let settings = dimensions.iter().zip(&point.values);
    let shares = settings.clone().map(|(dimension, value)| dimension.share(value).unwrap_or(0.5));
    let places = shares.chain([scale.share(accuracy)]).enumerate();
    let places: Vec<String> =
        places.map(|(index, share)| format!("{:.1} {:.1}", x(index), y(share))).collect();
    let heat = 1.0 - rank as f64 / all.saturating_sub(1).max(1) as f64;
    let texts: Vec<String> =
        settings.map(|(dimension, value)| format!("{} {value}", dimension.name)).collect();
    let title = format!("{:.2}\u{a0}%: {}", 100.0 * accuracy, texts.join(", "));
    html! {
        path.best[rank == 0] d={ "M" (places.join("L")) } style=(format!("--heat: {heat:.2}")) { title { (title) } }
    }
}

fn axis(index: usize, name: &str, ticks: &[(f64, String)]) -> Markup {
    let x = x(index);
    html! {
        path.axis d={ "M" (x) " " (TOP) "V" (BOTTOM) } {}
        text x=(x) y=(TOP - 16.0) class="middle title" { (name) }
        @for (share, text) in ticks {
            text.halo x=(x + 5.0) y=(format!("{:.1}", y(*share) + 3.5)) { (text) }
        }
    }
}

/// Labels of a setting: each value of a list; the ends and the middle of a range.
fn ticks(dimension: &Dimension) -> Vec<(f64, String)> {
    match &dimension.values {
        Values::List(values) => {
            values.iter().filter_map(|value| Some((dimension.share(value)?, value.clone()))).collect()
        }
        Values::Range { from, to, log } => {
            let middle = if *log { (from * to).sqrt() } else { (from + to) / 2.0 };
            [(0.0, *from), (0.5, middle), (1.0, *to)].map(|(share, value)| (share, short(value))).to_vec()
        }
    }
}

/// A number with three significant digits.
pub(super) fn short(value: f64) -> String {
    let digits = (2.0 - value.abs().max(1e-300).log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn x(index: usize) -> f64 {
    MARGIN + GAP * index as f64
}

fn y(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn each_point_is_a_line_over_all_axes_and_the_best_one_is_marked() {
        let sweep = sample::sweep();
        let svg = chart(&sweep.dimensions, &sweep.best_first()).into_string();
        assert_eq!(svg.matches("--heat").count(), 4);
        assert_eq!(svg.matches("class=\"best\"").count(), 1);
        let best = svg.split("class=\"best\" d=\"").nth(1).unwrap();
        assert_eq!(best.split('"').next().unwrap().matches('L').count(), 2, "{best}");
        assert!(best.contains("--heat: 1.00"), "{best}");
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let sweep = sample::sweep();
        let svg = chart(&sweep.dimensions, &sweep.best_first()).into_string();
        assert!(svg.contains("&lt;adamw&gt;") && !svg.contains("<adamw>"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.001, 0.031_622_8, 64.0, 0.5, 1234.5].map(short),
            ["0.001", "0.0316", "64", "0.5", "1234"]
        );
    }
}
