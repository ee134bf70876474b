//! Parsers for the values of flags.

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use lenet_data::SIDE;
use lenet_threads::MAX_THREADS;
use serde::{Serialize, Serializer};

/// The largest number of TOML.
const LARGEST: u64 = i64::MAX as u64;

/// Several numbers as one value, such as `0.9,0.999`, so that a later value of the flag replaces an earlier
/// one.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Numbers(pub(super) Vec<f64>);

/// Parses numbers from 0 up, separated by commas.
pub(super) fn numbers(text: &str) -> Result<Numbers, String> {
    text.split(',').map(|number| not_negative(number.trim())).collect::<Result<_, _>>().map(Numbers)
}

/// Parses a whole number from 1 up.
pub(super) fn at_least_one<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    whole(text, 1..=LARGEST)
}

/// Parses a whole number from 0 up.
pub(super) fn from_zero<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    whole(text, 0..=LARGEST)
}

/// Parses a whole number of 64 bits, which TOML may have no number for: [`as_toml`] writes it.
pub(super) fn of_64_bits<N: TryFrom<u64>>(text: &str) -> Result<N, String> {
    whole(text, 0..=u64::MAX)
}

fn whole<N: TryFrom<u64>>(text: &str, range: RangeInclusive<u64>) -> Result<N, String> {
    let (least, most) = (range.start(), range.end());
    let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if text.strip_prefix('-').is_some_and(is_whole) {
        return Err(format!("must be {least} or more"));
    }
    let too_large = || format!("must be at most {most}");
    match text.parse() {
        Ok(number) if number < *least => Err(format!("must be {least} or more")),
        Ok(number) if number > *most => Err(too_large()),
        Ok(number) => N::try_from(number).map_err(|_| too_large()),
        Err(_) if is_whole(text) => Err(too_large()),
        Err(_) => Err("expected a whole number".into()),
    }
}

/// Serialises a whole number, as a text where TOML has no number for it.
pub(super) fn as_toml<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    match i64::try_from(*number) {
        Ok(number) => serializer.serialize_i64(number),
        Err(_) => serializer.serialize_str(&number.to_string()),
    }
}

/// Parses a time above 0, such as `60s` or `1h30m`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| "expected a time such as 60s or 1h30m".into())
}

/// Serialises a time as [`time`] reads it.
pub(super) fn as_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| format!("{}s", time.as_secs_f64())).serialize(serializer)
}

/// Parses a number of threads. More than the largest machines have are a mistake, and starting them would
/// take this machine down.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    match at_least_one::<usize>(text)? {
        threads if threads > MAX_THREADS => Err(format!("must be at most {MAX_THREADS}")),
        threads => Ok(threads),
    }
}

/// Parses a number of synthetic digits. Ten million take 10 GB.
pub(super) fn synthetic_count(text: &str) -> Result<u64, String> {
    whole(text, 1..=10_000_000)
}

/// Parses the limit of random shifts in pixels. Beyond half of an image, digits would leave it.
pub(super) fn shift(text: &str) -> Result<usize, String> {
    match from_zero(text)? {
        pixels if pixels > SIDE / 2 => Err(format!("must be at most {}, half of an image", SIDE / 2)),
        pixels => Ok(pixels),
    }
}

/// Parses a finite number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    number(text).and_then(|number| if number > 0.0 { Ok(number) } else { Err("must be above 0".into()) })
}

/// Parses a finite number from 0 up.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    number(text).and_then(|number| if number >= 0.0 { Ok(number) } else { Err("must be 0 or more".into()) })
}

/// Parses a number in 0..1.
pub(super) fn below_one(text: &str) -> Result<f64, String> {
    not_negative(text)
        .and_then(|number| if number < 1.0 { Ok(number) } else { Err("must be below 1".into()) })
}

/// A number of steps of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Steps {
    /// So many.
    Number(u64),
    /// This share of all steps, in 0..=1.
    Share(f64),
}

/// Parses a number of steps, or a share of all steps such as `10%`.
pub(super) fn steps(text: &str) -> Result<Steps, String> {
    let Some(percent) = text.strip_suffix('%') else { return from_zero(text).map(Steps::Number) };
    match not_negative(percent)? {
        percent if percent > 100.0 => Err("must be at most 100%".into()),
        percent => Ok(Steps::Share(percent / 100.0)),
    }
}

impl Steps {
    /// The number of them in a training of `all` steps.
    pub(super) fn of(self, all: u64) -> u64 {
        match self {
            Self::Number(steps) => steps,
            Self::Share(share) => (share * all as f64).round() as u64,
        }
    }
}

impl fmt::Display for Steps {
    /// As [`steps`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(steps) => steps.fmt(f),
            Self::Share(share) => write!(f, "{}%", 100.0 * share),
        }
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(steps) => serializer.serialize_u64(*steps),
            Self::Share(_) => serializer.collect_str(self),
        }
    }
}

/// A parser for the name of a picture to write, which is in the format PNG.
pub(super) fn png() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|name: OsString| {
        let path = PathBuf::from(name);
        let is_png = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
        if is_png { Ok(path) } else { Err("expected a name that ends in .png") }
    })
}

/// Factors of the learning rates of layers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerFactors(pub(super) Vec<(&'static str, f64)>);

/// Names of the layers.
const LAYERS: [&str; 5] = ["conv1", "conv2", "fc1", "fc2", "fc3"];

/// Parses `LAYER=FACTOR,…`.
pub(super) fn layer_factors(text: &str) -> Result<LayerFactors, String> {
    let factor = |part: &str| {
        let (name, factor) = part.split_once('=').ok_or("expected LAYER=FACTOR, such as conv1=2")?;
        let name = LAYERS.into_iter().find(|layer| *layer == name.trim());
        let name = name.ok_or_else(|| format!("expected one of the layers {}", LAYERS.join(", ")))?;
        Ok((name, positive(factor.trim())?))
    };
    text.split(',').map(factor).collect::<Result<_, _>>().map(LayerFactors)
}

impl Serialize for LayerFactors {
    /// As [`layer_factors`] reads it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let factors = self.0.iter().map(|(name, factor)| format!("{name}={factor}"));
        serializer.serialize_str(&factors.collect::<Vec<_>>().join(","))
    }
}

/// Parses a number in 0..=1.
pub(super) fn up_to_one(text: &str) -> Result<f64, String> {
    not_negative(text)
        .and_then(|number| if number <= 1.0 { Ok(number) } else { Err("must be at most 1".into()) })
}

/// Parses a finite number.
pub(super) fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err("expected a number".into()),
    }
}
