//! Distillation: a trained network, or an ensemble, whose answers a training learns from.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use lenet_train::Distillation;
use serde::{Serialize, Serializer};

use super::super::data::lossy;
use super::super::parse;
use super::loss::LossArgs;
use super::refuse;

/// Softens the answers of a teacher.
const TEMPERATURE: f64 = 2.0;

#[derive(Args, Default, Serialize)]
#[command(next_help_heading = "Distillation")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DistillationArgs {
    /// Learn from the answers of this trained network to the augmented images: a file, the folder of a run or of an ensemble, or
    /// `pretrained` [default: none]
    #[arg(long, value_name = "WEIGHTS")]
    #[serde(serialize_with = "path", skip_serializing_if = "Option::is_none")]
    pub(crate) teacher: Option<PathBuf>,
    /// Share of the loss against the teacher; the rest is the loss against the labels [default: 1]
    #[arg(long, value_name = "SHARE", value_parser = parse::up_to_one, allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")] // Runs of versions without this setting go on.
    teacher_share: Option<f64>,
    /// Temperature that softens the answers of the teacher and of the network [default: 2]
    #[arg(long, value_name = "T", value_parser = parse::positive, allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    teacher_temperature: Option<f64>,
}

impl DistillationArgs {
    pub(super) fn check(&self, loss: &LossArgs) -> anyhow::Result<()> {
        let needs_teacher =
            [("share", self.teacher_share.is_some()), ("temperature", self.teacher_temperature.is_some())];
        for (name, given) in needs_teacher {
            ensure!(!given || self.teacher.is_some(), "--teacher-{name} does nothing without --teacher");
        }
        let alone = self.teacher.is_some() && self.share() >= 1.0;
        let flag = loss.flag_for_labels().filter(|_| alone);
        refuse(
            flag.is_some(),
            flag.unwrap_or_default(),
            "--teacher",
            "a --teacher-share below 1, which leaves a loss against the labels",
        )
    }

    /// Share of the loss against the teacher.
    pub(crate) fn share(&self) -> f64 {
        self.teacher_share.unwrap_or(1.0)
    }

    /// The loss against the teacher.
    pub(crate) fn distillation(&self) -> Result<Distillation, lenet_train::Error> {
        Distillation::new(self.teacher_temperature.unwrap_or(TEMPERATURE) as f32)
    }
}

fn path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    lossy(path.as_deref().unwrap_or(Path::new("")), serializer)
}
