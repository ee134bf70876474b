//! The runs of a sweep: a pure function of its file.

use std::collections::HashMap;
use std::ffi::OsString;

use anyhow::{anyhow, ensure};
use toml::Value;

use super::super::config;
use super::super::data::DataArgs;
use super::super::run_settings::sha256;
use super::super::settings::TrainArgs;
use super::spec::{self, Draw, Method, Search, Setting, Spec};

/// Number of hexadecimal digits in the name of a run.
const NAME: usize = 12;

/// A run of a sweep.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// Name of the folder: the beginning of the SHA-256 of the settings.
    pub(super) name: String,
    /// Index of the combination of settings.
    pub(super) point: usize,
    pub(super) seed: u64,
    /// Values of the settings that vary.
    pub(super) values: Vec<String>,
    /// The flags of `train`.
    pub(super) flags: Vec<String>,
    /// Number of epochs, if it is set as such.
    pub(super) epochs: Option<u64>,
    /// Where its images are.
    pub(super) data: DataArgs,
}

/// All runs, point by point, each point with its seeds.
///
/// # Errors
/// Settings that have no effect beside others, or two runs with the same settings.
pub(super) fn expand(spec: &Spec) -> anyhow::Result<Vec<Planned>> {
    let mut runs = Vec::new();
    let mut names: HashMap<String, String> = HashMap::new();
    for (point, values) in points(spec)?.into_iter().enumerate() {
        for &seed in &spec.seeds {
            let run = planned(spec, point, &values, seed)?;
            let described = run.describe(spec);
            if let Some(other) = names.insert(run.name.clone(), described.clone()) {
                anyhow::bail!("two runs have the same settings: {other}; and {described}");
            }
            runs.push(run);
        }
    }
    Ok(runs)
}

impl Planned {
    /// The settings that vary, and the seed: `lr 0.01, seed 3`.
    pub(super) fn describe(&self, spec: &Spec) -> String {
        describe(spec, &self.values, self.seed)
    }
}

fn describe(spec: &Spec, values: &[String], seed: u64) -> String {
    let values = spec.varied().zip(values).map(|(name, value)| format!("{name} {value}"));
    values.chain([format!("seed {seed}")]).collect::<Vec<_>>().join(", ")
}

fn planned(spec: &Spec, point: usize, values: &[Setting], seed: u64) -> anyhow::Result<Planned> {
    let mut settings: Vec<&Setting> = spec.base.iter().chain(values).collect();
    settings.sort_by(|one, other| one.name.cmp(&other.name));
    let mut flags: Vec<String> = settings.iter().filter_map(|setting| setting.flag.clone()).collect();
    flags.push(format!("--seed={seed}"));
    let texts: Vec<String> = values.iter().map(|setting| setting.value.clone()).collect();
    let args = complete(&flags).map_err(|error| anyhow!("{}: {error}", describe(spec, &texts, seed)))?;
    let (name, epochs) = (name(&args, values)?, args.length.epochs);
    Ok(Planned { name, point, seed, values: texts, flags, epochs, data: args.data })
}

/// The settings of a run with these flags, complete and checked.
fn complete(flags: &[String]) -> anyhow::Result<TrainArgs> {
    let program = ["lenet-train", "train"].map(OsString::from);
    let mut args =
        config::settings_of(program.into_iter().chain(flags.iter().map(OsString::from)).collect())?;
    args.check()?;
    ensure!(args.schedule.range_test.is_none(), "a learning-rate range test has no accuracy");
    args.complete();
    Ok(args)
}

/// The beginning of the SHA-256 of all settings that change a bit of the result, and of those that vary. The path of the data
/// is not part of it unless it varies: on another machine the same run has the same name.
fn name(args: &TrainArgs, values: &[Setting]) -> anyhow::Result<String> {
    let settings = args.settings("")?.into_iter().map(|(name, value)| format!("{name} = {value}\n"));
    let free = values.iter().filter(|setting| TrainArgs::is_free(&setting.name));
    let free = free.map(|setting| format!("{} = {}\n", setting.name, setting.value));
    let hash = sha256(settings.chain(free).collect::<String>().as_bytes());
    Ok(hash[..NAME].to_owned())
}

