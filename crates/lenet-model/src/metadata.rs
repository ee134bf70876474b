//! [`Metadata`]: class names, normalisation and temperature, which travel with the weights.

use std::collections::BTreeMap;

use crate::Error;

/// Keys of the entries in files. The prefix keeps them apart from those of other programs.
const CLASS_NAMES: &str = "lenet.class_names";
const MEAN: &str = "lenet.mean";
const STD: &str = "lenet.std";
const IMAGES: &str = "lenet.images";
/// Value of [`IMAGES`].
const WHOLE: &str = "whole";
const TEMPERATURE: &str = "lenet.temperature";
/// Maximum length of a class name in bytes.
const LONGEST_NAME: usize = 100;

/// What weights were trained for, beside the numbers: the names of the classes and the normalisation of the
/// images, which weights of MNIST do not need; and the temperature that calibrates them.
///
/// A `.safetensors` file has it in its `__metadata__`, a `.bpk` file in its metadata, an ONNX file in its
/// `metadata_props`, under the keys `lenet.class_names` (a JSON array), `lenet.mean`, `lenet.std` and
/// `lenet.images` and `lenet.temperature`. A `.pt` file has no place for it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// Names of the classes, in the order of the logits; empty if the classes are called by their numbers.
    pub class_names: Vec<String>,
    /// Normalisation of the training images; `None` if unknown, then take [`Normalisation::MNIST`].
    pub normalisation: Option<Normalisation>,
    /// Whether images are scaled as a whole to 32×32 (`lenet.images` is `whole`). Otherwise they are framed as
    /// MNIST's digits are, so that the digit in a photograph must be found first.
    pub whole_images: bool,
    /// The number that the logits are divided by before the softmax, so that probabilities are calibrated
    /// ([`calibration`](crate::calibration) has the method): finite and above 0. `None` is 1.
    pub temperature: Option<f64>,
}

/// Maps a pixel x in 0..=255 to (x/255 − mean) / std, the network's input.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Normalisation {
    /// Mean of the pixels on a scale from 0 to 1.
    pub mean: f32,
    /// Standard deviation of the pixels on a scale from 0 to 1.
    pub std: f32,
}

impl Normalisation {
    /// The constants of MNIST's training images.
    pub const MNIST: Self = Self { mean: 0.1307, std: 0.3081 };

    /// A normalisation with this mean and this standard deviation.
    ///
    /// # Errors
    /// [`Error::Metadata`] if a number is not finite or `std` is not above 0.
    pub fn new(mean: f32, std: f32) -> Result<Self, Error> {
        if !mean.is_finite() || !std.is_finite() || std <= 0.0 {
            return Err(Error::Metadata(format!(
                "mean {mean} and standard deviation {std}: expected finite numbers, the latter above 0"
            )));
        }
        Ok(Self { mean, std })
    }

    /// Normalises pixels, in f32, in the order of the formula.
    pub fn apply(&self, pixels: &[u8]) -> Vec<f32> {
        pixels.iter().map(|&pixel| (f32::from(pixel) / 255.0 - self.mean) / self.std).collect()
    }
}

impl Metadata {
    /// Metadata without any entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the names of the classes.
    pub fn with_class_names(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { class_names: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets the normalisation of the images.
    pub fn with_normalisation(self, normalisation: Normalisation) -> Self {
        Self { normalisation: Some(normalisation), ..self }
    }

    /// Sets whether images are scaled as a whole.
    pub fn with_whole_images(self, whole_images: bool) -> Self {
        Self { whole_images, ..self }
    }

    /// Sets the temperature.
    pub fn with_temperature(self, temperature: f64) -> Self {
        Self { temperature: Some(temperature), ..self }
    }

    /// The name of a class: its number if it has no other.
    pub fn class_name(&self, class: u8) -> String {
        self.class_names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Checks that the names are fit to print and that there is one for each of `classes`, or none at all, and
    /// that the logits can be divided by the temperature.
    pub(crate) fn check(&self, classes: usize) -> Result<(), Error> {
        if let Some(number) = self.temperature.filter(|number| !number.is_finite() || *number <= 0.0) {
            return Err(Error::Metadata(format!("temperature {number}, expected a finite number above 0")));
        }
        let names = &self.class_names;
        if !names.is_empty() && names.len() != classes {
            let found = names.len();
            return Err(Error::Metadata(format!(
                "{found} class names, expected {classes}, one for each class"
            )));
        }
        let is_unfit = |name: &&String| {
            name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control)
        };
        match names.iter().find(is_unfit) {
            Some(name) => Err(Error::Metadata(format!(
                "the class name {name:?}, expected 1 to {LONGEST_NAME} bytes without control characters"
            ))),
            None => Ok(()),
        }
    }

    /// The entries of a file, sorted by key.
    pub(crate) fn entries(&self) -> BTreeMap<&'static str, String> {
        let mut entries = BTreeMap::new();
        if !self.class_names.is_empty() {
            entries.insert(CLASS_NAMES, serde_json::Value::from(self.class_names.clone()).to_string());
        }
        if let Some(Normalisation { mean, std }) = self.normalisation {
            // The shortest decimal numbers that parse to the same bits.
            entries.extend([(MEAN, mean.to_string()), (STD, std.to_string())]);
        }
        if self.whole_images {
            entries.insert(IMAGES, WHOLE.to_owned());
        }
        if let Some(temperature) = self.temperature {
            entries.insert(TEMPERATURE, temperature.to_string());
        }
        entries
    }

    /// The inverse of [`entries`](Self::entries), from the entries of any file; others are ignored.
    pub(crate) fn from_entries<'a>(entry: impl Fn(&str) -> Option<&'a String>) -> Result<Self, Error> {
        let wrong = |key: &str, expected: &str| Error::Metadata(format!("{key} is not {expected}"));
        let number = |key: &str| {
            let parse = |text: &String| text.parse::<f32>().map_err(|_| wrong(key, "a number"));
            entry(key).map(parse).transpose()
        };
        let normalisation = match (number(MEAN)?, number(STD)?) {
            (Some(mean), Some(std)) => Some(Normalisation::new(mean, std)?),
            (None, None) => None,
            _ => return Err(Error::Metadata(format!("{MEAN} and {STD} belong together, found one of them"))),
        };
        let names = |text: &String| {
            serde_json::from_str::<Vec<String>>(text).map_err(|_| wrong(CLASS_NAMES, "a JSON array of texts"))
        };
        let class_names = entry(CLASS_NAMES).map(names).transpose()?.unwrap_or_default();
        let whole_images = entry(IMAGES).is_some_and(|images| images == WHOLE);
        let temperature = |text: &String| text.parse().map_err(|_| wrong(TEMPERATURE, "a number"));
        let temperature = entry(TEMPERATURE).map(temperature).transpose()?;
        Ok(Self { class_names, normalisation, whole_images, temperature })
    }
}
