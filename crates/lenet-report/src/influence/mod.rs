//! Influence: the effect of leaving training images out on the answers to test images, and its page.

mod chart;
mod page;

pub use page::render;

use serde::{Deserialize, Serialize};

use crate::picture::Picture;

/// The effect of leaving one shard of the training images out on the answer to one test image: a line of `influence.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Effect {
    /// Index of the test image.
    pub test_image: usize,
    /// Position of the test image among those that are looked into.
    #[serde(skip)]
    pub test: usize,
    /// Its label.
    pub label: String,
    /// How often the training images were divided to get the shard, from 1.
    pub level: usize,
    /// The slice of the training images that was divided.
    pub of: String,
    /// The shard, a slice of the training images.
    pub left_out: String,
    /// Number of images of the shard.
    pub images: usize,
    /// Number of seeds with which the network was trained without the shard.
    pub seeds: usize,
    /// Mean probability of the label without the shard, in 0..=1.
    pub probability: f64,
    /// The same for the other shards: their median.
    pub probability_of_others: f64,
    /// Mean of the log-odds of the label without the shard, minus the median of these means over all shards of the division.
    pub effect: f64,
    /// Standard error of the effect.
    pub standard_error: f64,
    /// An effect whose magnitude is above this exceeds the noise of the seeds.
    pub threshold: f64,
    /// About how many seeds it takes to find an effect that is worth finding.
    pub seeds_to_detect: u64,
}

impl Effect {
    /// An effect of 0 on the test image of this index, of leaving `left_out` out, a shard of `of`.
    pub fn new(test_image: usize, level: usize, of: impl Into<String>, left_out: impl Into<String>) -> Self {
        Self { test_image, level, of: of.into(), left_out: left_out.into(), ..Self::default() }
    }

    /// Whether the effect exceeds the noise.
    pub fn is_influence(&self) -> bool {
        self.effect.abs() > self.threshold
    }
}

/// All effects, for a page.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Influence {
    /// Name of the run whose settings were trained again.
    pub run: String,
    /// Number of seeds.
    pub seeds: usize,
    /// The effects, those of one test image and division one after the other.
    pub effects: Vec<Effect>,
    /// The test images.
    pub tests: Vec<TestImage>,
}

/// A test image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestImage {
    /// Index in the test set.
    pub index: usize,
    /// Its label.
    pub label: String,
    /// The class that the run reads.
    pub read: String,
    /// The run's probability of the label, in 0..=1.
    pub probability: f64,
    /// The image.
    pub picture: Picture,
    /// Images of the smallest shard with an influence, most like the test image first.
    pub neighbours: Vec<Neighbour>,
}

/// A training image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Neighbour {
    /// Index among the training images.
    pub index: usize,
    /// Its label.
    pub label: String,
    /// The image.
    pub picture: Picture,
}

impl Influence {
    /// Effects without pictures.
    pub fn new(run: impl Into<String>, seeds: usize, effects: Vec<Effect>) -> Self {
        Self { run: run.into(), seeds, effects, tests: Vec::new() }
    }
}

impl TestImage {
    /// A test image whose reading is not known.
    pub fn new(index: usize, label: impl Into<String>, picture: Picture) -> Self {
        let (label, read) = (label.into(), String::new());
        Self { index, label, read, probability: f64::NAN, picture, neighbours: Vec::new() }
    }
}

impl Neighbour {
    /// A training image.
    pub fn new(index: usize, label: impl Into<String>, picture: Picture) -> Self {
        Self { index, label: label.into(), picture }
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;
    use crate::picture::Scale;

    /// Two test images and two levels: of the first image a shard with an influence, divided again; of the second none.
    pub(crate) fn influence() -> Influence {
        let effect = |test: usize, level, of: &str, left_out: &str, size: f64| {
            let mut effect = Effect::new(100 + test, level, of, left_out);
            (effect.test, effect.label, effect.images, effect.seeds) = (test, "<five>".into(), 50, 5);
            (effect.effect, effect.standard_error, effect.threshold) = (size, 0.2, 0.9);
            (effect.probability, effect.probability_of_others, effect.seeds_to_detect) = (0.8, 0.1, 6);
            effect
        };
        let effects = vec![
            effect(0, 1, "0:", "0::2", 3.0),
            effect(0, 1, "0:", "1::2", -0.3),
            effect(1, 1, "0:", "0::2", 0.1),
            effect(1, 1, "0:", "1::2", -0.1),
            effect(0, 2, "0::2", "0::4", 0.2),
            effect(0, 2, "0::2", "2::4", -1.5),
        ];
        let picture = || Picture::new(2, 1, &[0.0, 255.0], Scale::Grey);
        let mut influence = Influence::new("runs/<a>", 5, effects);
        for test in 0..2 {
            let mut image = TestImage::new(100 + test, "<five>", picture());
            (image.read, image.probability) = ("3".into(), 0.021);
            influence.tests.push(image);
        }
        influence.tests[0].neighbours = vec![Neighbour::new(2, "3", picture())];
        influence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back() {
        let effect = sample::influence().effects.remove(0);
        let line = serde_json::to_string(&effect).unwrap();
        assert_eq!(serde_json::from_str::<Effect>(&line).unwrap(), effect);
        assert!(line.contains("\"left_out\":\"0::2\"") && !line.contains("\"test\":"), "{line}");
    }
}
