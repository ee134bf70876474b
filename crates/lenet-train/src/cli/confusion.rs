//! [`Confusion`]: the confusion matrix.

use std::fmt;

use serde::Serialize;

/// Confusion matrix: a row for each label, a column for each predicted digit.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Confusion {
    pub(super) counts: [[u32; 10]; 10],
}

/// Precision and recall of one digit.
#[derive(Serialize)]
pub(super) struct Class {
    digit: usize,
    /// Correct predictions of this digit / all predictions of this digit; `None` without any.
    precision: Option<f64>,
    /// Correct predictions of this digit / all images of this digit; `None` without any.
    recall: Option<f64>,
    images: u32,
}

impl Confusion {
    /// Counts pairs of a label and a prediction, both below 10.
    pub(super) fn of(pairs: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let mut counts = [[0; 10]; 10];
        for (label, read) in pairs {
            counts[usize::from(label)][usize::from(read)] += 1;
        }
        Self { counts }
    }

    pub(super) fn classes(&self) -> Vec<Class> {
        let share = |part: u32, all: u32| (all > 0).then(|| f64::from(part) / f64::from(all));
        let class = |digit: usize| {
            let right = self.counts[digit][digit];
            let images = self.counts[digit].iter().sum();
            let read = self.counts.iter().map(|row| row[digit]).sum();
            Class { digit, precision: share(right, read), recall: share(right, images), images }
        };
        (0..10).map(class).collect()
    }
}

impl fmt::Display for Confusion {
    /// Formats precision and recall of each digit, beside its row of the matrix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
        write!(f, "digit  precision   recall  images    read as")?;
        for (row, class) in self.counts.iter().zip(self.classes()) {
            let (precision, recall) = (percent(class.precision), percent(class.recall));
            write!(f, "\n{:>5}  {precision:>9}  {recall:>7}  {:>6}   ", class.digit, class.images)?;
            for (read, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
                write!(f, " {read}:{count}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_are_shares_of_column_and_row() {
        let classes = Confusion::of([(1, 1), (1, 1), (1, 7), (7, 7), (2, 7)]).classes();
        assert_eq!((classes[1].precision, classes[1].recall), (Some(1.0), Some(2.0 / 3.0)));
        assert_eq!((classes[7].precision, classes[7].recall), (Some(1.0 / 3.0), Some(1.0)));
        assert_eq!((classes[2].precision, classes[2].recall, classes[2].images), (None, Some(0.0), 1));
        assert_eq!((classes[0].precision, classes[0].recall), (None, None));
    }

    #[test]
    fn what_a_digit_was_taken_for_is_in_its_row() {
        let text = Confusion::of([(1, 1), (1, 7)]).to_string();
        let row = text.lines().find(|line| line.trim_start().starts_with("1 ")).unwrap();
        assert!(row.ends_with("100.0 %   50.0 %       2    1:1 7:1"), "{row}");
    }
}
