//! [`Watch`]: everything about one step of a training.

use lenet_backend::optim::GlobalNorm;
use lenet_data::HostBatch;
use lenet_model::LeNet;
use lenet_train::{AfterBackward, AfterStep, BatchReady, Error, Flow, Hook};

/// A hook that keeps what one step was made of. The gradients are those after the hooks before this one.
#[derive(Debug)]
pub(super) struct Watch {
    step: u64,
    /// The epoch, from 0.
    pub(super) epoch: u64,
    pub(super) learning_rate: f64,
    pub(super) batch: Option<HostBatch>,
    /// Loss of the batch before the update, and the norm of each gradient by the parameter's name.
    pub(super) loss: f32,
    pub(super) gradients: Vec<(String, f32)>,
    /// The network before and after the update.
    pub(super) before: Option<LeNet>,
    pub(super) after: Option<LeNet>,
    /// Whether a hook skipped the update.
    pub(super) is_skipped: bool,
}

impl Watch {
    /// Watches step `step`, from 1.
    pub(super) fn step(step: u64) -> Self {
        Self {
            step,
            epoch: 0,
            learning_rate: f64::NAN,
            batch: None,
            loss: f32::NAN,
            gradients: Vec::new(),
            before: None,
            after: None,
            is_skipped: false,
        }
    }
}

impl Hook<LeNet, HostBatch> for Watch {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, HostBatch>) -> Result<Flow, Error> {
        if ready.step == self.step {
            (self.epoch, self.learning_rate) = (ready.epoch, ready.learning_rate);
            self.batch = Some(ready.batch.clone());
        }
        Ok(Flow::Continue)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, LeNet>) -> Result<Flow, Error> {
        if backward.step != self.step {
            return Ok(Flow::Continue);
        }
        self.loss = backward.loss.get()?;
        self.before = Some(backward.model.clone());
        for (name, gradient) in backward.gradients.iter() {
            let mut norm = GlobalNorm::default();
            norm.add(gradient);
            let norm = norm.get().map_or(Ok(0.0), |norm| norm.try_into_scalar::<f32>());
            let norm = norm.map_err(|error| Error::Device(error.to_string()))?;
            self.gradients.push((name.to_owned(), norm));
        }
        Ok(Flow::Continue)
    }

    fn after_step(&mut self, step: &AfterStep<'_, LeNet>) -> Result<Flow, Error> {
        if step.step == self.step {
            (self.after, self.is_skipped) = (Some(step.model.clone()), !step.updated);
        }
        Ok(Flow::Continue)
    }
}
