//! [`Subject`]: the run whose answers are looked into, and its images.

use std::path::Path;

use anyhow::{Context, ensure};
use lenet_backend::Device;
use lenet_data::DigitSet;
use lenet_data::dataset::Part;
use lenet_model::{Classifier, weights};
use lenet_report::influence::{Effect, Neighbour, TestImage};
use lenet_report::picture::{Picture, Scale};

use super::super::calibration;
use super::super::config;
use super::super::data::DataArgs;
use super::super::eval::{normalised_for, predictions};
use super::super::prepared::Prepared;
use super::super::run_folder::{self, WEIGHTS};
use super::super::settings::leave_out::LeaveOut;
use super::super::sweep::repeat;
use super::measure::Answer;

/// Number of test images if none is named.
const TESTS: usize = 4;
/// Number of images of a shard on the page.
const NEIGHBOURS: usize = 12;
/// Files that the runs need not write.
const EXTRAS: [&str; 3] = ["--report", "--csv", "--tensorboard"];

/// A run, and the test images that are looked into.
pub(super) struct Subject {
    pub(super) name: String,
    /// The settings of the run as flags, without the seed.
    pub(super) flags: Vec<String>,
    seed: u64,
    pub(super) device: Device,
    train: DigitSet,
    /// The test images.
    pub(super) tests: DigitSet,
    /// Index of each test image in the test set.
    pub(super) indices: Vec<usize>,
    /// The class that the run reads in each test image, and its answer for the label.
    read: Vec<(u8, Answer)>,
}

impl Subject {
    /// Reads the run in the folder `run`, and the test images of these `indices`, or, if there are none, those whose label the run
    /// believes least.
    pub(super) fn read(run: &Path, indices: &[usize], data: &DataArgs) -> anyhow::Result<Self> {
        let mut args = config::settings_of_run(run)?;
        let (name, seed) = (run.display().to_string(), args.seed);
        ensure!(args.leave_out.is_none(), "{name} was trained with --leave-out: name a run on all images");
        if data.is_given() {
            args.data = data.clone();
        }
        args.outputs.quiet = true;
        let prepared = Prepared::new(args)?;
        let recorded = run_folder::in_manifest(run, "/data/sha256");
        ensure!(
            recorded.as_ref() == Some(&prepared.sha256),
            "{name} was trained on other data: their SHA-256 was {}, is {}; name them with --data",
            recorded.unwrap_or("not known".into()),
            prepared.sha256
        );
        let mut flags = repeat::flags(&prepared.args)?;
        flags.retain(|flag| !EXTRAS.contains(&flag.as_str()));
        let Prepared { device, digits, train, .. } = prepared;
        let classifier = Classifier::with_state_dict(&weights::read_state_dict(&run.join(WEIGHTS))?, &device);
        let mut tests = normalised_for(&classifier, digits.load(Part::Test)?);
        let logits = calibration::logits(&classifier, &tests)?;
        let answers = Answer::of_all(&logits, tests.labels());
        let indices = chosen(indices, &answers)?;
        tests.retain(|index| indices.contains(&index));
        let classes = predictions(&logits, classifier.classes(), 1.0)?;
        let read = indices.iter().map(|&index| (classes[index].class(), answers[index])).collect();
        Ok(Self { name, flags, seed, device, train, tests, indices, read })
    }

    /// Number of training images.
    pub(super) fn images(&self) -> usize {
        self.train.len()
    }

    /// The seed of the run, and those after it.
    pub(super) fn seeds(&self, count: u64) -> anyhow::Result<Vec<u64>> {
        let last = self.seed.checked_add(count - 1);
        let last = last.with_context(|| format!("--seeds {count}: no seed is above 2^64 - 1"))?;
        Ok((self.seed..=last).collect())
    }

    /// Name of a class.
    pub(super) fn class(&self, class: u8) -> String {
        self.tests.class_name(class)
    }

    /// What the run reads in test image number `test`: the class, and its probability of the label in 0..=1.
    pub(super) fn reading(&self, test: usize) -> (String, f64) {
        let (class, answer) = self.read[test];
        (self.class(class), answer.probability)
    }

    /// The test images for the page, each with the images of its smallest shard with an influence that are most like it.
    pub(super) fn pictures(&self, effects: &[Effect]) -> Vec<TestImage> {
        let picture = |test: usize| {
            let (read, probability) = self.reading(test);
            let picture = self.picture(self.tests.image(test));
            let mut image = TestImage::new(self.indices[test], self.class(self.tests.label(test)), picture);
            (image.read, image.probability) = (read, probability);
            let influences = effects.iter().filter(|effect| effect.test == test && effect.is_influence());
            // Of the last level, the strongest one.
            let strength = |effect: &&Effect| (effect.level, effect.effect.abs());
            let last = influences.max_by(|one, other| {
                let ((level, size), (other_level, other_size)) = (strength(one), strength(other));
                level.cmp(&other_level).then(size.total_cmp(&other_size))
            });
            let shard = last.and_then(|effect| effect.left_out.parse::<LeaveOut>().ok());
            image.neighbours = shard.map_or_else(Vec::new, |shard| self.neighbours(test, &shard));
            image
        };
        (0..self.tests.len()).map(picture).collect()
    }

    /// The images of a shard whose pixels are nearest to those of a test image.
    fn neighbours(&self, test: usize, shard: &LeaveOut) -> Vec<Neighbour> {
        let image = self.tests.image(test);
        let distance = |index: usize| -> u64 {
            let pairs = self.train.image(index).iter().zip(image);
            pairs.map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2)).sum()
        };
        let kept = shard.kept(self.images()).unwrap_or_default();
        let mut near: Vec<(u64, usize)> =
            (0..kept.len()).filter(|index| !kept[*index]).map(|index| (distance(index), index)).collect();
        near.sort();
        near.truncate(NEIGHBOURS);
        let neighbour = |(_, index): (u64, usize)| {
            Neighbour::new(index, self.class(self.train.label(index)), self.picture(self.train.image(index)))
        };
        near.into_iter().map(neighbour).collect()
    }

    fn picture(&self, pixels: &[u8]) -> Picture {
        let values: Vec<f32> = pixels.iter().copied().map(f32::from).collect();
        Picture::new(self.tests.width(), self.tests.height(), &values, Scale::Grey)
    }
}

/// The indices, sorted; without any, those of the answers with the lowest log-odds.
fn chosen(indices: &[usize], answers: &[Answer]) -> anyhow::Result<Vec<usize>> {
    let images = answers.len();
    if let Some(index) = indices.iter().find(|index| **index >= images) {
        anyhow::bail!(
            "--test {index}: there are {images} test images, from 0 to {}",
            images.saturating_sub(1)
        );
    }
    let mut chosen: Vec<usize> = if indices.is_empty() { (0..images).collect() } else { indices.to_vec() };
    if indices.is_empty() {
        chosen.sort_by(|one, other| answers[*one].log_odds.total_cmp(&answers[*other].log_odds));
        chosen.truncate(TESTS);
    }
    chosen.sort();
    chosen.dedup();
    Ok(chosen)
}
