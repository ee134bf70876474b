//! [`LeaveOut`]: training images that a training does without.

use std::fmt;
use std::str::FromStr;

use anyhow::ensure;
use serde::{Serialize, Serializer};

/// Indices of training images, as single ones and slices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeaveOut(Vec<Slice>);

/// Indices as Python's slices have them: `start`, `start + step`, and so on, below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slice {
    pub(crate) start: usize,
    /// `None` for the number of images.
    pub(crate) end: Option<usize>,
    pub(crate) step: usize,
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
            slice.indices(images).for_each(|index| kept[index] = false);
        }
        ensure!(kept.contains(&true), "--leave-out {self} leaves no image to train on");
        Ok(kept)
    }
}

impl Slice {
    /// All images.
    pub(crate) const ALL: Self = Self { start: 0, end: None, step: 1 };

    /// The indices below `images`.
    pub(crate) fn indices(self, images: usize) -> impl Iterator<Item = usize> {
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
        let expected = || "expected indices from 0 up and slices of them, such as 7,100:200,3::10".to_owned();
        let number = |text: &str| text.parse::<usize>().map_err(|_| expected());
        let or = |text: &str, default: usize| if text.is_empty() { Ok(default) } else { number(text) };
        let end = |text: &str| if text.is_empty() { Ok(None) } else { number(text).map(Some) };
        let parts: Vec<&str> = text.split(':').collect();
        let slice = match parts[..] {
            [index] => {
                let start = number(index)?;
                Self { start, end: Some(start.checked_add(1).ok_or_else(expected)?), step: 1 }
            }
            [start, last] => Self { start: or(start, 0)?, end: end(last)?, step: 1 },
            [start, last, step] => Self { start: or(start, 0)?, end: end(last)?, step: or(step, 1)? },
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
        let Self { start, end, step } = *self;
        let end = match end {
            Some(end) if end == start + 1 => return write!(f, "{start}"),
            Some(end) => end.to_string(),
            None => String::new(),
        };
        write!(f, "{start}:{end}")?;
        if step == 1 { Ok(()) } else { write!(f, ":{step}") }
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
    fn a_text_comes_back() {
        for text in ["7", "2:4", "8:", "1::3", "0:5:2", "7,2:4,1::3"] {
            assert_eq!(text.parse::<LeaveOut>().unwrap().to_string(), text);
        }
        assert_eq!(Slice::ALL.to_string(), "0:");
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for text in ["", "a", "-1", "1:2:3:4", "3:3", "5:2", "::0", "18446744073709551615"] {
            assert!(text.parse::<LeaveOut>().is_err(), "{text}");
        }
        for text in ["9", "5:10", "9::2", "0:"] {
            let error = text.parse::<LeaveOut>().unwrap().kept(9).unwrap_err().to_string();
            assert!(error.starts_with("--leave-out ") && !error.contains('\n'), "{error}");
        }
    }
}
