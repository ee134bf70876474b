//! [`Confusion`]: the confusion matrix.

use std::fmt;

use serde::Serialize;

/// Confusion matrix: a row for each label, a column for each predicted class.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Confusion<'a> {
    pub(super) counts: Vec<Vec<u32>>,
    /// Empty if the classes are called by their numbers.
    #[serde(skip)]
    pub(super) names: &'a [String],
}

/// Precision and recall of one class.
#[derive(Serialize)]
pub(super) struct Class<'a> {
    #[serde(rename = "digit")]
    number: usize,
    #[serde(rename = "class", skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Correct predictions of this class / all predictions of this class; `None` without any.
    precision: Option<f64>,
    /// Correct predictions of this class / all images of this class; `None` without any.
    recall: Option<f64>,
    images: u32,
}

impl<'a> Confusion<'a> {
    /// Counts pairs of a label and a prediction, both below `classes`.
    pub(super) fn of(classes: usize, names: &'a [String], pairs: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (label, read) in pairs {
            counts[usize::from(label)][usize::from(read)] += 1;
        }
        Self { counts, names }
    }

    pub(super) fn classes(&self) -> Vec<Class<'a>> {
        let share = |part: u32, all: u32| (all > 0).then(|| f64::from(part) / f64::from(all));
        let class = |number: usize| {
            let right = self.counts[number][number];
            let images = self.counts[number].iter().sum();
            let read = self.counts.iter().map(|row| row[number]).sum();
            let name = self.names.get(number).map(String::as_str);
            Class { number, name, precision: share(right, read), recall: share(right, images), images }
        };
        (0..self.counts.len()).map(class).collect()
    }

    /// The name of a class, or its number.
    fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

impl fmt::Display for Confusion<'_> {
    /// Formats precision and recall of each class, beside its row of the matrix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
        let head = if self.names.is_empty() { "digit" } else { "class" };
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(head.len());
        write!(f, "{head:>width$}  precision   recall  images    read as")?;
        for (row, class) in self.counts.iter().zip(self.classes()) {
            let (precision, recall) = (percent(class.precision), percent(class.recall));
            let name = self.name(class.number);
            write!(f, "\n{name:>width$}  {precision:>9}  {recall:>7}  {:>6}   ", class.images)?;
            for (read, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
                write!(f, " {}:{count}", self.name(read))?;
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
        let confusion = Confusion::of(10, &[], [(1, 1), (1, 1), (1, 7), (7, 7), (2, 7)]);
        let classes = confusion.classes();
        assert_eq!((classes[1].precision, classes[1].recall), (Some(1.0), Some(2.0 / 3.0)));
        assert_eq!((classes[7].precision, classes[7].recall), (Some(1.0 / 3.0), Some(1.0)));
        assert_eq!((classes[2].precision, classes[2].recall, classes[2].images), (None, Some(0.0), 1));
        assert_eq!((classes[0].precision, classes[0].recall), (None, None));
    }

    #[test]
    fn what_a_digit_was_taken_for_is_in_its_row() {
        let text = Confusion::of(10, &[], [(1, 1), (1, 7)]).to_string();
        let row = text.lines().find(|line| line.trim_start().starts_with("1 ")).unwrap();
        assert!(row.ends_with("100.0 %   50.0 %       2    1:1 7:1"), "{row}");
    }

    #[test]
    fn classes_are_called_by_their_names() {
        let names = ["bag".to_owned(), "trouser".to_owned()];
        let text = Confusion::of(2, &names, [(0, 0), (0, 1)]).to_string();
        let expected = "    bag    100.0 %   50.0 %       2    bag:1 trouser:1";
        assert_eq!(text.lines().nth(1), Some(expected));
    }
}
