//! `runs compare`: the difference between two settings, over seeds that both were trained with.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use lenet_report::numbers::range;
use lenet_report::run::Record;
use lenet_report::statistics::{MeanInterval, paired_difference, pairs_to_detect};
use lenet_report::training::Run;

use super::super::parse;
use super::super::print::{print_line, print_note};
use super::selection::{Selection, differing};

#[derive(Args)]
pub(super) struct CompareArgs {
    /// The runs of one setting with several seeds: a folder of runs or of a sweep, and, after commas, the settings that select some of
    /// them, such as sweeps/rates,lr=0.01
    #[arg(value_parser = Selection::parse)]
    a: Selection,
    /// The runs of the other setting, with the same seeds
    #[arg(value_parser = Selection::parse)]
    b: Selection,
    /// What to compare
    #[arg(long, value_enum, default_value = "test-accuracy")]
    metric: Metric,
    /// A difference worth finding: says how many seeds it would take. In percent points for an accuracy, else in the unit of the
    /// metric [default: 0.05 for an accuracy]
    #[arg(long, value_name = "D", value_parser = parse::positive, allow_negative_numbers = true)]
    detect: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Metric {
    /// Accuracy on the test set, in percent
    TestAccuracy,
    /// Loss on the test set
    TestLoss,
    /// Accuracy on the validation set after the last epoch, in percent
    ValidAccuracy,
    /// Loss on the validation set after the last epoch
    ValidLoss,
    /// Training time in seconds
    Seconds,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let (a, b) = (args.a.read()?, args.b.read()?);
    let mut pairs = Vec::new();
    for (seed, one) in &a {
        let Some(other) = b.get(seed) else { continue };
        pairs.extend(args.metric.of(one).zip(args.metric.of(other)));
    }
    let n = pairs.len();
    ensure!(
        n >= 2,
        "seeds in common: {n}, and an interval needs two or more: train both settings with the same seeds"
    );
    let settings = compared(&a, &b)?;
    match settings.is_empty() {
        true => print_note("A and B have the same settings"),
        false => print_line(format_args!("from A to B: {settings}"))?,
    }
    let alone = a.len() + b.len() - 2 * n;
    if alone > 0 {
        print_note(format_args!("runs without a partner of the same seed, left out: {alone}"));
    }
    let [one, other]: [Vec<f64>; 2] =
        [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()];
    for (name, values, selection) in [("A", &one, &args.a), ("B", &other, &args.b)] {
        let mean = values.iter().sum::<f64>() / n as f64;
        let (low, high) = range(values.iter().copied());
        let [mean, low, high] = [mean, low, high].map(|value| args.metric.text(value));
        let (text, metric) = (&selection.text, args.metric.name());
        print_line(format_args!("{name}  {text}  mean {metric} {mean}, {low} to {high}, {n} seeds"))?;
    }
    let found = paired_difference(&pairs);
    found.into_iter().try_for_each(|difference| {
        print_line(described(args.metric, &difference, n))?;
        print_line(verdict(args, &difference, n))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The settings in which A and B differ, as a text.
///
/// # Errors
/// The runs have other data.
fn compared(a: &BTreeMap<String, Run>, b: &BTreeMap<String, Run>) -> anyhow::Result<String> {
    let (Some(one), Some(other)) = (a.values().next(), b.values().next()) else { return Ok(String::new()) };
    let [theirs, ours] = [one, other].map(|run| fact(run, "data sha256"));
    ensure!(theirs == ours, "A and B were trained on different data: their SHA-256 are {theirs} and {ours}");
    let settings = differing(one, other);
    let texts: Vec<String> =
        settings.iter().map(|(name, one, other)| format!("{name} {one} → {other}")).collect();
    Ok(texts.join(", "))
}

/// The difference with its interval.
fn described(metric: Metric, difference: &MeanInterval, n: usize) -> String {
    let [mean, low, high] =
        [difference.mean, difference.low, difference.high].map(|value| metric.signed(value));
    format!("B − A  {mean}, 95 % interval {low} to {high} (Student's t of {n} pairs)")
}

/// What the interval allows to say, and what it would take to say more.
fn verdict(args: &CompareArgs, difference: &MeanInterval, n: usize) -> String {
    let metric = args.metric;
    if difference.deviation == 0.0 {
        return match difference.mean {
            0.0 => "the results of all pairs are equal".to_owned(),
            _ => "all pairs have the same difference".to_owned(),
        };
    }
    if !difference.has_zero() {
        let is_better = (difference.mean > 0.0) == metric.is_better_if_larger();
        return format!(
            "B is {}: an interval of 95 % does not reach 0",
            if is_better { "better" } else { "worse" }
        );
    }
    let worth_finding = args.detect.or(metric.worth_finding());
    let needed = worth_finding.map(|worth| {
        let (pairs, worth) = (pairs_to_detect(difference.deviation, worth), metric.difference(worth));
        match pairs > n as u64 {
            true => format!("; {worth} would need about {pairs}"),
            false => {
                format!("; a difference of {worth} would have been found four times of five with {pairs}")
            }
        }
    });
    format!("no difference found at {n} seeds{}", needed.unwrap_or_default())
}

impl Metric {
    fn of(self, run: &Run) -> Option<f64> {
        let percent = |value: Option<f64>| value.map(|value| 100.0 * value);
        run.records.iter().rev().find_map(|record| match (self, record) {
            (Self::TestAccuracy, Record::End { test_accuracy, .. }) => percent(*test_accuracy),
            (Self::TestLoss, Record::End { test_loss, .. }) => *test_loss,
            (Self::Seconds, Record::End { seconds, .. }) => Some(*seconds),
            (Self::ValidAccuracy, Record::Epoch { valid_accuracy, .. }) => percent(*valid_accuracy),
            (Self::ValidLoss, Record::Epoch { valid_loss, .. }) => *valid_loss,
            _ => None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test accuracy",
            Self::TestLoss => "test loss",
            Self::ValidAccuracy => "validation accuracy",
            Self::ValidLoss => "validation loss",
            Self::Seconds => "training time",
        }
    }

    fn is_better_if_larger(self) -> bool {
        matches!(self, Self::TestAccuracy | Self::ValidAccuracy)
    }

    /// A difference that is worth finding unless the user names another one.
    fn worth_finding(self) -> Option<f64> {
        self.is_better_if_larger().then_some(0.05)
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::TestAccuracy | Self::ValidAccuracy => format!("{value:.2} %"),
            Self::TestLoss | Self::ValidLoss => format!("{value:.5}"),
            Self::Seconds => format!("{value:.2} s"),
        }
    }

    /// A difference of two values: that of percentages is in percent points.
    fn difference(self, value: f64) -> String {
        match self {
            Self::TestAccuracy | Self::ValidAccuracy => format!("{value} points"),
            Self::TestLoss | Self::ValidLoss => value.to_string(),
            Self::Seconds => format!("{value} s"),
        }
    }

    /// A difference with its sign.
    fn signed(self, value: f64) -> String {
        match self {
            Self::TestAccuracy | Self::ValidAccuracy => format!("{value:+.3} points"),
            Self::TestLoss | Self::ValidLoss => format!("{value:+.5}"),
            Self::Seconds => format!("{value:+.3} s"),
        }
    }
}

fn fact<'a>(run: &'a Run, name: &str) -> &'a str {
    run.facts.iter().find(|(other, _)| other == name).map_or("unknown", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(metric: Metric, pairs: &[(f64, f64)]) -> String {
        let [a, b] = ["a", "b"].map(|folder| Selection::parse(folder).unwrap());
        let args = CompareArgs { a, b, metric, detect: None };
        verdict(&args, &paired_difference(pairs).unwrap(), pairs.len())
    }

    #[test]
    fn a_verdict_claims_no_more_than_the_interval() {
        let better = [(99.0, 99.2), (99.1, 99.2), (99.0, 99.1), (99.0, 99.3)];
        assert_eq!(said(Metric::TestAccuracy, &better), "B is better: an interval of 95 % does not reach 0");
        assert_eq!(said(Metric::TestLoss, &better), "B is worse: an interval of 95 % does not reach 0");
        let noise = [(99.0, 99.1), (99.1, 99.0), (99.0, 99.2), (99.0, 98.9)];
        let said_of_noise = said(Metric::TestAccuracy, &noise);
        assert!(
            said_of_noise.starts_with("no difference found at 4 seeds; 0.05 points would need about "),
            "{said_of_noise}"
        );
        let tiny = [(99.0, 99.001), (99.0, 98.999), (99.0, 99.0)];
        assert!(
            said(Metric::TestAccuracy, &tiny).contains("would have been found four times of five with 2")
        );
        assert_eq!(
            said(Metric::TestAccuracy, &[(1.0, 1.0), (2.0, 2.0)]),
            "the results of all pairs are equal"
        );
    }
}
