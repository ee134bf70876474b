//! [`Summary`]: a run as a row of a table.

use super::Run;
use crate::run::Record;

/// A run in short, beside others.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Name of its folder.
    pub name: String,
    /// Beginning in UTC, such as `2026-11-27 22:27`; empty if it is not known.
    pub started: String,
    /// Training time in seconds; of a run that has not ended, that of its completed epochs.
    pub seconds: Option<f64>,
    /// Accuracy on the test set, in 0..=1.
    pub test_accuracy: Option<f64>,
    /// Accuracy on the validation set after the last epoch, in 0..=1.
    pub valid_accuracy: Option<f64>,
    /// Number of completed epochs, and of those planned if the settings tell, such as `2 of 3`; the planned ones are
    /// left out if all are done.
    pub epochs: String,
    /// How the run ended, if it is not `completed`; a run that has not ended is `unfinished`.
    pub end: Option<String>,
    /// Settings that are not the same in all runs: names and values.
    pub differing: Vec<(String, String)>,
    /// Address of the run's report, if there is one.
    pub report: Option<String>,
    /// Step and loss of each recorded batch.
    pub losses: Vec<(f64, f64)>,
    /// Step and validation accuracy at the end of each epoch.
    pub accuracies: Vec<(f64, f64)>,
}

impl Summary {
    /// Summarises each of `runs`, with the settings in which they differ from one another.
    pub fn of_all(runs: &[Run]) -> Vec<Self> {
        let differing = differing_settings(runs);
        let summary = |run: &Run| {
            let pairs = differing.iter().map(|&name| (name.to_owned(), setting(run, name).to_owned()));
            Self { differing: pairs.collect(), ..Self::of(run) }
        };
        runs.iter().map(summary).collect()
    }

    fn of(run: &Run) -> Self {
        let mut summary = Self { name: run.name.clone(), started: started(run), ..Self::default() };
        let (mut done, mut last_step) = (0u64, 0);
        for record in &run.records {
            match record {
                Record::Step { step, loss, .. } => {
                    last_step = *step;
                    summary.losses.extend(loss.map(|loss| (*step as f64, f64::from(loss))));
                }
                Record::Epoch { epoch, step, valid_accuracy, seconds, .. } => {
                    (done, last_step) = (epoch.saturating_add(1), *step);
                    summary.seconds = Some(summary.seconds.unwrap_or(0.0) + seconds);
                    summary.valid_accuracy = *valid_accuracy;
                    summary.accuracies.extend(valid_accuracy.map(|accuracy| (*step as f64, accuracy)));
                }
                Record::End { epochs, seconds, reason, test_accuracy, .. } => {
                    (done, summary.seconds, summary.test_accuracy) =
                        (*epochs, Some(*seconds), *test_accuracy);
                    summary.end = Some(reason.clone());
                }
            }
        }
        summary.epochs = match setting(run, "epochs").parse::<u64>() {
            Ok(planned) if planned != done => format!("{done} of {planned}"),
            _ => done.to_string(),
        };
        let unfinished = || format!("unfinished after step {last_step}");
        summary.end = Some(summary.end.unwrap_or_else(unfinished)).filter(|end| end != "completed");
        summary
    }
}

/// Names of the settings that are not the same in all runs. The number of epochs has a column of its own.
fn differing_settings(runs: &[Run]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in runs.iter().flat_map(|run| &run.settings) {
        if name != "epochs" && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.retain(|name| runs.iter().any(|run| setting(run, name) != setting(&runs[0], name)));
    names
}

/// The value of a setting; `–` if it is not set.
fn setting<'a>(run: &'a Run, name: &str) -> &'a str {
    run.settings.iter().find(|(other, _)| other == name).map_or("–", |(_, value)| value)
}

/// Date and time to the minute.
fn started(run: &Run) -> String {
    let started = run.facts.iter().find(|(name, _)| name == "started").map_or("", |(_, time)| time);
    started.chars().take(16).collect::<String>().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn only_settings_that_differ_are_listed() {
        let found = Summary::of_all(&[sample::run("first"), sample::run("second run")]);
        assert_eq!(found[0].differing, [("seed".to_owned(), "5".to_owned())]);
        assert_eq!(Summary::of_all(&[sample::run("alone")])[0].differing, []);
    }

    #[test]
    fn a_setting_of_one_run_alone_differs() {
        let mut second = sample::run("first");
        second.settings.push(("ema".into(), "0.9".into()));
        let found = Summary::of_all(&[sample::run("first"), second]);
        assert_eq!(found[0].differing, [("ema".to_owned(), "–".to_owned())]);
        assert_eq!(found[1].differing, [("ema".to_owned(), "0.9".to_owned())]);
    }

    #[test]
    fn an_ended_run_has_its_results_and_another_one_what_it_has_so_far() {
        let mut run = sample::run("run");
        let ended = Summary::of(&run);
        assert_eq!((ended.epochs.as_str(), ended.end, ended.test_accuracy), ("2", None, Some(0.5)));
        run.records.truncate(4); // Two steps, an epoch, a step.
        let running = Summary::of(&run);
        assert_eq!((running.epochs.as_str(), running.seconds), ("1 of 2", Some(1.0)));
        assert_eq!(running.end.as_deref(), Some("unfinished after step 6"));
        assert_eq!((running.test_accuracy, running.valid_accuracy), (None, Some(0.75)));
    }
}
