//! The answers of the runs, and the effects of leaving shards out.

use std::path::PathBuf;

use lenet_model::{Classifier, weights};
use lenet_report::influence::Effect;
use lenet_report::numbers::median;
use lenet_report::statistics::Contrasts;

use super::super::calibration;
use super::super::run_folder::WEIGHTS;
use super::shards::Division;
use super::subject::Subject;

/// How much a network believes the label of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    /// Probability of the label, in 0..=1.
    pub(super) probability: f64,
    /// ln(p / (1 − p)) of that probability p. Unlike p, it keeps a change visible where p is near 0 or 1.
    pub(super) log_odds: f64,
}

/// The answers of the runs without one shard: a row for each seed, with an answer for each test image.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    left_out: String,
    of_seeds: Vec<Vec<Answer>>,
}

impl Answer {
    /// The answers for `logits`, `[images, classes]`, and the labels.
    pub(super) fn of_all(logits: &[f32], labels: &[u8]) -> Vec<Self> {
        let classes = logits.len() / labels.len().max(1);
        logits.chunks_exact(classes.max(1)).zip(labels).map(|(row, label)| Self::of(row, *label)).collect()
    }

    /// With z the logits, ln(p / (1 − p)) = z of the label − ln Σ exp(z of the other classes).
    fn of(logits: &[f32], label: u8) -> Self {
        let label = usize::from(label);
        let others =
            || logits.iter().enumerate().filter(|(class, _)| *class != label).map(|(_, z)| f64::from(*z));
        let largest = others().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = others().map(|z| (z - largest).exp()).sum();
        let log_odds = f64::from(logits[label]) - largest - sum.ln();
        Self { probability: 1.0 / (1.0 + (-log_odds).exp()), log_odds }
    }
}

/// Reads the answers of the runs in `folders`, which were trained without these shards.
pub(super) fn answers(
    subject: &Subject,
    shards: &[String],
    folders: &[Vec<PathBuf>],
) -> anyhow::Result<Vec<Answers>> {
    let of_run = |folder: &PathBuf| -> anyhow::Result<Vec<Answer>> {
        let state = weights::read_state_dict(&folder.join(WEIGHTS))?;
        let logits =
            calibration::logits(&Classifier::with_state_dict(&state, &subject.device), &subject.tests)?;
        Ok(Answer::of_all(&logits, subject.tests.labels()))
    };
    let of_shard = |(shard, folders): (&String, &Vec<PathBuf>)| {
        let of_seeds = folders.iter().map(of_run).collect::<anyhow::Result<_>>()?;
        Ok(Answers { left_out: shard.clone(), of_seeds })
    };
    shards.iter().zip(folders).map(of_shard).collect()
}

/// The effect of each shard of each division on each of its test images.
pub(super) fn effects(
    subject: &Subject,
    level: usize,
    divisions: &[Division],
    answers: &[Answers],
    detect: f64,
) -> Vec<Effect> {
    let comparisons = divisions.iter().map(|division| division.shards.len() * division.tests.len()).sum();
    let mut effects = Vec::new();
    for division in divisions {
        let names: Vec<String> = division.shards.iter().map(ToString::to_string).collect();
        let found = |name: &String| answers.iter().find(|one| one.left_out == *name);
        let rows: Vec<&Answers> = names.iter().filter_map(found).collect();
        for &test in &division.tests {
            let of = |value: fn(&Answer) -> f64| -> Vec<Vec<f64>> {
                rows.iter().map(|row| row.of_seeds.iter().map(|seed| value(&seed[test])).collect()).collect()
            };
            let Some(contrasts) = Contrasts::of(&of(|answer| answer.log_odds), comparisons) else { continue };
            let probabilities: Vec<f64> = of(|answer| answer.probability)
                .iter()
                .map(|row| row.iter().sum::<f64>() / row.len() as f64)
                .collect();
            for (number, shard) in division.shards.iter().enumerate() {
                let mut effect =
                    Effect::new(subject.indices[test], level, division.of.to_string(), shard.to_string());
                effect.test = test;
                effect.label = subject.class(subject.tests.label(test));
                effect.images = shard.len(subject.images());
                effect.seeds = rows[number].of_seeds.len();
                effect.probability = probabilities[number];
                let mut others = probabilities.clone();
                others.remove(number);
                effect.probability_of_others = median(&others).unwrap_or(f64::NAN);
                effect.effect = contrasts.effects[number];
                effect.standard_error = contrasts.standard_error;
                effect.threshold = contrasts.threshold;
                effect.seeds_to_detect = contrasts.repetitions_to_detect(detect);
                effects.push(effect);
            }
        }
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_those_of_the_softmax() {
        let answer = Answer::of(&[1.0, 3.0, 2.0], 1);
        let softmax = 3f64.exp() / (1f64.exp() + 3f64.exp() + 2f64.exp());
        assert!((answer.probability - softmax).abs() < 1e-12, "{answer:?}");
        assert!((answer.log_odds - (softmax / (1.0 - softmax)).ln()).abs() < 1e-12, "{answer:?}");
        // Where the probability is 1 in f64, the log-odds still tell.
        assert!((Answer::of(&[100.0, 0.0], 0).log_odds - 100.0).abs() < 1e-12);
    }
}
