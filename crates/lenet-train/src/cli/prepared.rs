//! [`Prepared`]: the settings of a training, complete, with its images and initial weights.

use lenet_backend::Device;
use lenet_data::DigitSet;
use lenet_data::dataset::Part;
use lenet_model::{Metadata, Normalisation, StateDict};

use super::data::Digits;
use super::init::Init;
use super::print::print_note;
use super::run_folder::began_with;
use super::settings::TrainArgs;
use super::teacher::Teacher;

/// A training before its first step.
pub(super) struct Prepared {
    /// The settings, with defaults that depend on the images.
    pub(super) args: TrainArgs,
    pub(super) device: Device,
    pub(super) digits: Digits,
    pub(super) train: DigitSet,
    /// Index of each image of `train` among those that are not held out; `None` if all of these are in it.
    indices: Option<Vec<usize>>,
    pub(super) valid: DigitSet,
    /// SHA-256 of the training images, those held out for validation included.
    pub(super) sha256: String,
    /// The weights that a fine-tuning starts from.
    pub(super) init: Option<Init>,
    /// The network, or the ensemble, whose answers the training learns from.
    pub(super) teacher: Option<Teacher>,
}

impl Prepared {
    /// Checks the settings, opens the device and reads the images.
    pub(super) fn new(mut args: TrainArgs) -> anyhow::Result<Self> {
        args.check()?;
        args.complete();
        let device = args.open_device()?;
        let digits = args.data.find(args.outputs.quiet)?.with_synthetic_count(args.synthetic_count)?;
        args.data.set(digits.setting.clone());
        if !args.outputs.quiet {
            digits.passed_over().into_iter().for_each(print_note);
        }
        let (mut train, mut valid) = (digits.load(Part::Train)?, digits.load(Part::Valid)?);
        args.loss.check_classes(train.classes())?;
        let sha256 = train.sha256();
        if let Some(run) = &args.resume {
            let remedy = "leave --data out if it was given, bring back the images that the run began with (and the version of this \
                          program, which decides how colours become grey)";
            began_with(run, "/data/sha256", Some(&sha256), "other data: their", remedy)?;
        }
        let held_out = args.resolve_valid(train.len(), !valid.is_empty())?;
        if held_out > 0 {
            valid = train.split_off(train.len() - held_out);
        }
        let normalisation = args.normalise.resolve(&train, digits.is_mnist(&sha256))?;
        let [mut train, valid] = [train, valid].map(|set| set.with_normalisation(normalisation));
        let kept = args.leave_out.as_ref().map(|images| images.kept(train.len())).transpose()?;
        if let Some(kept) = &kept {
            train.retain(|index| kept[index]);
        }
        let indices = kept.map(|kept| (0..kept.len()).filter(|index| kept[*index]).collect());
        let init = args.fine_tuning.init.as_deref();
        let init = init.map(|path| Init::read(path, args.resume.as_deref())).transpose()?;
        args.fine_tuning.init = init.as_ref().map(Init::setting);
        let teacher = args.distillation.teacher.as_deref();
        let teacher = teacher.map(|path| Teacher::read(path, &train, &device)).transpose()?;
        args.distillation.teacher = teacher.as_ref().map(Teacher::setting);
        Ok(Self { args, device, digits, train, indices, valid, sha256, init, teacher })
    }

    /// The initial weights, of which only the shapes count if the training resumes from a checkpoint.
    pub(super) fn start(&self, has_checkpoint: bool) -> anyhow::Result<StateDict> {
        let drawn = self.args.start.weights(self.train.classes(), self.args.seed)?;
        match &self.init {
            Some(init) => init.start(drawn, &self.train, has_checkpoint),
            None => Ok(drawn),
        }
    }

    /// Index of image `index` of `train` among all training images.
    pub(super) fn index_among_all(&self, index: usize) -> usize {
        self.indices.as_ref().map_or(index, |indices| indices[index])
    }

    /// The metadata of the trained weights, without a temperature.
    pub(super) fn metadata(&self) -> anyhow::Result<Metadata> {
        let lenet_data::Normalisation { mean, std, .. } = self.train.normalisation();
        Ok(Metadata::new()
            .with_class_names(self.train.class_names())
            .with_normalisation(Normalisation::new(mean, std)?)
            .with_whole_images(self.digits.has_whole_images()))
    }
}
