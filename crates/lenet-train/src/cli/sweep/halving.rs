//! Successive halving: after the first epochs, the best settings go on.
//!
//! K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016. Each choice waits
//! for all runs, so it depends on their results alone and not on which run was faster; and a run that goes on ends with the bits
//! of one that never paused.

use anyhow::{Context, ensure};
use lenet_report::numbers::median;

use super::spec::Halving;
use super::{Failures, Sweep, state};
use crate::cli::print::print_note;

/// Trains all settings for the first epochs, and the best ones on to their end.
///
/// # Errors
/// The runs do not have the same number of epochs, or no more than the first ones.
pub(super) fn train(sweep: &Sweep<'_>, rungs: Halving) -> anyhow::Result<Failures> {
    let epochs = epochs(sweep)?;
    let Halving { first, factor } = rungs;
    ensure!(first < epochs, "[halving] first = {first}: the runs have {epochs} epochs, expected more");
    let points = 1 + sweep.runs.iter().map(|run| run.point).max().unwrap_or(0);
    let mut kept: Vec<usize> = (0..points).collect();
    let mut failures = Failures::new();
    let mut until = first;
    loop {
        let is_kept = |run: &usize| kept.contains(&sweep.runs[*run].point) && !failures.contains_key(run);
        let wanted: Vec<usize> = (0..sweep.runs.len()).filter(is_kept).collect();
        failures.extend(sweep.train(&wanted, (until < epochs).then_some(until)));
        if until >= epochs || sweep.interrupt.is_requested() {
            return Ok(failures);
        }
        kept = best(sweep, &kept, until, kept.len().div_ceil(factor as usize));
        until = until.saturating_mul(factor).min(epochs);
        print_note(format_args!("{} of {points} settings go on to epoch {until}", kept.len()));
    }
}

/// The number of epochs of all runs.
fn epochs(sweep: &Sweep<'_>) -> anyhow::Result<u64> {
    let mut all: Vec<Option<u64>> = sweep.runs.iter().map(|run| run.epochs).collect();
    all.dedup();
    match all[..] {
        [epochs] => epochs.context("[halving] counts epochs: set `epochs` instead of `images` in [base]"),
        _ => anyhow::bail!("[halving] compares runs of one length: set `epochs` in [base]"),
    }
}

/// The `count` points with the highest median validation accuracy after `epochs` epochs, in the order of the sweep; of equal ones
/// the earlier.
fn best(sweep: &Sweep<'_>, points: &[usize], epochs: u64, count: usize) -> Vec<usize> {
    let accuracy = |point: usize| {
        let runs = (0..sweep.runs.len()).filter(|&run| sweep.runs[run].point == point);
        let found: Vec<f64> =
            runs.filter_map(|run| state::accuracy_after(&sweep.path(run), epochs)).collect();
        median(&found).unwrap_or(f64::NEG_INFINITY)
    };
    let mut ranked: Vec<(usize, f64)> = points.iter().map(|&point| (point, accuracy(point))).collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranked.truncate(count);
    let mut kept: Vec<usize> = ranked.into_iter().map(|(point, _)| point).collect();
    kept.sort_unstable();
    kept
}
