//! How well a network does: accuracy, classes, confusion, calibration, rejection.

use maud::{Markup, html};

use super::{confusion, percent};
use crate::chart::{Plot, PlotLine};
use crate::statistics::{expected_calibration_error, rejections, reliability, wilson};
use crate::training::Test;

/// Thresholds of the table of rejections.
const THRESHOLDS: [f64; 7] = [0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999];

pub fn render(test: &Test) -> Markup {
    let (right, all) = (test.right() as u64, test.len() as u64);
    let (low, high) = wilson(right, all);
    html! {
        p {
            "On " (test.data) ": " (right) " of " (all) " images are read rightly, "
            b { (percent(right as f64 / all.max(1) as f64)) } ". With a confidence of 95 %, the accuracy on such images "
            "is between " (percent(low)) " and " (percent(high)) " (Wilson's interval)."
            @if let Some(loss) = test.loss { " Mean loss " (format!("{loss:.4}")) ", the cross-entropy before calibration." }
        }
        div.columns {
            div { h3 { "Classes" } (classes(test)) }
            div { h3 { "Confusion" } (confusion::render(test)) }
        }
        div.columns {
            div { h3 { "Are the probabilities right?" } (calibration(test)) }
            div { h3 { "Rejecting unsure answers" } (rejection(test)) }
        }
    }
}

fn classes(test: &Test) -> Markup {
    let counts = confusion::counts(test);
    let share = |part: usize, all: usize| {
        if all == 0 { "–".to_owned() } else { percent(part as f64 / all as f64) }
    };
    let columns = ["class", "images", "precision", "recall", "95 % interval of the recall"];
    html! {
        div.wide tabindex="0" role="region" aria-label="Classes" {
            table.list {
                tr { @for column in columns { th scope="col" { (column) } } }
                @for (class, row) in counts.iter().enumerate() {
                    @let images: usize = row.iter().map(Vec::len).sum();
                    @let read: usize = counts.iter().map(|row| row[class].len()).sum();
                    @let (low, high) = wilson(row[class].len() as u64, images as u64);
                    tr {
                        th scope="row" { (test.classes[class]) }
                        td { (images) }
                        td { (share(row[class].len(), read)) }
                        td { (share(row[class].len(), images)) }
                        td { (percent(low)) " – " (percent(high)) }
                    }
                }
            }
        }
    }
}

fn calibration(test: &Test) -> Markup {
    let bins = reliability(&test.answers());
    let points = bins.iter().map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy)).collect();
    let line = PlotLine { series: Some(0), name: "right".into(), points, dashed: false };
    let ideal = vec![(0.0, 0.0), (100.0, 100.0)];
    let ideal = PlotLine { name: "ideal".into(), points: ideal, ..PlotLine::default() };
    let plot = Plot {
        label: "Share of right answers over the probability that the network gives them, in percent".into(),
        x: "probability of the answer in percent".into(),
        from_zero: true,
        lines: vec![ideal, line],
        log: false,
    };
    html! {
        figure {
            figcaption { "Right answers in percent" }
            (plot.svg())
            output aria-live="polite" {}
        }
        p {
            "Expected calibration error " b { (percent(expected_calibration_error(&bins))) }
            " in 15 bins: the mean distance between the probability of an answer and the share of right ones."
        }
        details {
            summary { "The bins" }
            div.wide tabindex="0" role="region" aria-label="Bins" { table.list {
                tr { @for column in ["mean probability", "right", "answers"] { th scope="col" { (column) } } }
                @for bin in &bins {
                    tr { td { (percent(bin.confidence)) } td { (percent(bin.accuracy)) } td { (bin.answers) } }
                }
            } }
        }
    }
}

fn rejection(test: &Test) -> Markup {
    let answers = test.answers();
    let steps: Vec<f64> = (0..100).map(|step| f64::from(step) / 100.0).chain([0.995, 0.999]).collect();
    let curve = rejections(&answers, &steps);
    let points =
        curve.iter().filter_map(|at| Some((100.0 * (1.0 - at.kept), 100.0 * at.accuracy?))).collect();
    let line = PlotLine { series: Some(2), name: "right among the rest".into(), points, dashed: false };
    let plot = Plot {
        label: "Share of right answers over the share of rejected answers, in percent".into(),
        x: "rejected in percent".into(),
        lines: vec![line],
        from_zero: false,
        log: false,
    };
    let columns = ["reject below", "rejected", "right among the rest"];
    html! {
        figure {
            figcaption { "Right among the answers that remain, in percent" }
            (plot.svg())
            output aria-live="polite" {}
        }
        div.wide tabindex="0" role="region" aria-label="Rejection" { table.list {
            tr { @for column in columns { th scope="col" { (column) } } }
            @for at in rejections(&answers, &THRESHOLDS) {
                tr {
                    td { (format!("{:.1}\u{a0}%", 100.0 * at.threshold)) }
                    td { (percent(1.0 - at.kept)) }
                    td { (at.accuracy.map_or("–".to_owned(), percent)) }
                }
            }
        } }
    }
}
