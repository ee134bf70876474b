//! [`Metadata`]: facts about weights that travel with them in a file.

use std::collections::BTreeMap;

use crate::Error;

/// Key of the entry in files. The prefix keeps it apart from those of other programs.
const TEMPERATURE: &str = "lenet.temperature";

/// Facts about trained weights beside the parameters.
///
/// A `.safetensors` file has it in its `__metadata__`, a `.bpk` file in its metadata, under the key
/// `lenet.temperature`. PyTorch's and ONNX files do not have it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// The number that the logits are divided by before the softmax, so that probabilities are calibrated
    /// ([`calibration`](crate::calibration) has the method): finite and above 0. `None` is 1.
    pub temperature: Option<f64>,
}

impl Metadata {
    /// Metadata without any entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the temperature.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the temperature is not finite or not above 0.
    pub fn with_temperature(self, temperature: f64) -> Result<Self, Error> {
        let metadata = Self { temperature: Some(temperature), ..self };
        metadata.check().map(|()| metadata)
    }

    /// Checks the values, which a caller may have set.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.temperature {
            Some(number) if !number.is_finite() || number <= 0.0 => {
                Err(Error::Metadata(format!("temperature {number}, expected a finite number above 0")))
            }
            _ => Ok(()),
        }
    }

    /// The entries of a file, sorted by key.
    pub(crate) fn entries(&self) -> BTreeMap<&'static str, String> {
        let mut entries = BTreeMap::new();
        if let Some(temperature) = self.temperature {
            // The shortest decimal number that parses to the same f64.
            entries.insert(TEMPERATURE, temperature.to_string());
        }
        entries
    }

    /// The inverse of [`entries`](Self::entries), from the entries of any file; others are ignored.
    pub(crate) fn from_entries<'a>(entry: impl Fn(&str) -> Option<&'a String>) -> Result<Self, Error> {
        let metadata = Self::new();
        let Some(text) = entry(TEMPERATURE) else { return Ok(metadata) };
        let number = text.parse().map_err(|_| Error::Metadata(format!("{TEMPERATURE} is not a number")))?;
        metadata.with_temperature(number)
    }
}
