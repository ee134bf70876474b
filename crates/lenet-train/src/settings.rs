//! Settings in a TOML file, such as the `run.toml` of a run: reads the text as flags of the program
//! `lenet-train`.
//!
//! ```
//! let settings = lenet_train::settings::parse("lr = 0.1\nbetas = [0.9, 0.999]\ncsv = true\nquiet = false\n")?;
//! let flags: Vec<_> = settings.iter().filter_map(|setting| setting.flag.as_deref()).collect();
//! assert_eq!(flags, ["--lr=0.1", "--betas=0.9,0.999", "--csv"]);
//!
//! let error = lenet_train::settings::parse("lr = 0.1\n\nlr = 0.2").unwrap_err();
//! assert_eq!(error.line, 3);
//! # Ok::<(), lenet_train::settings::SettingsError>(())
//! ```
//!
//! Which flags exist, and which values they take, only the program knows. The module belongs to the feature
//! `cli`.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A setting, `key = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The line of the key, from 1.
    pub line: usize,
    /// The name of the flag, without the dashes.
    pub key: String,
    /// The flag: `--key=value`, or `--key` for `key = true`; `None` for `key = false`, which is the absence
    /// of the flag.
    pub flag: Option<String>,
}

/// What is wrong with the text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("line {line}: {reason}")]
pub struct SettingsError {
    /// The line, from 1.
    pub line: usize,
    /// The reason.
    pub reason: String,
}

/// The settings in the text of a TOML file, in the order of their lines.
///
/// # Errors
/// The text is not TOML, a key is not made of lower-case letters, digits and dashes, or a value is not a
/// number, a list of numbers, a text, true or false. The value of a number is not limited here: a seed may be
/// 2⁶⁴ − 1.
pub fn parse(text: &str) -> Result<Vec<Setting>, SettingsError> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        SettingsError { line: line_of(text, start), reason: error.message().to_owned() }
    })?;
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        settings.push((key.span().start, setting(text, key, value.get_ref())?));
    }
    settings.sort_by_key(|(start, _)| *start);
    Ok(settings.into_iter().map(|(_, setting)| setting).collect())
}

fn setting(text: &str, key: &Spanned<DeString<'_>>, value: &DeValue<'_>) -> Result<Setting, SettingsError> {
    let (line, key) = (line_of(text, key.span().start), key.get_ref().to_string());
    let refused = |reason: String| SettingsError { line, reason };
    if !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err(refused(format!("`{key}` is not the name of a setting")));
    }
    let flag = match value {
        DeValue::Boolean(false) => None,
        DeValue::Boolean(true) => Some(format!("--{key}")),
        DeValue::String(text) => Some(format!("--{key}={text}")),
        DeValue::Array(list) => {
            let numbers = list.iter().map(|item| number(item.get_ref())).collect::<Option<Vec<_>>>();
            numbers.map(|numbers| format!("--{key}={}", numbers.join(",")))
        }
        value => number(value).map(|number| format!("--{key}={number}")),
    };
    if flag.is_none() && !matches!(value, DeValue::Boolean(_)) {
        return Err(refused(format!("`{key}` must be a number, a list of numbers, a text, true or false")));
    }
    Ok(Setting { line, key, flag })
}

/// The decimal text of a number; `None` for anything else, and for a whole number of more than 127 bits.
fn number(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// The line of the byte at `start`, from 1.
fn line_of(text: &str, start: usize) -> usize {
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> Vec<String> {
        parse(text).unwrap().into_iter().filter_map(|setting| setting.flag).collect()
    }

    #[track_caller]
    fn refused(text: &str, line: usize, reason: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.reason.contains(reason), "{error}");
    }

    #[test]
    fn numbers_are_those_of_the_file() {
        assert_eq!(flags("seed = 18446744073709551615"), ["--seed=18446744073709551615"]);
        assert_eq!(flags("seed = 0xFFFF_FFFF_FFFF_FFFF"), ["--seed=18446744073709551615"]);
        assert_eq!(
            flags("a = 1_000\nb = -5\nc = 1e-3\nd = 0.000_5"),
            ["--a=1000", "--b=-5", "--c=1e-3", "--d=0.0005"]
        );
        refused("seed = 1\nlr = 1000000000000000000000000000000000000000000", 2, "`lr` must be a number");
    }

    #[test]
    fn settings_have_the_order_of_their_lines() {
        let settings = parse("# The first one.\nseed = 1\n\ncsv = false\r\nlr = 0.1").unwrap();
        let lines = settings.iter().map(|setting| (setting.line, setting.key.as_str()));
        assert_eq!(lines.collect::<Vec<_>>(), [(2, "seed"), (4, "csv"), (5, "lr")]);
        assert_eq!(settings[1].flag, None);
    }

    #[test]
    fn errors_name_their_line() {
        refused("epochs = 1\n\n\n= 5", 4, "");
        refused("epochs = 1\nlr = 0.01\nlr = 0.02", 3, "duplicate key");
        refused("epochs = 1\nlr = [true]", 2, "`lr` must be a number, a list of numbers");
        refused("epochs = 1\n[more]\nlr = 1", 2, "`more` must be a number");
        refused("epochs = 1\nlr = ", 2, "");
        refused("a = 1\n\"data=x\" = true", 2, "`data=x` is not the name of a setting");
    }
}
