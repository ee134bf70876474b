//! The normalisation of the images.

use anyhow::Context;
use clap::{Args, ValueEnum};
use lenet_data::{DigitSet, Normalisation};
use serde::Serialize;

use super::super::parse;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Data")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct NormaliseArgs {
    /// Normalise pixels with the mean and the standard deviation of the training images (auto) or with MNIST's
    /// 0.1307 and 0.3081 (mnist) [default: mnist for MNIST and synthetic digits, auto for other images]
    #[arg(long, value_enum, value_name = "NUMBERS")]
    #[serde(skip)]
    normalise: Option<Normalise>,
    /// Mean of the pixels, on a scale from 0 to 1, instead of --normalise
    #[arg(long, value_name = "MEAN", value_parser = parse::number, allow_negative_numbers = true)]
    mean: Option<f64>,
    /// Standard deviation of the pixels, on a scale from 0 to 1, instead of --normalise
    #[arg(long, value_name = "STD", value_parser = parse::positive, allow_negative_numbers = true)]
    std: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Normalise {
    Auto,
    Mnist,
}

impl NormaliseArgs {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.mean.is_some() == self.std.is_some(),
            "--mean and --std belong together: give both or neither"
        );
        anyhow::ensure!(
            self.mean.is_none() || self.normalise.is_none(),
            "--normalise does nothing beside --mean and --std: leave it out"
        );
        Ok(())
    }

    /// Chooses the normalisation for training images, and records it in place of the choice. `is_mnist` says
    /// whether they are MNIST's or like them.
    pub(crate) fn resolve(&mut self, train: &DigitSet, is_mnist: bool) -> anyhow::Result<Normalisation> {
        let default = if is_mnist { Normalise::Mnist } else { Normalise::Auto };
        let chosen = match (self.mean, self.std, self.normalise.take().unwrap_or(default)) {
            (Some(mean), Some(std), _) => Normalisation::new(mean as f32, std as f32),
            (.., Normalise::Mnist) => Normalisation::MNIST,
            (.., Normalise::Auto) => Normalisation::of(train.pixels())
                .context("the training images are all of one colour: nothing can be learnt from them")?,
        };
        // The shortest decimal numbers that are parsed as the same f32.
        self.mean = Some(chosen.mean.to_string().parse()?);
        self.std = Some(chosen.std.to_string().parse()?);
        Ok(chosen)
    }
}
