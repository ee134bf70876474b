//! The curves that a training shows when it ends: in the terminal, and as a file beside its results.

use std::path::Path;

use lenet_report::chart::{Plot, PlotLine};
use lenet_report::run::Record;
use lenet_train::hooks::RateRangeTest;

use super::loss_curve::LossCurve;
use super::print::print_line;
use super::report::folder;
use super::run_folder::{ONE_BATCH_CURVE, RANGE_TEST, RANGE_TEST_CURVE};
use super::terminal;
use super::text_plot::TextPlot;

/// Shows the loss of a training that has ended in the terminal, if standard output is one.
pub(super) fn show_training(run: &Path) -> anyhow::Result<()> {
    if terminal::width().is_none() {
        return Ok(());
    }
    let records = folder::read(run)?.records;
    let losses = records.iter().filter_map(Record::batch_loss);
    let points: Vec<(f64, f64)> = losses.map(|(step, loss)| (step as f64, f64::from(loss))).collect();
    TextPlot { title: "loss of a batch over steps, logarithmic", points: &points, log_x: false, log_y: true }
        .print()
}

/// Reports a learning-rate range test: prints its result, and draws its curve in `folder`.
pub(super) fn report_range_test(test: &RateRangeTest, folder: &Path) -> anyhow::Result<()> {
    let curve: Vec<(f64, f64)> = test.curve().collect();
    let title = "smoothed loss over the learning rate";
    TextPlot { title, points: &curve, log_x: true, log_y: false }.print()?;
    let finite = || curve.iter().map(|(_, loss)| *loss).filter(|loss| loss.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let steepest = test.steepest().map(|rate| PlotLine {
        name: format!("the loss falls fastest at {}", two_digits(rate)),
        points: vec![(rate, low), (rate, high)],
        ..PlotLine::default()
    });
    let (steps, last) = (curve.len(), curve.last().map_or(0.0, |(rate, _)| *rate));
    let line = PlotLine { series: Some(0), name: title.into(), points: curve, dashed: false };
    let plot = Plot {
        label: "Smoothed loss over the learning rate".into(),
        x: "learning rate".into(),
        log_x: true,
        lines: [line].into_iter().chain(steepest).collect(),
        ..Plot::default()
    };
    lenet_files::write(&folder.join(RANGE_TEST_CURVE), plot.document().as_bytes())?;
    print_line(match test.steepest() {
        Some(rate) => format!("the loss falls fastest at --lr {}", two_digits(rate)),
        None => "the loss never falls".to_owned(),
    })?;
    let (folder, last) = (folder.display(), two_digits(last));
    print_line(format_args!(
        "in {folder}: {RANGE_TEST} and {RANGE_TEST_CURVE}, the loss of {steps} steps up to a learning rate of {last}"
    ))
}

/// Reports a training on one batch: prints how far its loss fell, and draws its curve in `folder`.
pub(super) fn report_one_batch(curve: &LossCurve, folder: &Path) -> anyhow::Result<()> {
    let points = curve.points();
    let (Some((_, first)), Some((steps, last))) = (points.first(), points.last()) else { return Ok(()) };
    let (first, last, steps) = (*first, *last, *steps);
    let title = "loss of the batch over steps, logarithmic";
    TextPlot { title, points: &points, log_x: false, log_y: true }.print()?;
    let line = PlotLine { series: Some(0), name: "loss".into(), points, dashed: false };
    let plot = Plot {
        label: "Loss of one batch over the steps that train on it".into(),
        x: "steps".into(),
        log: true,
        lines: vec![line],
        ..Plot::default()
    };
    lenet_files::write(&folder.join(ONE_BATCH_CURVE), plot.document().as_bytes())?;
    print_line(format_args!("one batch: its loss is {first:.4} at step 1 and {last:.2e} at step {steps}"))?;
    print_line(format_args!("in {}: {ONE_BATCH_CURVE}, the loss of each step", folder.display()))
}

/// Formats a number with two significant digits.
fn two_digits(number: f64) -> String {
    let places = (1.0 - number.log10().floor()).clamp(0.0, 20.0) as usize;
    format!("{number:.places$}")
}
