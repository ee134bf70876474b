//! [`LeaveOut`]: training images that a training does without.

use std::fmt;
use std::str::FromStr;

use anyhow::ensure;
use lenet_data::permutation;
use serde::{Serialize, Serializer};

/// What the text of a slice is.
const EXPECTED: &str = "expected indices from 0 up and slices of them, such as 7,100:200,3::10, or 3::10@0 for places in an order \
                        shuffled by seed 0";

/// Indices of training images, as single ones and slices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeaveOut(Vec<Slice>);

/// Indices as Python's slices have them: the places `start`, `start + step`, and so on, below `end`, in the order of the images or in one
/// that is shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slice {
    pub(crate) start: usize,
    /// `None` for the number of images.
    pub(crate) end: Option<usize>,
    pub(crate) step: usize,
    /// The seed of the order.
    pub(crate) shuffled: Option<u64>,
}

impl LeaveOut {
    /// For each of `images` training images, whether it stays.
    ///
    /// # Errors
    /// There is no image of a named index, or none stays.
    pub(crate) fn kept(&self, images: usize) -> anyhow::Result<Vec<bool>> {
        let mut kept = vec![true; images];
        for slice in &self.0 {
            ensure!(
                slice.start < images && slice.end.is_none_or(|end| end <= images),
                "--leave-out {slice}: there are {images} training images, from 0 to {}",
                images.saturating_sub(1)
            );
            slice.indices(images).into_iter().for_each(|index| kept[index] = false);
        }
        ensure!(kept.contains(&true), "--leave-out {self} leaves no image to train on");
        Ok(kept)
    }
}

impl Slice {
    /// A single image.
    pub(crate) fn one(index: usize) -> Self {
        Self { start: index, end: Some(index + 1), step: 1, shuffled: None }
    }

    /// Number of images, of `images` in all.
    pub(crate) fn len(self, images: usize) -> usize {
        self.places(images).len()
    }

    /// The indices of the images, of `images` in all.
    pub(crate) fn indices(self, images: usize) -> Vec<usize> {
        match self.shuffled {
            None => self.places(images).collect(),
            Some(seed) => {
                let order = permutation(seed, 0, images);
                self.places(images).map(|place| order[place]).collect()
            }
        }
    }

    fn places(self, images: usize) -> impl ExactSizeIterator<Item = usize> {
        (self.start..self.end.unwrap_or(images).min(images)).step_by(self.step)
    }
}

impl FromStr for LeaveOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(|slice| slice.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || EXPECTED.to_owned();
        let number = |text: &str| text.parse::<usize>().map_err(|_| expected());
        let or = |text: &str, default: usize| if text.is_empty() { Ok(default) } else { number(text) };
        let end = |text: &str| if text.is_empty() { Ok(None) } else { number(text).map(Some) };
        let (slice, seed) = text.split_once('@').map_or((text, None), |(slice, seed)| (slice, Some(seed)));
        let shuffled = seed.map(|seed| seed.parse().map_err(|_| expected())).transpose()?;
        let parts: Vec<&str> = slice.split(':').collect();
        let slice = match parts[..] {
            [index] => {
                let start = number(index)?;
                Self { start, end: Some(start.checked_add(1).ok_or_else(expected)?), step: 1, shuffled }
            }
            [start, last] => Self { start: or(start, 0)?, end: end(last)?, step: 1, shuffled },
            [start, last, step] => {
                Self { start: or(start, 0)?, end: end(last)?, step: or(step, 1)?, shuffled }
            }
            _ => return Err(expected()),
        };
        let is_empty = slice.step == 0 || slice.end.is_some_and(|end| end <= slice.start);
        if is_empty { Err(format!("{text} has no image: {}", expected())) } else { Ok(slice) }
    }
}

impl fmt::Display for LeaveOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slices: Vec<String> = self.0.iter().map(Slice::to_string).collect();
        f.write_str(&slices.join(","))
    }
}

impl fmt::Display for Slice {
    /// The shortest text that gives the slice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end, step, shuffled } = *self;
        match end {
            Some(end) if end == start + 1 => write!(f, "{start}")?,
            Some(end) => write!(f, "{start}:{end}")?,
            None => write!(f, "{start}:")?,
        }
        if step != 1 {
            write!(f, ":{step}")?;
        }
        shuffled.map_or(Ok(()), |seed| write!(f, "@{seed}"))
    }
}

impl Serialize for LeaveOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(text: &str, images: usize) -> Vec<usize> {
        let kept = text.parse::<LeaveOut>().unwrap().kept(images).unwrap();
        (0..images).filter(|index| !kept[*index]).collect()
    }

    #[test]
    fn slices_are_pythons() {
        assert_eq!(left_out("7, 2", 9), [2, 7]);
        assert_eq!(left_out("2:4,8:", 10), [2, 3, 8, 9]);
        assert_eq!(left_out("1::3", 9), [1, 4, 7]);
        assert_eq!(left_out(":5:2", 9), [0, 2, 4]);
    }

    #[test]
    fn a_shuffled_slice_has_places_in_the_shuffled_order() {
        let mut expected = permutation(5, 0, 20)[4..8].to_vec();
        expected.sort();
        assert_eq!(left_out("4:8@5", 20), expected);
        assert_ne!(left_out("4:8@6", 20), expected);
    }

    #[test]
    fn a_text_comes_back() {
        for text in ["7", "2:4", "8:", "1::3", "0:5:2", "7,2:4,1::3", "1::3@0", "7@12"] {
            assert_eq!(text.parse::<LeaveOut>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for text in ["", "a", "-1", "1:2:3:4", "3:3", "5:2", "::0", "18446744073709551615", "7@", "7@-1"] {
            assert!(text.parse::<LeaveOut>().is_err(), "{text}");
        }
        for text in ["9", "5:10", "9::2", "0:"] {
            let error = text.parse::<LeaveOut>().unwrap().kept(9).unwrap_err().to_string();
            assert!(error.starts_with("--leave-out ") && !error.contains('\n'), "{error}");
        }
    }
}
