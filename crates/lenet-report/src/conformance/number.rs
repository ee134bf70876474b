//! [`Number`]: numbers that JSON cannot hold.

use serde::{Deserialize, Serialize};

/// A number that may be NaN or infinite: in JSON it is then the string `NaN`, `Infinity` or `-Infinity`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Number(pub f64);

/// A [`Number`] in JSON.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Name(String),
}

impl TryFrom<Written> for Number {
    type Error = std::num::ParseFloatError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Self(match written {
            Written::Number(number) => number,
            Written::Name(name) => name.parse()?,
        }))
    }
}

impl From<Number> for Written {
    fn from(Number(number): Number) -> Self {
        match number {
            f64::INFINITY => Self::Name("Infinity".into()),
            f64::NEG_INFINITY => Self::Name("-Infinity".into()),
            number if number.is_nan() => Self::Name("NaN".into()),
            number => Self::Number(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_cannot_hold_are_strings() {
        let text = r#"[0.25,"Infinity","-Infinity","NaN"]"#;
        let numbers: Vec<Number> = serde_json::from_str(text).unwrap();
        assert_eq!(numbers[1], Number(f64::INFINITY));
        assert!(numbers[3].0.is_nan());
        assert_eq!(serde_json::to_string(&numbers).unwrap(), text);
        assert!(serde_json::from_str::<Number>(r#""much""#).is_err());
    }
}
