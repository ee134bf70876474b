//! [`TensorBoard`]: curves in a browser.
//!
//! Of the crates that write event files, `tensorboard-rs` has stood still on old releases of its dependencies,
//! `tfrecord` brings dozens of them, and none can go on behind a checkpoint in a file that is there. What is needed of
//! the format is little: records of TensorFlow's `TFRecord` framing, each with a protocol-buffer message `Event`.
//! `tests/hooks/check_tensorboard.py` reads such files with TensorBoard's own reader.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::log_file::LogFile;
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// TensorBoard takes any file with `tfevents` in its name.
const FILE: &str = "events.out.tfevents.0.lenet-train";

/// Writes `train/loss` and `train/learning_rate` of every so many steps, and `epoch/train_loss`, `valid/loss` and
/// `valid/accuracy` of each epoch, for `tensorboard --logdir FOLDER`. A fit that goes on from a checkpoint first cuts
/// off what was written after it.
pub struct TensorBoard {
    file: LogFile,
    every: u64,
}

impl TensorBoard {
    /// Appends to the event file in `folder`, which is created if need be, every `every`-th step.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened or written.
    pub fn append(folder: &Path, every: u64) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        let file = LogFile::append(&folder.join(FILE))?;
        if file.len()? == 0 {
            let mut event = Message::default();
            event.double(1, now()).bytes(3, b"brain.Event:2");
            file.write(&record(&event.0))?;
        }
        Ok(Self { file, every })
    }

    /// One event of any scalars.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn scalars(&self, step: u64, scalars: &[(&str, f64)]) -> Result<(), Error> {
        let mut summary = Message::default();
        for (tag, number) in scalars {
            let mut value = Message::default();
            value.bytes(1, tag.as_bytes()).float(2, *number as f32);
            summary.bytes(1, &value.0);
        }
        let mut event = Message::default();
        event.double(1, now()).integer(2, step).bytes(5, &summary.0);
        self.file.write(&record(&event.0))
    }
}

impl<M> Hook<M> for TensorBoard {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        if self.every != 0 && step.step.is_multiple_of(self.every) {
            let loss = f64::from(step.loss.get()?);
            self.scalars(step.step, &[("train/loss", loss), ("train/learning_rate", step.learning_rate)])?;
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let mut scalars = vec![("epoch/train_loss", epoch.train_loss)];
        if let Some(valid) = epoch.valid {
            scalars.extend([("valid/loss", valid.loss), ("valid/accuracy", valid.accuracy)]);
        }
        self.scalars(epoch.step, &scalars)?;
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.file.restore("TensorBoard", state)
    }
}

/// Length, checksum of it, content, checksum of it.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    let sum = |bytes: &[u8]| {
        let sum = crc32c::crc32c(bytes);
        sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes() // As TFRecord masks it.
    };
    [&length[..], &sum(&length), content, &sum(content)].concat()
}

/// A protocol-buffer message: each field is its number and wire type, then the value.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn double(&mut self, field: u8, value: f64) -> &mut Self {
        self.0.push(field << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn float(&mut self, field: u8, value: f32) -> &mut Self {
        self.0.push(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn integer(&mut self, field: u8, value: u64) -> &mut Self {
        self.0.push(field << 3);
        self.varint(value);
        self
    }

    fn bytes(&mut self, field: u8, value: &[u8]) -> &mut Self {
        self.0.push(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// Seven bits a byte, the lowest first; all but the last have the top bit.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
