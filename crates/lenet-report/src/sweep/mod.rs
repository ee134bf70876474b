//! Sweeps: many runs over settings and seeds, and their page.

mod effects;
mod page;
mod parallel;
mod scale;

pub use page::render;

use crate::numbers::median;

/// A sweep: the settings that vary, and what came of each combination.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Sweep {
    /// Heading of the page.
    pub title: String,
    /// The settings that vary.
    pub dimensions: Vec<Dimension>,
    /// The combinations of settings that have a run.
    pub points: Vec<Point>,
    /// Number of runs that are planned.
    pub planned: usize,
    /// Runs that ended with an error: the name and the error.
    pub failures: Vec<(String, String)>,
}

/// A setting that varies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dimension {
    /// Name of the setting.
    pub name: String,
    /// The values that it takes.
    pub values: Values,
}

/// The values of a [`Dimension`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// One of a list, as texts in the order of the list.
    List(Vec<String>),
    /// Numbers of a range.
    Range {
        /// The smallest number.
        from: f64,
        /// The largest number.
        to: f64,
        /// Whether equal ratios, not equal differences, are equally far apart.
        log: bool,
    },
}

/// A combination of settings, with a run for each seed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// The value of each dimension.
    pub values: Vec<String>,
    /// The runs.
    pub runs: Vec<PointRun>,
}

/// A run of a [`Point`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PointRun {
    /// Name of its folder.
    pub name: String,
    /// Its seed.
    pub seed: String,
    /// Accuracy on the validation set after its last epoch, in 0..=1.
    pub valid_accuracy: Option<f64>,
    /// Accuracy on the test set, in 0..=1.
    pub test_accuracy: Option<f64>,
    /// Training time in seconds.
    pub seconds: Option<f64>,
    /// What distinguishes it from a completed run, such as `unfinished`.
    pub note: Option<String>,
}

impl Sweep {
    /// A sweep of `planned` runs without results.
    pub fn new(title: impl Into<String>, dimensions: Vec<Dimension>, planned: usize) -> Self {
        Self { title: title.into(), dimensions, planned, ..Self::default() }
    }

    /// Number of runs that have ended.
    pub fn ended(&self) -> usize {
        self.points.iter().flat_map(|point| &point.runs).filter(|run| run.note.is_none()).count()
    }

    /// The points with a validation accuracy, the best one first, of equal ones the earlier one. Points of a successive
    /// halving that were trained longer come before those that were left out.
    pub fn best_first(&self) -> Vec<&Point> {
        let mut ranked: Vec<&Point> =
            self.points.iter().filter(|point| point.valid_accuracy().is_some()).collect();
        let key = |point: &Point| (point.has_ended(), point.valid_accuracy().unwrap_or(f64::NEG_INFINITY));
        ranked.sort_by(|one, other| {
            let ((ended, accuracy), (other_ended, other_accuracy)) = (key(one), key(other));
            other_ended.cmp(&ended).then(other_accuracy.total_cmp(&accuracy))
        });
        ranked
    }
}

impl Sweep {
    /// The settings of a point: `optimizer adamw, lr 0.01`.
    pub fn describe(&self, point: &Point) -> String {
        let pairs = self.dimensions.iter().zip(&point.values);
        pairs.map(|(dimension, value)| format!("{} {value}", dimension.name)).collect::<Vec<_>>().join(", ")
    }
}

impl Dimension {
    /// A setting that takes one of `values`.
    pub fn list(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), values: Values::List(values) }
    }

    /// A setting with numbers from `from` to `to`, on a logarithmic scale if `log`.
    pub fn range(name: impl Into<String>, from: f64, to: f64, log: bool) -> Self {
        Self { name: name.into(), values: Values::Range { from, to, log } }
    }

    /// Where a value lies, in 0..=1; `None` for a value that the dimension does not have.
    pub(crate) fn share(&self, value: &str) -> Option<f64> {
        match &self.values {
            Values::List(values) => {
                let place = values.iter().position(|other| other == value)?;
                Some(if values.len() > 1 { place as f64 / (values.len() - 1) as f64 } else { 0.5 })
            }
            Values::Range { from, to, log } => {
                let level = |number: f64| if *log { number.ln() } else { number };
                let share = (level(value.parse().ok()?) - level(*from)) / (level(*to) - level(*from));
                share.is_finite().then(|| share.clamp(0.0, 1.0))
            }
        }
    }
}

