//! Marginal effects: for each setting, the accuracy of all points over its values, and the medians.

use maud::{Markup, html};

use super::parallel::short;
use super::scale::AccuracyScale;
use super::{Dimension, Point, Values};
use crate::numbers::{median, range};

/// Size of a chart, and the box of its dots: left, right, top, bottom.
const SIZE: (f64, f64) = (340.0, 210.0);
const BOX: [f64; 4] = [52.0, 318.0, 10.0, 176.0];
/// Number of parts of a range, each with its median.
const PARTS: usize = 5;

/// A chart for each dimension, the one whose medians differ most first.
pub(super) fn charts(dimensions: &[Dimension], points: &[&Point]) -> Markup {
    let scale = AccuracyScale::of(points.iter().filter_map(|point| point.valid_accuracy()));
    let mut effects: Vec<Effect<'_>> = dimensions
        .iter()
        .enumerate()
        .map(|(index, dimension)| Effect::of(index, dimension, points))
        .collect();
    effects.sort_by(|one, other| other.spread(scale).total_cmp(&one.spread(scale)));
    html! {
        div.plots { @for effect in &effects {
            figure {
                figcaption { (effect.dimension.name) }
                (effect.svg(scale))
            }
        } }
    }
}

struct Effect<'a> {
    dimension: &'a Dimension,
    /// Share of the axis, and accuracy of each point.
    dots: Vec<(f64, f64)>,
    /// Share of the axis, and median of each value or part of the range.
    medians: Vec<(f64, f64)>,
}

impl<'a> Effect<'a> {
    fn of(index: usize, dimension: &'a Dimension, points: &[&Point]) -> Self {
        let dot =
            |point: &&Point| Some((dimension.share(point.values.get(index)?)?, point.valid_accuracy()?));
        let dots: Vec<(f64, f64)> = points.iter().filter_map(dot).collect();
        let centres: Vec<f64> = match &dimension.values {
            Values::List(values) => values.iter().filter_map(|value| dimension.share(value)).collect(),
            Values::Range { .. } => (0..PARTS).map(|part| (part as f64 + 0.5) / PARTS as f64).collect(),
        };
        let nearest = |share: f64| {
            let distance = |centre: &f64| (centre - share).abs();
            centres.iter().copied().min_by(|one, other| distance(one).total_cmp(&distance(other)))
        };
        let at = |centre: f64| {
            let near = dots.iter().filter(|(share, _)| nearest(*share) == Some(centre));
            Some((centre, median(&near.map(|(_, accuracy)| *accuracy).collect::<Vec<_>>())?))
        };
        let medians = centres.iter().filter_map(|centre| at(*centre)).collect();
        Self { dimension, dots, medians }
    }

    /// Distance of the lowest and the highest median, as a share of the axis.
    fn spread(&self, scale: AccuracyScale) -> f64 {
        let shares = self.medians.iter().map(|(_, accuracy)| scale.share(*accuracy));
        let (low, high) = range(shares);
        if high > low { high - low } else { 0.0 }
    }

    fn svg(&self, scale: AccuracyScale) -> Markup {
        let [left, right, _, bottom] = BOX;
        let label = format!("Validation accuracy over {}", self.dimension.name);
        let line: Vec<String> =
            self.medians.iter().map(|(share, accuracy)| place(*share, *accuracy, scale)).collect();
        html! {
            svg.effect viewBox={ "0 0 " (SIZE.0) " " (SIZE.1) } role="img" aria-label=(label) {
                @for (share, text) in scale.ticks() {
                    path.grid d={ "M" (left) " " (format!("{:.1}", y(share))) "H" (right) } {}
                    text.end x=(left - 6.0) y=(format!("{:.1}", y(share) + 3.5)) { (text) }
                }
                @for (share, text) in self.labels() {
                    text.middle x=(format!("{:.1}", x(share))) y=(bottom + 16.0) { (text) }
                }
                @for (share, accuracy) in &self.dots {
                    circle cx=(format!("{:.1}", x(*share))) cy=(format!("{:.1}", y(scale.share(*accuracy)))) r="2.6" {}
                }
                @if !line.is_empty() { path.series1 d={ "M" (line.join("L")) } {} }
                @for (share, accuracy) in &self.medians {
                    circle.median cx=(format!("{:.1}", x(*share))) cy=(format!("{:.1}", y(scale.share(*accuracy)))) r="4" {
                        title { (format!("median {:.2}\u{a0}%", 100.0 * accuracy)) }
                    }
                }
            }
        }
    }

    fn labels(&self) -> Vec<(f64, String)> {
        match &self.dimension.values {
            Values::List(values) => {
                // Long lists have a label at every second value, or fewer.
                let letters: usize = values.iter().map(|value| value.chars().count() + 2).sum();
                let every = letters.div_ceil(46).max(1);
                let kept = values.iter().step_by(every);
                kept.filter_map(|value| Some((self.dimension.share(value)?, value.clone()))).collect()
            }
            Values::Range { from, to, log } => {
                let middle = if *log { (from * to).sqrt() } else { (from + to) / 2.0 };
                [(0.0, *from), (0.5, middle), (1.0, *to)].map(|(share, value)| (share, short(value))).to_vec()
            }
        }
    }
}

fn place(share: f64, accuracy: f64, scale: AccuracyScale) -> String {
    format!("{:.1} {:.1}", x(share), y(scale.share(accuracy)))
}

fn x(share: f64) -> f64 {
    let [left, right, ..] = BOX;
    left + 10.0 + (right - left - 20.0) * share
}

fn y(share: f64) -> f64 {
    let [_, _, top, bottom] = BOX;
    bottom - (bottom - top) * share
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_median_stands_at_each_value_of_a_list() {
        let sweep = sample::sweep();
        let effect = Effect::of(0, &sweep.dimensions[0], &sweep.best_first());
        assert_eq!(effect.dots.len(), 4);
        // The medians of two seeds are 0.9015, 0.9215, 0.9415 and 0.9615: sgd has the first and the third.
        let expected = [(0.0, 0.9215), (1.0, 0.9415)];
        let is_near =
            |(one, other): (&(f64, f64), &(f64, f64))| one.0 == other.0 && (one.1 - other.1).abs() < 1e-9;
        assert!(effect.medians.iter().zip(&expected).all(is_near), "{:?}", effect.medians);
    }

    #[test]
    fn the_setting_with_the_largest_effect_comes_first() {
        let sweep = sample::sweep();
        let charts = charts(&sweep.dimensions, &sweep.best_first()).into_string();
        let [lr, optimizer] = ["over lr", "over optimizer"].map(|label| charts.find(label).unwrap());
        assert!(lr < optimizer);
    }
}
