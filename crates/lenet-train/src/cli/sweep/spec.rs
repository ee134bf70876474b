//! [`Spec`]: the file that describes a sweep.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use lenet_train::settings;
use serde::Deserialize;
use toml::{Table, Value};

use super::super::config;
use super::super::run_settings;

/// Settings that the sweep sets itself, each with the reason.
const TAKEN: [(&str, &str); 8] = [
    ("seed", "seeds are a list of their own: seeds = [1, 2, 3]"),
    ("out", "each run has its own folder in that of --out"),
    ("config", "put the settings of the file in [base]"),
    ("resume", "a cut run is resumed anyway"),
    ("threads", "--threads is divided among the runs that --jobs has side by side"),
    ("pause-after", "[halving] sets it"),
    ("range-test", "such a run has no accuracy"),
    ("repeat", "seeds = 5 does it"),
];
/// A sweep has no more runs than this.
const MOST_RUNS: usize = 100_000;

/// A sweep: settings of all runs, settings that vary, and seeds.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Spec {
    /// Settings of every run.
    pub(super) base: Vec<Setting>,
    /// Settings whose combinations are all tried.
    pub(super) grid: Vec<Choice>,
    /// Settings that are drawn.
    pub(super) search: Option<Search>,
    pub(super) seeds: Vec<u64>,
    pub(super) halving: Option<Halving>,
}

/// A setting: its name, its value as a text, and its flag; `None` for one that is off.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) flag: Option<String>,
}

/// A setting with several values.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) values: Vec<Setting>,
}

/// Settings that are drawn at `points` points.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) method: Method,
    pub(super) points: usize,
    pub(super) seed: u64,
    pub(super) draws: Vec<Draw>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Method {
    /// Each point is drawn on its own.
    Random,
    /// Each range is divided into as many parts as there are points, and each part has one point.
    #[default]
    LatinHypercube,
}

/// What a setting is drawn from.
#[derive(Clone, Debug)]
pub(super) enum Draw {
    List(Choice),
    Range { name: String, from: f64, to: f64, log: bool, whole: bool },
}