impl Point {
    /// A point without runs.
    pub fn new(values: Vec<String>) -> Self {
        Self { values, runs: Vec::new() }
    }

    /// Median of the validation accuracies of its runs, in 0..=1.
    pub fn valid_accuracy(&self) -> Option<f64> {
        median(&self.runs.iter().filter_map(|run| run.valid_accuracy).collect::<Vec<_>>())
    }

    /// Median of the test accuracies of its runs, in 0..=1.
    pub fn test_accuracy(&self) -> Option<f64> {
        median(&self.runs.iter().filter_map(|run| run.test_accuracy).collect::<Vec<_>>())
    }

    /// Median of the training times of its runs in seconds.
    pub fn seconds(&self) -> Option<f64> {
        median(&self.runs.iter().filter_map(|run| run.seconds).collect::<Vec<_>>())
    }

    /// Whether all of its runs have ended.
    pub fn has_ended(&self) -> bool {
        self.runs.iter().all(|run| run.note.is_none())
    }
}

impl PointRun {
    /// A run without results.
    pub fn new(name: impl Into<String>, seed: impl Into<String>) -> Self {
        Self { name: name.into(), seed: seed.into(), ..Self::default() }
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    /// Two lists and a range, with accuracies that rise with the learning rate.
    pub(crate) fn sweep() -> Sweep {
        let optimizers = ["sgd", "<adamw>"].map(str::to_owned).to_vec();
        let dimensions =
            vec![Dimension::list("optimizer", optimizers.clone()), Dimension::range("lr", 1e-3, 1e-1, true)];
        let mut sweep = Sweep::new("Sweep", dimensions, 9);
        for (index, lr) in ["0.001", "0.01", "0.1", "0.02"].into_iter().enumerate() {
            let mut point = Point::new(vec![optimizers[index % 2].clone(), lr.to_owned()]);
            for seed in 1..=2 {
                let mut run = PointRun::new(format!("run{index}-{seed}"), seed.to_string());
                run.valid_accuracy = Some(0.9 + 0.02 * index as f64 + 0.001 * f64::from(seed));
                run.test_accuracy = run.valid_accuracy;
                run.seconds = Some(1.5);
                point.runs.push(run);
            }
            sweep.points.push(point);
        }
        sweep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_where_its_scale_puts_it() {
        let lr = Dimension::range("lr", 1e-3, 1e-1, true);
        assert!((lr.share("0.01").unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(Dimension::range("momentum", 0.5, 1.0, false).share("0.75"), Some(0.5));
        let list = Dimension::list("optimizer", ["a", "b", "c"].map(str::to_owned).to_vec());
        assert_eq!([list.share("b"), list.share("c"), list.share("d")], [Some(0.5), Some(1.0), None]);
    }

    #[test]
    fn the_best_validation_accuracy_comes_first_and_points_that_were_left_out_last() {
        let mut sweep = sample::sweep();
        let lr = |sweep: &Sweep| {
            sweep.best_first().iter().map(|point| point.values[1].clone()).collect::<Vec<_>>()
        };
        assert_eq!(lr(&sweep), ["0.02", "0.1", "0.01", "0.001"]);
        sweep.points[3].runs[0].note = Some("left out after epoch 1".into());
        assert_eq!(lr(&sweep), ["0.1", "0.01", "0.001", "0.02"]);
        assert_eq!(sweep.ended(), 7);
    }
}
