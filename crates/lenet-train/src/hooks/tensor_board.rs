//! [`TensorBoard`]: curves for TensorBoard.
//!
//! The event file is written here, because no crate can cut an existing file back to a checkpoint:
//! `tensorboard-rs` depends on old releases, `tfrecord` on dozens of crates. The format is small: records in
//! TensorFlow's `TFRecord` framing, each with a protocol-buffer message `Event`.
//! `tests/hooks/check_tensorboard.py` reads such a file with TensorBoard's own reader.

use std::path::Path;

use super::log_file::LogFile;
use crate::clock::{SystemTime, UNIX_EPOCH};
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// TensorBoard reads any file with `tfevents` in its name.
const FILE: &str = "events.out.tfevents.0.lenet-train";

/// Writes `train/loss` and `train/learning_rate` of every `every` steps, and `epoch/train_loss`, `valid/loss`
/// and `valid/accuracy` of each epoch, for `tensorboard --logdir FOLDER`. A fit that resumes from a
/// checkpoint first cuts off everything written after it.
#[derive(Debug)]
pub struct TensorBoard {
    file: LogFile,
    every: u64,
}

impl TensorBoard {
    /// Appends every `every`-th step to the event file in `folder`, both created if they do not exist; 0
    /// appends no steps.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or written, [`Error::File`] if it is not a regular file.
    pub fn append(folder: &Path, every: u64) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|reason| Error::Io { path: folder.to_owned(), reason })?;
        let file = LogFile::append(&folder.join(FILE))?;
        if file.len()? == 0 {
            let mut event = Message::default();
            event.double(1, now()).bytes(3, b"brain.Event:2");
            file.write(&record(&event.0))?;
        }
        Ok(Self { file, every })
    }

    /// Writes one event with the given names and scalars.
    ///
    /// # Errors
    /// [`Error::Io`] if the event cannot be written.
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

impl<M, B> Hook<M, B> for TensorBoard {
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
            scalars.push(("valid/loss", valid.loss));
            scalars.extend(valid.accuracy.map(|accuracy| ("valid/accuracy", accuracy)));
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

/// A record: length, checksum of the length, content, checksum of the content.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    let sum = |bytes: &[u8]| {
        let sum = crc32c::crc32c(bytes);
        sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes() // As TFRecord masks it.
    };
    [&length[..], &sum(&length), content, &sum(content)].concat()
}

/// A protocol-buffer message. Each field is its number and wire type, then its value.
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

    /// Writes seven bits per byte, the lowest first; all bytes but the last have the top bit set.
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