/// Successive halving: all settings are trained for `first` epochs, the best one in `factor` goes on for `factor` times as
/// many, and so on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Halving {
    pub(super) first: u64,
    pub(super) factor: u64,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    base: Table,
    #[serde(default)]
    grid: Table,
    search: Option<SearchFile>,
    seeds: Option<Seeds>,
    halving: Option<Halving>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchFile {
    #[serde(default)]
    method: Method,
    points: usize,
    #[serde(default)]
    seed: u64,
    settings: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: f64,
    to: f64,
    #[serde(default)]
    log: bool,
    #[serde(default)]
    whole: bool,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`seeds` must be a number of seeds, or a list of seeds")]
enum Seeds {
    Count(u64),
    List(Vec<u64>),
}

impl Spec {
    /// Reads a file. Every value is one that its flag accepts.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = run_settings::read(path)?;
        Self::parse(&text).map_err(|error| error.context(path.display().to_string()))
    }

    /// A sweep over `seeds` alone, with these flags.
    pub(in crate::cli) fn of_seeds(flags: Vec<String>, seeds: Vec<u64>) -> Self {
        let setting = |flag: String| {
            let name = flag.trim_start_matches('-').split('=').next().unwrap_or_default().to_owned();
            Setting { name, value: flag.clone(), flag: Some(flag) }
        };
        Self {
            base: flags.into_iter().map(setting).collect(),
            grid: Vec::new(),
            search: None,
            seeds,
            halving: None,
        }
    }

    /// The same, with each of `values` for the setting `name`.
    pub(super) fn with_choice(mut self, name: &str, values: &[String]) -> Self {
        let setting = |value: &String| Setting {
            name: name.to_owned(),
            value: value.clone(),
            flag: Some(format!("--{name}={value}")),
        };
        self.grid.push(Choice { name: name.to_owned(), values: values.iter().map(setting).collect() });
        self
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            anyhow!("line {line}: {}", error.message().replace('\n', "; "))
        })?;
        let base = file.base.iter().map(|(name, value)| setting(name, value, "[base]"));
        let grid = file.grid.iter().map(|(name, value)| choice(name, value, "[grid]"));
        let spec = Self {
            base: base.collect::<Result<_, _>>()?,
            grid: grid.collect::<Result<_, _>>()?,
            search: file.search.map(search).transpose()?,
            seeds: match file.seeds {
                None => vec![42],
                Some(Seeds::Count(count)) => (1..=count.min(MOST_RUNS as u64 + 1)).collect(),
                Some(Seeds::List(seeds)) => seeds,
            },
            halving: file.halving,
        };
        spec.check()?;
        Ok(spec)
    }

    /// The names of the settings that vary, in the order of the values of a point.
    pub(super) fn varied(&self) -> impl Iterator<Item = &str> {
        let draws = self.search.iter().flat_map(|search| &search.draws).map(Draw::name);
        self.grid.iter().map(|choice| choice.name.as_str()).chain(draws)
    }

    /// Number of runs.
    pub(super) fn runs(&self) -> usize {
        let points = self.search.as_ref().map_or(1, |search| search.points);
        let sizes = self.grid.iter().map(|choice| choice.values.len()).chain([points, self.seeds.len()]);
        sizes.fold(1, usize::saturating_mul)
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut names: Vec<&str> = self.base.iter().map(|setting| setting.name.as_str()).collect();
        for name in self.varied() {
            ensure!(!names.contains(&name), "`{name}` is set in two places: leave one of them out");
            names.push(name);
        }
        ensure!(!self.seeds.is_empty(), "`seeds` is empty: name one or more, or leave it out for 42");
        let mut seeds = self.seeds.clone();
        seeds.sort_unstable();
        let twice = seeds.windows(2).find(|pair| pair[0] == pair[1]);
        ensure!(twice.is_none(), "`seeds` has {} twice", twice.map_or(0, |pair| pair[0]));
        let runs = self.runs();
        ensure!(runs <= MOST_RUNS, "{runs} runs: a sweep has at most {MOST_RUNS}");
        if let Some(Halving { first, factor }) = self.halving {
            ensure!(first >= 1, "[halving] first = {first}: expected a number of epochs from 1 up");
            ensure!(factor >= 2, "[halving] factor = {factor}: expected a whole number from 2 up");
        }
        Ok(())
    }
}

impl Draw {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::List(choice) => &choice.name,
            Self::Range { name, .. } => name,
        }
    }
}

fn search(file: SearchFile) -> anyhow::Result<Search> {
    let place = "[search.settings]";
    ensure!(file.points >= 1, "[search] points = 0: expected a whole number from 1 up");
    ensure!(
        !file.settings.is_empty(),
        "{place} is empty: name a setting, such as lr = {{ from = 0.001, to = 0.1 }}"
    );
    let draw = |(name, value): (&String, &Value)| match value {
        Value::Table(table) => range(name, table, place),
        list => choice(name, list, place).map(Draw::List),
    };
    let draws = file.settings.iter().map(draw).collect::<Result<_, _>>()?;
    Ok(Search { method: file.method, points: file.points, seed: file.seed, draws })
}

fn range(name: &str, table: &Table, place: &str) -> anyhow::Result<Draw> {
    let example = "expected { from = 0.001, to = 0.1, log = true }, or a list of values";
    let Range { from, to, log, whole } = table
        .clone()
        .try_into()
        .map_err(|error| anyhow!("{place} {name}: {example}: {}", first_line(&error)))?;
    ensure!(
        from.is_finite() && to.is_finite() && from < to,
        "{place} {name}: from {from} to {to} is no range"
    );
    ensure!(!log || from > 0.0, "{place} {name}: a logarithmic range begins above 0, and this one at {from}");
    for end in [from, to] {
        let value = if whole { Value::Integer(end as i64) } else { Value::Float(end) };
        setting(name, &value, place)?;
    }
    Ok(Draw::Range { name: name.to_owned(), from, to, log, whole })
}

fn first_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or_default().to_owned()
}

