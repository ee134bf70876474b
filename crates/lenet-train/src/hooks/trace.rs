//! [`Trace`]: where the time of a training goes, as a file that Perfetto shows.

mod events;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, Error, Flow, Hook,
    StepTiming,
};
use events::Events;

/// Records the time of each part of a training: a span for each epoch, step, validation and checkpoint, and in a step
/// the spans `load`, `forward`, `loss`, `backward`, `hooks` and `optimizer`. [`write`](Self::write) writes them in the
/// [trace event format][format], which `ui.perfetto.dev` and `chrome://tracing` open.
///
/// The times are those of the host: a device that works through a queue may do the work later. The memory is bounded:
/// after [`limit`](Self::limit) spans no more are recorded, and the file says at which step. Waits for no device and
/// changes no bit of a training.
///
/// The hook is a pair: [`first`](Self::first) is the first hook of a training and [`last`](Self::last) the last one, and
/// the time of the hooks between them is that of the spans `hooks`.
///
/// ```
/// # use lenet_data::{HostBatch, Loader, synthetic};
/// # use lenet_model::LeNet;
/// # use lenet_train::{Loss, Trainer, hooks::{ClipGradNorm, Trace}};
/// # let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
/// # let digits = Loader::new(synthetic::digits(42, 0..64)?, 16)?;
/// let trace = Trace::new();
/// let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
///     let batch = batch.to_device(&device);
///     let logits = net.forward(batch.images);
///     trace.loss_begins(); // May be left out: then `forward` includes the loss.
///     Loss::CrossEntropy.forward(logits, batch.labels)
/// });
/// let trainer = trainer.hook(trace.first()).hook(ClipGradNorm::new(1.0)).hook(trace.last());
/// trainer.fit(LeNet::new(42, &device), &digits)?;
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("trace.json");
/// trace.write(&file)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [format]: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
#[derive(Clone, Debug, Default)]
pub struct Trace {
    recorder: Rc<RefCell<Recorder>>,
}

/// The spans until now, and the moments of the current step.
#[derive(Debug, Default)]
struct Recorder {
    events: Events,
    /// The epoch and its begin; `None` between epochs, and for the rest of an epoch after resuming.
    epoch: Option<(u64, Instant)>,
    /// End of the previous step or epoch, if a checkpoint may follow, and whether one did.
    idle: Option<Instant>,
    saves: bool,
    ready: Option<Instant>,
    loss: Option<Instant>,
    backward: Option<Instant>,
    /// Begin of the step, and of the hooks after it.
    step: Option<(Instant, Instant)>,
    validation: Option<Instant>,
    /// Begin of the hooks after validation.
    validated: Option<Instant>,
}

impl Trace {
    /// A trace without spans, with a limit of 100,000 spans: 11,000 steps, in a file of some 10 MB.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of spans that are recorded at most.
    pub fn limit(self, spans: usize) -> Self {
        self.recorder.borrow_mut().events.limit = spans;
        self
    }

    /// The hook to add before all others.
    pub fn first(&self) -> TraceFirst {
        TraceFirst(Rc::clone(&self.recorder))
    }

    /// The hook to add after all others.
    pub fn last(&self) -> TraceLast {
        TraceLast(Rc::clone(&self.recorder))
    }

    /// Ends the span `forward` of the current step, and begins its span `loss`.
    pub fn loss_begins(&self) {
        self.recorder.borrow_mut().loss = Some(Instant::now());
    }

    /// Writes the trace to a file, after or during a fit.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Error> {
        let mut recorder = self.recorder.borrow_mut();
        recorder.end_idle(Instant::now());
        Ok(lenet_files::write(file, recorder.events.to_json().as_bytes())?)
    }
}

impl Recorder {
    /// Ends the time after a step or an epoch: it was a checkpoint if the hooks were asked for their states.
    fn end_idle(&mut self, now: Instant) {
        if let Some(begin) = self.idle.take()
            && std::mem::take(&mut self.saves)
        {
            self.events.add("checkpoint", None, begin, now);
        }
    }

    /// Adds the spans of a step whose update ended at `now`.
    fn step(&mut self, number: u64, timing: StepTiming, now: Instant) {
        let (Some(ready), Some(backward)) = (self.ready.take(), self.backward.take()) else { return };
        let StepTiming { data, forward, backward: back, update } = timing;
        let earlier = |moment: Instant, time| moment.checked_sub(time).unwrap_or(moment);
        let begin = earlier(ready, data);
        self.end_idle(begin);
        let back_begin = earlier(backward, back);
        let forward_begin = earlier(back_begin, forward).max(ready);
        let loss = self.loss.take().unwrap_or(back_begin).clamp(forward_begin, back_begin);
        let update_begin = earlier(now, update).max(backward);
        for (name, begin, end) in [
            ("load", begin, ready),
            ("hooks", ready, forward_begin),
            ("forward", forward_begin, loss),
            ("loss", loss, back_begin),
            ("backward", back_begin, backward),
            ("hooks", backward, update_begin),
            ("optimizer", update_begin, now),
        ] {
            self.events.add(name, Some(number), begin, end);
        }
        self.step = Some((begin, now));
    }
}

/// The first hook of a [`Trace`].
#[derive(Debug)]
pub struct TraceFirst(Rc<RefCell<Recorder>>);

impl<M, B> Hook<M, B> for TraceFirst {
    fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
        let (mut recorder, now) = (self.0.borrow_mut(), Instant::now());
        recorder.end_idle(now);
        recorder.epoch = Some((start.epoch, now));
        Ok(Flow::Continue)
    }

    fn batch_ready(&mut self, _: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        self.0.borrow_mut().ready = Some(Instant::now());
        Ok(Flow::Continue)
    }

    fn after_backward(&mut self, _: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        self.0.borrow_mut().backward = Some(Instant::now());
        Ok(Flow::Continue)
    }

    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        self.0.borrow_mut().step(step.step, step.timing, Instant::now());
        Ok(Flow::Continue)
    }

    fn for_validation(&self, model: M) -> M {
        let (mut recorder, now) = (self.0.borrow_mut(), Instant::now());
        recorder.end_idle(now);
        recorder.validation = Some(now);
        model
    }

    fn after_validation(&mut self, _: &AfterValidation<'_, M>) -> Result<Flow, Error> {
        let (mut recorder, now) = (self.0.borrow_mut(), Instant::now());
        if let Some(begin) = recorder.validation.take() {
            recorder.events.add("validation", None, begin, now);
        }
        recorder.validated = Some(now);
        Ok(Flow::Continue)
    }

    /// A checkpoint asks every hook for its state.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.0.borrow_mut().saves = true;
        Ok(None)
    }
}

/// The last hook of a [`Trace`].
#[derive(Debug)]
pub struct TraceLast(Rc<RefCell<Recorder>>);

impl<M, B> Hook<M, B> for TraceLast {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        let (mut recorder, now) = (self.0.borrow_mut(), Instant::now());
        if let Some((begin, hooks)) = recorder.step.take() {
            recorder.events.add("hooks", Some(step.step), hooks, now);
            recorder.events.add("step", Some(step.step), begin, now);
        }
        recorder.idle = Some(now);
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, _: &AfterEpoch) -> Result<Flow, Error> {
        let (mut recorder, now) = (self.0.borrow_mut(), Instant::now());
        if let Some(begin) = recorder.validated.take() {
            recorder.events.add("hooks", None, begin, now);
        }
        if let Some((number, begin)) = recorder.epoch.take() {
            recorder.events.add("epoch", Some(number), begin, now);
        }
        recorder.idle = Some(now);
        Ok(Flow::Continue)
    }
}
