//! Values of flags that are not any number.

use serde::Serialize;

/// Several numbers as one value, `0.9,0.999`: of two such values of one flag the later wins, as of any other.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Numbers(pub(super) Vec<f64>);

/// Numbers from 0 up with commas between them.
pub(super) fn numbers(text: &str) -> Result<Numbers, String> {
    text.split(',').map(|number| not_negative(number.trim())).collect::<Result<_, _>>().map(Numbers)
}

/// A whole number from 1 up.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be 1 or more".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number".into()),
    }
}

/// A finite number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    number(text).and_then(|number| if number > 0.0 { Ok(number) } else { Err("must be above 0".into()) })
}

/// A finite number from 0 up.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    number(text).and_then(|number| if number >= 0.0 { Ok(number) } else { Err("must be 0 or more".into()) })
}

/// A number from 0 up to but not including 1.
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
