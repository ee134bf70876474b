//! Parsers for the values of flags.

use std::str::FromStr;

use lenet_threads::MAX_THREADS;
use serde::Serialize;

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
pub(super) fn at_least_one<N: FromStr + From<u8> + PartialEq>(text: &str) -> Result<N, String> {
    match text.parse::<N>() {
        Ok(number) if number == N::from(0) => Err("must be 1 or more".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number".into()),
    }
}

/// Parses a number of threads. More than the largest machines have are a mistake, and starting them would
/// take this machine down.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    match at_least_one(text)? {
        threads if threads > MAX_THREADS => Err(format!("must be at most {MAX_THREADS}")),
        threads => Ok(threads),
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

fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err("expected a number".into()),
    }
}
