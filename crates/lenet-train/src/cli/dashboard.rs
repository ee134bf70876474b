//! `--dashboard`: a live page about a training on the terminal.

mod curve;
mod misread;
mod status;
mod view;

use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

use burn::module::Module;
use lenet_backend::Device;
use lenet_data::{DigitSet, HostBatch};
use lenet_model::LeNet;
use lenet_train::hooks::Progress;
use lenet_train::{AfterEpoch, AfterStep, AfterValidation, Error, FitEnd, FitStart, Flow, Hook};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use super::interrupt::Interrupt;
use super::print::print_note;
use status::Status;

/// Interval between two steps that the page shows. Reading the loss waits for the device, so no step in between does.
const REFRESH: Duration = Duration::from_millis(250);

/// A hook that shows the page. Reads only, and changes no bit of a training. When the page closes, the lines of its
/// epochs are printed as [`Progress`] prints them.
pub(super) struct Dashboard {
    /// `None` when the page is closed.
    terminal: Option<DefaultTerminal>,
    status: Status,
    interrupt: Interrupt,
    /// Images to search for misread ones.
    valid: DigitSet,
    device: Device,
    /// When a step was recorded last.
    recorded: Instant,
    /// Epochs whose lines are not printed yet.
    epochs: Vec<AfterEpoch>,
    /// Shows the rest of the training after the page is closed.
    lines: Progress,
}

impl Dashboard {
    /// Whether standard output and standard error are terminals.
    pub(super) fn is_possible() -> bool {
        stdout().is_terminal() && stderr().is_terminal()
    }

    /// Opens the page for a training of `epochs` epochs that is validated on `valid`. If the terminal cannot show a
    /// page, the hook prints lines.
    pub(super) fn open(epochs: u64, interrupt: Interrupt, valid: DigitSet, device: &Device) -> Self {
        // Restores the terminal after a panic, too.
        let terminal = ratatui::try_init();
        let terminal =
            terminal.map_err(|error| print_note(format_args!("the terminal shows no page: {error}"))).ok();
        Self {
            terminal,
            status: Status::new(epochs),
            interrupt,
            valid,
            device: device.clone(),
            recorded: Instant::now(),
            epochs: Vec::new(),
            lines: Progress::new(epochs).unit("images"),
        }
    }

    /// Draws the page and reads the keys. A terminal that is gone must not end the training.
    fn refresh(&mut self) {
        let Some(terminal) = &mut self.terminal else { return };
        // Drawing adapts to the size of the terminal.
        let drawn = terminal.draw(|frame| view::draw(&self.status, frame));
        match drawn.and_then(|_| is_end_asked_for()) {
            Ok(false) => {}
            Ok(true) => self.interrupt.request(),
            Err(_) => self.close(),
        }
        // From here on Ctrl-C is a signal again, of which the second one ends the program at once.
        if self.interrupt.is_requested() {
            self.close();
        }
    }

    /// Restores the terminal and prints the lines of the epochs.
    fn close(&mut self) {
        if self.terminal.take().is_some() {
            ratatui::restore();
            // Of its own: its bar ends with it, and the program may print other lines next.
            let mut lines = Progress::new(self.status.epochs).unit("images");
            for epoch in self.epochs.drain(..) {
                // Progress never fails.
                let _ = Hook::<LeNet, HostBatch>::after_epoch(&mut lines, &epoch);
            }
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.close();
    }
}

impl Hook<LeNet, HostBatch> for Dashboard {
    fn fit_start(&mut self, start: &FitStart<'_, LeNet>) -> Result<(), Error> {
        self.status.start(start.step, start.total_steps);
        self.refresh();
        Ok(())
    }

    fn after_step(&mut self, step: &AfterStep<'_, LeNet>) -> Result<Flow, Error> {
        if self.terminal.is_none() {
            return Hook::<LeNet, HostBatch>::after_step(&mut self.lines, step);
        }
        self.status.count(step.batch_size);
        // The end of an epoch draws the page as well, and of small data an epoch is shorter than the interval.
        if self.recorded.elapsed() >= REFRESH {
            self.recorded = Instant::now();
            self.status.step(step.epoch, step.step, step.learning_rate, step.loss.get()?);
            self.refresh();
        }
        Ok(Flow::Continue)
    }

    fn after_validation(&mut self, validation: &AfterValidation<'_, LeNet>) -> Result<Flow, Error> {
        if self.terminal.is_some() {
            let misread = misread::find(&validation.model.valid(), &self.valid, &self.device)?;
            self.status.misread = misread;
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        if self.terminal.is_none() {
            return Hook::<LeNet, HostBatch>::after_epoch(&mut self.lines, epoch);
        }
        self.status.epoch(epoch);
        self.epochs.push(epoch.clone());
        self.refresh();
        Ok(Flow::Continue)
    }

    fn fit_end(&mut self, _: &FitEnd<'_, LeNet>) -> Result<(), Error> {
        self.close();
        Ok(())
    }

    fn on_error(&mut self, _: &Error) {
        self.close();
    }
}

/// Whether `q` or Ctrl-C was pressed, which is a key on a terminal in raw mode. Does not wait.
fn is_end_asked_for() -> std::io::Result<bool> {
    let mut asked = false;
    while event::poll(Duration::ZERO)? {
        if let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            asked |= key.code == KeyCode::Char('q') || (is_ctrl && key.code == KeyCode::Char('c'));
        }
    }
    Ok(asked)
}