fn choice(name: &str, value: &Value, place: &str) -> anyhow::Result<Choice> {
    let Value::Array(list) = value else {
        bail!(
            "{place} {name}: expected a list of values, such as [0.01, 0.1]; a setting of every run belongs in [base]"
        );
    };
    ensure!(!list.is_empty(), "{place} {name}: the list is empty");
    let values = list.iter().map(|value| setting(name, value, place)).collect::<Result<Vec<_>, _>>()?;
    for (index, one) in values.iter().enumerate() {
        ensure!(!values[..index].contains(one), "{place} {name}: {} is in the list twice", one.value);
    }
    Ok(Choice { name: name.to_owned(), values })
}

/// A setting whose flag accepts the value.
pub(super) fn setting(name: &str, value: &Value, place: &str) -> anyhow::Result<Setting> {
    if let Some((_, reason)) = TAKEN.iter().find(|(taken, _)| *taken == name) {
        bail!("{place} {name}: {reason}");
    }
    let table = Table::from_iter([(name.to_owned(), value.clone())]);
    let parsed = settings::parse(&toml::to_string(&table)?);
    let parsed = parsed.map_err(|error| anyhow!("{place} {name}: {}", error.reason))?.pop();
    let flag = parsed.with_context(|| format!("{place} {name}: no value"))?.flag;
    config::accepts(name, flag.as_deref()).map_err(|error| anyhow!("{place} {name}: {error}"))?;
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => format!("{number:?}"), // 1e30, not its 31 digits.
        other => other.to_string(),
    };
    Ok(Setting { name: name.to_owned(), value, flag })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = Spec::parse(text).unwrap_err();
        super::super::super::print::on_one_line(&error)
    }

    #[test]
    fn the_number_of_runs_is_the_product_of_all_lists() {
        let spec = Spec::parse(
            "seeds = 3\n[base]\nepochs = 1\n[grid]\nlr = [0.1, 0.2]\noptimizer = [\"sgd\", \"adamw\"]\n\
             [search]\npoints = 5\n[search.settings]\nrotate = { from = 0, to = 10 }",
        );
        let spec = spec.unwrap();
        assert_eq!(spec.runs(), 3 * 2 * 2 * 5);
        assert_eq!(spec.seeds, [1, 2, 3]);
        assert_eq!(spec.varied().collect::<Vec<_>>(), ["lr", "optimizer", "rotate"]);
    }

    #[test]
    fn a_bad_file_is_refused_in_one_line_that_names_the_place() {
        let cases = [
            ("[grid]\nlr = []", "[grid] lr: the list is empty"),
            ("[grid]\nlr = 0.1", "[grid] lr: expected a list of values"),
            ("[grid]\nlr = [0.1, 0.1]", "[grid] lr: 0.1 is in the list twice"),
            (
                "[grid]\nlearning-rate = [1]",
                "[grid] learning-rate: unexpected argument '--learning-rate' found",
            ),
            ("[base]\nlr = -1", "[base] lr: invalid value '-1'"),
            ("[base]\nlr = 0.1\n[grid]\nlr = [0.1]", "`lr` is set in two places"),
            ("[base]\nseed = 1", "[base] seed: seeds are a list of their own"),
            ("seeds = []", "`seeds` is empty"),
            ("seeds = [1, 2, 1]", "`seeds` has 1 twice"),
            ("seeds = \"all\"", "`seeds` must be a number of seeds, or a list of seeds"),
            ("seed = 1", "line 1: unknown field `seed`"),
            ("[search]\npoints = 3\n[search.settings]", "[search.settings] is empty"),
            (
                "[search]\npoints = 3\n[search.settings]\nlr = { from = 0, to = 1, log = true }",
                "begins above 0",
            ),
            ("[search]\npoints = 3\n[search.settings]\nlr = { from = 1, to = 0.1 }", "is no range"),
            ("[search]\npoints = 3\n[search.settings]\nlr = { form = 1 }", "unknown field `form`"),
            ("[halving]\nfirst = 1\nfactor = 1", "[halving] factor = 1"),
            ("seeds = 1000\n[search]\npoints = 1000\n[search.settings]\nlr = [1, 2]", "1000000 runs"),
        ];
        for (text, expected) in cases {
            let found = refused(text);
            assert!(found.contains(expected) && !found.contains('\n'), "{text:?}: {found}");
        }
    }
}
