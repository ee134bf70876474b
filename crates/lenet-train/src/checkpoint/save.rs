//! Saving checkpoints during a fit, and resuming a fit from one.

use std::path::PathBuf;

use burn::module::Module;
use lenet_data::{Loader, Samples};

use super::{Checkpoint, HOOK, Header, MODEL, OPTIMIZER, file, pack};
use crate::position::Position;
use crate::updater::Updater;
use crate::{CheckpointProblem, Error, Evaluation, Trainer, parameters};

impl<M: Module, B: Send + 'static> Trainer<'_, M, B> {
    /// Begins the fit. With a checkpoint, returns its module and restores everything else from it.
    pub(crate) fn begin<S: Samples<Batch = B>>(
        &mut self,
        model: M,
        train: &Loader<S>,
        at: &mut Position,
    ) -> Result<M, Error> {
        let parameters = parameters(&model);
        self.groups.check_frozen(&parameters)?;
        let json = |error: serde_json::Error| Error::Settings(error.to_string());
        let schedule = serde_json::to_string(&self.schedule).map_err(json)?;
        self.settings.extend(self.groups.settings(&self.optimizer, &parameters).map_err(json)?);
        let sizes = [self.epochs.to_string(), train.batches().to_string(), train.samples().len().to_string()];
        let [epochs, batches, samples] = sizes;
        for (key, value) in [
            ("epochs", epochs),
            ("batches", batches),
            ("samples", samples),
            ("schedule", schedule),
            ("warm-up", self.warm_up.to_string()),
        ] {
            self.settings.insert(key.to_owned(), value);
        }
        if cfg!(target_endian = "big") {
            // Burn's records have the machine's order of bytes: a machine of the other order refuses the checkpoint.
            self.settings.insert("byte-order".to_owned(), "big".to_owned());
        }
        if let Some(steps) = self.max_steps {
            self.settings.insert("max-steps".to_owned(), steps.to_string());
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.prepare()?;
        }
        if let Some(device) = model.devices().first() {
            self.updater = Updater::new(&self.optimizer, &self.groups, &parameters, &device.clone().inner());
        }
        let Some(checkpoint) = self.resume.take() else { return Ok(model) };
        checkpoint.check_settings(&self.settings, !self.schedule.depends_on_total())?;
        checkpoint.check_position(self.epochs, at.batches)?;
        let model = checkpoint.load_model(model)?;
        if let Some(device) = model.devices().first() {
            checkpoint.load_updater(&mut self.updater, &parameters, &device.clone().inner())?;
            at.restore(&checkpoint.header.position);
        }
        self.hooks.restore(&checkpoint.hook_states())?;
        self.best_loss = checkpoint.header.best_loss_bits.map(f64::from_bits);
        Ok(model)
    }

    pub(crate) fn checkpoint_after_step(&self, model: &M, at: &Position) -> Result<(), Error> {
        match &self.checkpoints {
            Some(checkpoints) if checkpoints.is_due_after_step(at.step) => self.checkpoint(model, at),
            _ => Ok(()),
        }
    }

    /// Writes the best checkpoint first: a process killed between the two repeats the end of the epoch.
    pub(crate) fn checkpoint_after_epoch(
        &mut self,
        model: &M,
        at: &Position,
        valid: Option<Evaluation>,
    ) -> Result<(), Error> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(()) };
        let due = checkpoints.is_due_after_epoch(at.epoch);
        let best = checkpoints.keeps_best().then(|| checkpoints.best_path());
        if let (Some(path), Some(valid)) = (best, valid)
            && !valid.loss.is_nan()
            && self.best_loss.is_none_or(|best| valid.loss < best)
        {
            self.best_loss = Some(valid.loss);
            self.save(model, at, path)?;
        }
        if due { self.checkpoint(model, at) } else { Ok(()) }
    }

    pub(crate) fn checkpoint_at_end(&self, model: &M, at: &Position) -> Result<(), Error> {
        if self.checkpoints.is_some() { self.checkpoint(model, at) } else { Ok(()) }
    }

    fn checkpoint(&self, model: &M, at: &Position) -> Result<(), Error> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(()) };
        self.save(model, at, checkpoints.path(at.step))?;
        checkpoints.remove_old()
    }

    fn save(&self, model: &M, at: &Position, path: PathBuf) -> Result<(), Error> {
        let parameters = parameters(model);
        let problem = |problem: CheckpointProblem| Error::Checkpoint { path: path.clone(), problem };
        let mut sections = vec![
            (MODEL.to_owned(), pack::model(model, &parameters).map_err(problem)?.to_vec()),
            (OPTIMIZER.to_owned(), pack::updater(&self.updater, &parameters).map_err(problem)?.to_vec()),
        ];
        sections
            .extend(self.hooks.states()?.into_iter().map(|(name, state)| (format!("{HOOK}{name}"), state)));
        let tensors = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.shape.clone()));
        let header = Header {
            position: at.save()?,
            settings: self.settings.clone(),
            tensors: tensors.collect(),
            best_loss_bits: self.best_loss.map(f64::to_bits),
        };
        file::write(&Checkpoint { path, header, sections })
    }
}
