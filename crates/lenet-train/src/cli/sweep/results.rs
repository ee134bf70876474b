//! The results of a sweep, read from the folders of its runs.

use lenet_report::numbers::{duration, percent};
use lenet_report::sweep::{Dimension, Point, PointRun, Sweep as Found};
use lenet_report::training::Summary;

use super::spec::{Draw, Spec};
use super::state::is_cut;
use super::{Failures, Planned, Sweep};
use crate::cli::pause::PauseAfter;
use crate::cli::print::{plain, print_styled};
use crate::cli::report::folder;
use crate::cli::terminal::Styles;

/// Number of rows of the table.
const ROWS: usize = 10;

/// What is known of all runs of the sweep, those of other shards and machines included if their folders are here.
pub(super) fn read(sweep: &Sweep<'_>, failures: &Failures, title: &str) -> Found {
    let mut found = Found::new(title, dimensions(sweep.spec), sweep.runs.len());
    let mut last = None;
    for (index, planned) in sweep.runs.iter().enumerate() {
        if let Some(error) = failures.get(&index) {
            found
                .failures
                .push((format!("{} ({})", planned.name, planned.describe(sweep.spec)), error.clone()));
        }
        let Some(run) = read_run(sweep, index, planned) else { continue };
        if last != Some(planned.point) {
            found.points.push(Point::new(planned.values.clone()));
            last = Some(planned.point);
        }
        found.points.last_mut().into_iter().for_each(|point| point.runs.push(run.clone()));
    }
    found
}

fn read_run(sweep: &Sweep<'_>, index: usize, planned: &Planned) -> Option<PointRun> {
    let run = folder::read(&sweep.path(index)).ok()?;
    let summary = Summary::of_all(&[run]).pop()?;
    let mut found = PointRun::new(planned.name.clone(), planned.seed.to_string());
    found.valid_accuracy = summary.valid_accuracy;
    (found.test_accuracy, found.seconds) = (summary.test_accuracy, summary.seconds);
    // A run that early stopping or a limit of time ended is a result like any other.
    found.note = match summary.end {
        Some(end) if end == PauseAfter::REASON => {
            Some(format!("left out after epoch {}", epochs_done(&summary.epochs)))
        }
        Some(end) if is_cut(&end) || end.starts_with("unfinished") => {
            (found.valid_accuracy, found.test_accuracy) = (None, None); // No result yet.
            Some(end)
        }
        _ => None,
    };
    Some(found)
}

fn epochs_done(epochs: &str) -> &str {
    epochs.split(' ').next().unwrap_or_default()
}

fn dimensions(spec: &Spec) -> Vec<Dimension> {
    let list = |name: &str, values: &[super::spec::Setting]| {
        Dimension::list(name, values.iter().map(|value| value.value.clone()).collect())
    };
    let grid = spec.grid.iter().map(|choice| list(&choice.name, &choice.values));
    let draws = spec.search.iter().flat_map(|search| &search.draws).map(|draw| match draw {
        Draw::List(choice) => list(&choice.name, &choice.values),
        Draw::Range { name, from, to, log, .. } => Dimension::range(name.as_str(), *from, *to, *log),
    });
    grid.chain(draws).collect()
}

/// Prints the best settings.
pub(super) fn print(found: &Found) -> anyhow::Result<()> {
    let has_result = |run: &PointRun| run.valid_accuracy.is_some() || run.test_accuracy.is_some();
    let mut ranked = found.best_first();
    ranked.retain(|point| point.runs.iter().any(has_result));
    if ranked.is_empty() {
        return Ok(());
    }
    let styles = Styles::of_standard_output();
    let heading = format!("{:>10}  {:>8}  {:>9}  {:>5}  settings", "validation", "test", "time", "seeds");
    print_styled(&styles.heading.apply_to(heading).to_string())?;
    for point in ranked.iter().take(ROWS) {
        let (valid, test) = (percent(point.valid_accuracy()), percent(point.test_accuracy()));
        let seeds = point.runs.iter().filter(|run| has_result(run)).count();
        let time = point.seconds().map_or("–".to_owned(), duration);
        let settings = plain(&found.describe(point));
        print_styled(&format!("{valid:>10}  {test:>8}  {time:>9}  {seeds:>5}  {settings}"))?;
    }
    if ranked.len() > ROWS {
        let rest = format!("… and {} more on the page", ranked.len() - ROWS);
        print_styled(&styles.muted.apply_to(rest).to_string())?;
    }
    Ok(())
}