/// The combinations of all lists and draws.
fn points(spec: &Spec) -> anyhow::Result<Vec<Vec<Setting>>> {
    let mut points = vec![Vec::new()];
    for choice in &spec.grid {
        let with = |point: &Vec<Setting>| {
            choice.values.iter().map(|value| joined(point, [value.clone()])).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(with).collect();
    }
    let Some(search) = &spec.search else { return Ok(points) };
    let drawn = drawn(search)?;
    Ok(points.iter().flat_map(|point| drawn.iter().map(|values| joined(point, values.clone()))).collect())
}

fn joined(point: &[Setting], more: impl IntoIterator<Item = Setting>) -> Vec<Setting> {
    point.iter().cloned().chain(more).collect()
}

/// The drawn settings of each point.
fn drawn(search: &Search) -> anyhow::Result<Vec<Vec<Setting>>> {
    let mut points = vec![Vec::new(); search.points];
    for draw in &search.draws {
        for (point, share) in points.iter_mut().zip(shares(search, draw.name())) {
            point.push(match draw {
                Draw::List(choice) => {
                    let place = (share * choice.values.len() as f64) as usize;
                    choice.values[place.min(choice.values.len() - 1)].clone()
                }
                Draw::Range { name, from, to, log, whole } => {
                    let number =
                        if *log { from * (to / from).powf(share) } else { from + (to - from) * share };
                    spec::setting(name, &value(number, *whole), "[search.settings]")?
                }
            });
        }
    }
    Ok(points)
}

/// A number with four significant digits: `powf` may differ in the last bits from one machine to another, and names of runs
/// must not.
fn value(number: f64, whole: bool) -> Value {
    if whole {
        return Value::Integer(number.round() as i64);
    }
    Value::Float(format!("{number:.3e}").parse().unwrap_or(number))
}

/// The place of each point in the range of the setting `name`, in 0..1. Other settings of the sweep do not change it.
fn shares(search: &Search, name: &str) -> Vec<f64> {
    let mut shares: Vec<f64> = (0..search.points).map(|index| uniform(search.seed, name, index)).collect();
    if search.method == Method::LatinHypercube {
        // The ranks of random numbers are a random permutation of the parts of the range.
        let key = |index: &usize| uniform(search.seed, &format!("{name} order"), *index);
        let mut order: Vec<usize> = (0..search.points).collect();
        order.sort_by(|one, other| key(one).total_cmp(&key(other)));
        for (part, index) in order.into_iter().enumerate() {
            shares[index] = (part as f64 + shares[index]) / search.points as f64;
        }
    }
    shares
}

/// A number in 0..1: 52 bits of the SHA-256 of its arguments, the same on every machine.
fn uniform(seed: u64, name: &str, index: usize) -> f64 {
    let hash = sha256(format!("{seed} {name} {index}").as_bytes());
    let bits = u64::from_str_radix(&hash[..13], 16).unwrap_or(0);
    bits as f64 / (1u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(method: Method, points: usize) -> Search {
        let lr = Draw::Range { name: "lr".into(), from: 1e-3, to: 1e-1, log: true, whole: false };
        Search { method, points, seed: 7, draws: vec![lr] }
    }

    #[test]
    fn each_part_of_a_range_has_one_point_of_a_latin_hypercube() {
        let search = search(Method::LatinHypercube, 20);
        let mut parts: Vec<usize> =
            shares(&search, "lr").iter().map(|share| (share * 20.0) as usize).collect();
        assert_ne!(parts, (0..20).collect::<Vec<_>>());
        parts.sort_unstable();
        assert_eq!(parts, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn random_numbers_fill_their_range_evenly() {
        let search = search(Method::Random, 400);
        let below = shares(&search, "lr").into_iter().filter(|share| *share < 0.25).count();
        assert!((70..130).contains(&below), "{below}");
    }

    #[test]
    fn a_drawn_number_has_four_digits() {
        let lr = &drawn(&search(Method::Random, 3)).unwrap()[0][0];
        assert!(lr.value.len() <= 10 && lr.flag.as_ref().unwrap().starts_with("--lr="), "{lr:?}");
        assert_eq!(value(0.012_345_6, false), Value::Float(0.012_35));
        assert_eq!(value(63.7, true), Value::Integer(64));
    }
}
