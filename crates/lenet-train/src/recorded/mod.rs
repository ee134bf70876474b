//! [`RecordedSteps`]: training steps that a GPU records once and replays.

mod work;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use lenet_backend::optim::{Constants, Updates};
use lenet_backend::{Recording, overwrite_floats, overwrite_integers, record};
use lenet_data::HostBatch;

use self::work::Work;
use crate::{Error, Optimizer};

/// Trains a module on images and labels with steps that a GPU records once and replays: Burn dispatches no operation and builds no graph
/// of gradients for a replay. A replayed step has the bits of a dispatched one, whatever the schedule and the optimizer: its kernels read
/// the batch, the learning rate and what depends on the number of the step from memory, which is written before each replay.
///
/// The first step of a batch size is dispatched, the second one in a row is recorded. A batch of another size, such as the last one of an epoch, ends
/// the recording. On a device that cannot record, every step is dispatched.
///
/// There are no hooks: a replay hands out no gradients. [`Trainer`](crate::Trainer) has them.
///
/// ```
/// use lenet_data::{Loader, synthetic};
/// use lenet_model::LeNet;
/// use lenet_train::{Loss, Optimizer, RecordedSteps};
///
/// # let Ok(device) = lenet_backend::open(&"wgpu".parse()?) else { return Ok(()) };
/// let net = LeNet::new(1, &device.clone().autodiff());
/// let loss = |net: &LeNet, images, labels| Loss::CrossEntropy.forward(net.forward(images), labels);
/// let mut steps = RecordedSteps::new(net, &device, Optimizer::sgd().momentum(0.9), loss);
/// for batch in Loader::new(synthetic::digits(1, 0..64)?, 16)?.epoch(0) {
///     steps.step(batch?, 0.05)?;
/// }
/// assert!(steps.loss()?.is_some_and(f32::is_finite));
/// let net = steps.into_model();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecordedSteps<M, F> {
    loss: F,
    /// `None` after an error.
    state: Option<State<M>>,
    /// Number of completed steps.
    steps: usize,
}

#[allow(clippy::large_enum_variant, reason = "there is one value for each training")]
enum State<M> {
    Dispatched(Work<M>),
    Recorded(Recording<Work<M>>, Constants),
}

impl<M: Module, F: FnMut(&M, Tensor<4>, Tensor<1, Int>) -> Tensor<1>> RecordedSteps<M, F> {
    /// Trains `model`, which is on `device` with autodiff, with the loss `[1]` that `loss` computes from the module, images
    /// `[batch, 1, 32, 32]` and labels `[batch]`.
    pub fn new(model: M, device: &Device, optimizer: Optimizer, loss: F) -> Self {
        Self { loss, state: Some(State::Dispatched(Work::new(model, device, optimizer))), steps: 0 }
    }

    /// Makes one step. Does not wait for the device.
    ///
    /// # Errors
    /// [`Error::NoGradient`] if the module is on a device without autodiff, and [`Error::Device`] if the device does not record the step:
    /// the loss copies numbers to the device, reads some back, or leaves out a parameter. The module is lost then.
    pub fn step(&mut self, batch: HostBatch, learning_rate: f64) -> Result<(), Error> {
        let lost = || Error::Device("an earlier step failed".to_owned());
        let state = match self.state.take().ok_or_else(lost)? {
            State::Recorded(recording, constants) if recording.state().batch_size() == batch.len() => {
                self.replay(recording, constants, batch, learning_rate)?
            }
            State::Recorded(recording, _) => {
                let mut work = recording.into_state();
                work.set_steps(self.steps);
                self.dispatch(work, batch, learning_rate)?
            }
            State::Dispatched(work) if work.batch_size() == batch.len() => {
                self.record(work, batch, learning_rate)?
            }
            State::Dispatched(work) => self.dispatch(work, batch, learning_rate)?,
        };
        self.state = Some(state);
        self.steps += 1;
        Ok(())
    }

    fn dispatch(&mut self, mut work: Work<M>, batch: HostBatch, rate: f64) -> Result<State<M>, Error> {
        work.load(batch);
        let (work, _) = work.step(&mut self.loss, Updates::default(), rate);
        if work.loss.is_none() { Err(Error::NoGradient) } else { Ok(State::Dispatched(work)) }
    }

    fn record(&mut self, mut work: Work<M>, batch: HostBatch, rate: f64) -> Result<State<M>, Error> {
        let device = work.device.clone();
        let Some(constants) = Constants::new(&work.updates(self.steps + 1, rate), &device) else {
            return self.dispatch(work, batch, rate);
        };
        work.load(batch.clone());
        let mut in_place = false;
        let recording = record(&device, work, |work| {
            let (work, updates) = work.step(&mut self.loss, Updates::with_constants(constants.clone()), rate);
            in_place = updates.are_in_place();
            work
        });
        let recording = recording.map_err(device_error)?;
        if recording.state().loss.is_none() {
            return Err(Error::NoGradient);
        }
        if !in_place {
            let reason = "it leaves out a parameter, or something else holds the parameters";
            return Err(Error::Device(format!("the step cannot be recorded: {reason}")));
        }
        self.replay(recording, constants, batch, rate)
    }

    fn replay(
        &mut self,
        mut recording: Recording<Work<M>>,
        constants: Constants,
        batch: HostBatch,
        rate: f64,
    ) -> Result<State<M>, Error> {
        let work = recording.state();
        constants.set(&work.updates(self.steps + 1, rate));
        if let Some(there) = &work.batch {
            overwrite_floats(&there.images, batch.images);
            overwrite_integers(&there.labels, &batch.labels);
        }
        recording.replay().map_err(device_error)?;
        Ok(State::Recorded(recording, constants))
    }
}

impl<M, F> RecordedSteps<M, F> {
    /// The loss of the last step, or `None` before the first one. **Waits for the device.**
    ///
    /// # Errors
    /// [`Error::Device`] if the device failed.
    pub fn loss(&self) -> Result<Option<f32>, Error> {
        let Some(loss) = self.work().and_then(|work| work.loss.clone()) else { return Ok(None) };
        loss.try_into_scalar().map(Some).map_err(device_error)
    }

    /// The module, or `None` after an error. The next step changes its numbers, and those of its clones.
    pub fn model(&self) -> Option<&M> {
        self.work().map(|work| &work.model)
    }

    /// The module, or `None` after an error.
    pub fn into_model(self) -> Option<M> {
        Some(match self.state? {
            State::Dispatched(work) => work.model,
            State::Recorded(recording, _) => recording.into_state().model,
        })
    }

    fn work(&self) -> Option<&Work<M>> {
        Some(match self.state.as_ref()? {
            State::Dispatched(work) => work,
            State::Recorded(recording, _) => recording.state(),
        })
    }
}

fn device_error(error: impl ToString) -> Error {
    Error::Device(error.to_string())
}

impl<M, F> std::fmt::Debug for RecordedSteps<M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let recorded = matches!(self.state, Some(State::Recorded(..)));
        f.debug_struct("RecordedSteps")
            .field("steps", &self.steps)
            .field("recorded", &recorded)
            .finish_non_exhaustive()
    }
}
