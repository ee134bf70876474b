//! [`Metadata`]: facts about weights that travel with them in a file.

use crate::Error;

const TEMPERATURE: &str = "temperature";

/// Facts about trained weights beside the parameters. safetensors and burnpack files hold them; PyTorch's and
/// ONNX files do not.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// The number that the logits are divided by before the softmax, so that probabilities are calibrated
    /// ([`calibration`](crate::calibration) has the method): finite and above 0. `None` is 1.
    pub temperature: Option<f64>,
}

impl Metadata {
    /// The entries of a file, as keys and values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.temperature.into_iter().map(|temperature| (TEMPERATURE, temperature.to_string()))
    }

    /// Metadata from the entries of a file; `entry` returns the value of a key. Other entries are ignored.
    pub(crate) fn from_entries<'a>(entry: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Error> {
        let temperature = |text: &str| {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
            number.ok_or_else(|| Error::Metadata {
                key: TEMPERATURE,
                expected: "a number above 0",
                found: text.to_owned(),
            })
        };
        Ok(Self { temperature: entry(TEMPERATURE).map(temperature).transpose()? })
    }
}
