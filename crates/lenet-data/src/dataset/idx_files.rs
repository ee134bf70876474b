//! IDX files with any number of classes.

use std::path::PathBuf;

use super::{Part, classes};
use crate::{DigitSet, Error, SIDE, idx};

/// The four files of a data set.
#[derive(Clone, Debug)]
pub(super) struct IdxFiles {
    /// In the order of [`FILE_NAMES`](crate::mnist::FILE_NAMES).
    paths: [PathBuf; 4],
    emnist: Option<Emnist>,
}

/// The peculiarities of a split of EMNIST, beside its transposed images.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emnist {
    /// The label of the first class.
    pub(super) first_label: u8,
    /// The classes, a character each.
    pub(super) names: &'static str,
}

impl IdxFiles {
    pub(super) fn new(paths: [PathBuf; 4]) -> Self {
        Self { paths, emnist: None }
    }

    pub(super) fn emnist(paths: [PathBuf; 4], split: Emnist) -> Self {
        Self { paths, emnist: Some(split) }
    }

    pub(super) fn has_mnists_frame(&self) -> bool {
        self.emnist.is_some() || !classes::names_file(&self.paths[0]).is_file()
    }

    pub(super) fn load(&self, part: Part) -> Result<DigitSet, Error> {
        let [train_images, train_labels, test_images, test_labels] = &self.paths;
        let (images, labels) = match part {
            Part::Test => (test_images, test_labels),
            Part::Train | Part::Valid => (train_images, train_labels),
        };
        if let Some(split) = self.emnist {
            let digits = if part == Part::Valid { None } else { Some((images, labels)) };
            return split.load(digits);
        }
        let (count, names) = classes::of(train_labels, &idx::labels(train_labels)?)?;
        let digits = match part {
            Part::Valid => DigitSet::with_classes(vec![], vec![], [SIDE; 2], count)?,
            _ => idx::read_with_classes(images, labels, count)?,
        };
        if names.is_empty() { Ok(digits) } else { digits.with_class_names(names) }
    }
}

impl Emnist {
    /// Reads the files of images and labels, or makes an empty set.
    fn load(self, files: Option<(&PathBuf, &PathBuf)>) -> Result<DigitSet, Error> {
        let names: Vec<String> = self.names.chars().map(String::from).collect();
        let Some((images, labels)) = files else {
            return DigitSet::with_classes(vec![], vec![], [SIDE; 2], names.len())?.with_class_names(names);
        };
        let last = names.len() - 1 + usize::from(self.first_label);
        let set = idx::read_with_classes(images, labels, last + 1)?;
        let [height, width] = [set.height(), set.width()];
        let (mut pixels, mut numbers) = set.into_parts();
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = number.checked_sub(self.first_label).ok_or_else(|| {
                let expected = format!("labels from {} to {last}", self.first_label);
                Error::malformed(labels, expected, format!("{number} at index {index}"))
            })?;
        }
        for image in pixels.chunks_exact_mut(height * width) {
            let columns = image.to_vec();
            for (place, pixel) in image.iter_mut().enumerate() {
                // The file stores the columns of the upright image, which has the sizes exchanged.
                *pixel = columns[place % height * width + place / height];
            }
        }
        DigitSet::with_classes(pixels, numbers, [width, height], names.len())?.with_class_names(names)
    }
}
