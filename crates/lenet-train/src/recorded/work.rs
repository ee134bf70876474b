//! [`Work`]: what a step of training reads and writes.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use lenet_backend::optim::{Update, Updates};
use lenet_data::{Batch, HostBatch};

use crate::param_groups::Groups;
use crate::updater::{Slot, slots, step};
use crate::{Optimizer, parameters};

/// What a step reads and writes.
pub(super) struct Work<M> {
    pub(super) model: M,
    /// The device of the model, without autodiff.
    pub(super) device: Device,
    /// With the optimizer's state of each parameter.
    optimizers: Vec<Slot>,
    /// The batch, on the device without autodiff; `None` before the first step.
    pub(super) batch: Option<Batch>,
    /// Loss `[1]` of the last step; `None` before the first one, and after a step without gradients.
    pub(super) loss: Option<Tensor<1>>,
}

impl<M: Module> Work<M> {
    pub(super) fn new(model: M, device: &Device, optimizer: Optimizer) -> Self {
        let optimizers = slots(optimizer, &Groups::default(), &parameters(&model));
        Self { model, device: device.clone().inner(), optimizers, batch: None, loss: None }
    }

    /// Copies a batch to the device.
    pub(super) fn load(&mut self, batch: HostBatch) {
        self.batch = Some(batch.to_device(&self.device));
    }

    /// The work after a step on the batch, once the updates are dropped; without a gradient of the loss nothing but the loss
    /// changes.
    pub(super) fn step(
        self,
        loss: impl FnOnce(&M, Tensor<4>, Tensor<1, Int>) -> Tensor<1>,
        updates: Updates,
        rate: f64,
    ) -> (Self, Updates) {
        let Self { model, device, mut optimizers, batch, .. } = self;
        let found = batch.as_ref().map(|batch| {
            let (images, labels) = (batch.images.clone(), batch.labels.clone());
            loss(&model, Tensor::from_inner(images), Tensor::from_inner(labels))
        });
        let Some(found) = found.filter(Tensor::is_tracked) else {
            return (Self { model, device, optimizers, batch, loss: None }, updates);
        };
        let gradients = GradientsParams::from_grads(found.backward(), &model);
        let (model, updates) = step(&mut optimizers, updates, rate, model, gradients);
        (Self { model, device, optimizers, batch, loss: Some(found.inner()) }, updates)
    }

    /// Step number `step`, counted from 1, of each parameter.
    pub(super) fn updates(&self, step: usize, rate: f64) -> Vec<Update> {
        self.optimizers.iter().map(|optimizer| optimizer.update(step, rate)).collect()
    }

    /// Sets the number of completed steps.
    pub(super) fn set_steps(&mut self, steps: usize) {
        self.optimizers.iter_mut().for_each(|optimizer| optimizer.set_steps(steps));
    }

    /// Size of the last batch, 0 before the first one.
    pub(super) fn batch_size(&self) -> usize {
        self.batch.as_ref().map_or(0, |batch| batch.labels.dims()[0])
    }
}
