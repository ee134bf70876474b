//! Augmentation: random changes of the training images.

use clap::Args;
use lenet_data::{DigitSet, Distorted, Distortion, Error, Shifted};
use serde::Serialize;

use super::super::parse;

/// The training set with its random changes.
pub(crate) type Augmented = Distorted<Shifted<DigitSet>>;

#[derive(Args, Clone, Serialize)]
#[command(next_help_heading = "Data")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct AugmentArgs {
    /// Shift each training image by up to so many whole pixels, at most 16, anew in every epoch
    #[arg(long, value_name = "PIXELS", default_value = "0", value_parser = parse::shift, allow_negative_numbers = true)]
    shift: usize,
    /// Rotate each training image by up to so many degrees, at most 180, anew in every epoch, as all that follows
    #[arg(long, value_name = "DEGREES", default_value = "0", value_parser = rotation, allow_negative_numbers = true)]
    rotate: f64,
    /// Slant each training image: a row moves sideways by up to so many times its distance from the middle, at most 1
    #[arg(long, value_name = "X", default_value = "0", value_parser = shear, allow_negative_numbers = true)]
    shear: f64,
    /// Enlarge or reduce each training image by up to this share of its size, at most 0.5
    #[arg(long, value_name = "X", default_value = "0", value_parser = scale, allow_negative_numbers = true)]
    scale: f64,
    /// Widen or narrow each training image by up to this share of its width, and the reverse with its height, at most 0.5
    #[arg(long, value_name = "X", default_value = "0", value_parser = stretch, allow_negative_numbers = true)]
    stretch: f64,
    /// Move each training image by up to so many pixels and fractions of them, at most 16
    #[arg(long, value_name = "PIXELS", default_value = "0", value_parser = translation, allow_negative_numbers = true)]
    translate: f64,
    /// Bend each training image smoothly by so many pixels (root mean square along each axis), at most 4
    #[arg(long, value_name = "PIXELS", default_value = "0", value_parser = elastic, allow_negative_numbers = true)]
    elastic: f64,
}

impl AugmentArgs {
    /// These changes; if no flag selects one, changes of the recipe `best`. And their flags.
    pub(crate) fn or_for_digits(&self) -> (String, Self) {
        let flags = self.flags();
        if !flags.is_empty() {
            return (flags, self.clone());
        }
        let good = Self {
            rotate: 10.5,
            shear: 0.105,
            scale: 0.105,
            stretch: 0.056,
            translate: 1.4,
            elastic: 0.63,
            shift: 0,
        };
        (good.flags(), good)
    }

    /// The flags of all changes whose limit is above 0, separated by spaces.
    fn flags(&self) -> String {
        let limits = [
            ("shift", self.shift as f64),
            ("rotate", self.rotate),
            ("shear", self.shear),
            ("scale", self.scale),
            ("stretch", self.stretch),
            ("translate", self.translate),
            ("elastic", self.elastic),
        ];
        let given = limits.iter().filter(|(_, limit)| *limit > 0.0);
        given.map(|(flag, limit)| format!("--{flag} {limit}")).collect::<Vec<_>>().join(" ")
    }

    /// Wraps `digits` in the changes that the flags select.
    pub(crate) fn wrap(&self, digits: DigitSet, seed: u64) -> Result<Augmented, Error> {
        let distortion = Distortion::none()
            .rotation(self.rotate)
            .shear(self.shear)
            .scale(self.scale)
            .stretch(self.stretch)
            .translation(self.translate)
            .elastic(self.elastic);
        let normalisation = digits.normalisation();
        let shifted = Shifted::new(digits, self.shift, seed).normalisation(normalisation);
        Distorted::new(shifted, distortion, seed)
    }
}

fn rotation(text: &str) -> Result<f64, String> {
    limit(text, Distortion::rotation)
}

fn shear(text: &str) -> Result<f64, String> {
    limit(text, Distortion::shear)
}

fn scale(text: &str) -> Result<f64, String> {
    limit(text, Distortion::scale)
}

fn stretch(text: &str) -> Result<f64, String> {
    limit(text, Distortion::stretch)
}

fn translation(text: &str) -> Result<f64, String> {
    limit(text, Distortion::translation)
}

fn elastic(text: &str) -> Result<f64, String> {
    limit(text, Distortion::elastic)
}

/// Parses a limit of a distortion, which `set` sets.
fn limit(text: &str, set: fn(Distortion, f64) -> Distortion) -> Result<f64, String> {
    let number = parse::not_negative(text)?;
    match set(Distortion::none(), number).check() {
        Err(Error::Distortion { most, .. }) => Err(format!("must be at most {most}")),
        _ => Ok(number),
    }
}
