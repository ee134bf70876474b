//! [`TensorBoard`]: curves for TensorBoard.
//!
//! The event file is written here, because no crate can cut an existing file back to a checkpoint:
//! `tensorboard-rs` depends on old releases, `tfrecord` on dozens of crates. The format is small: records in
//! TensorFlow's `TFRecord` framing, each with a protocol-buffer message `Event`, which `prost` encodes.
//! `tests/hooks/check_tensorboard.py` reads such a file with TensorBoard's own reader.

use std::path::Path;

use prost::Message;

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
            let file_version = Some("brain.Event:2".to_owned());
            file.write(&record(&Event { wall_time: now(), file_version, ..Event::default() }))?;
        }
        Ok(Self { file, every })
    }

    /// Writes one event with the given names and scalars.
    ///
    /// # Errors
    /// [`Error::Io`] if the event cannot be written.
    pub fn scalars(&self, step: u64, scalars: &[(&str, f64)]) -> Result<(), Error> {
        let value = |(tag, number): &(&str, f64)| Value {
            tag: (*tag).to_owned(),
            simple_value: Some(*number as f32),
        };
        let summary = Some(Summary { value: scalars.iter().map(value).collect() });
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.file.write(&record(&Event { wall_time: now(), step, summary, file_version: None }))
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
fn record(event: &Event) -> Vec<u8> {
    let content = event.encode_to_vec();
    let length = (content.len() as u64).to_le_bytes();
    let sum = |bytes: &[u8]| {
        let sum = crc32c::crc32c(bytes);
        sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes() // As TFRecord masks it.
    };
    [&length[..], &sum(&length), &content, &sum(&content)].concat()
}

/// The parts of TensorFlow's [event.proto] and [summary.proto] that scalars need. Each `oneof` of the originals is
/// optional fields here; the bytes are the same.
///
/// [event.proto]: https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/core/util/event.proto
/// [summary.proto]: https://github.com/tensorflow/tensorflow/blob/v2.20.0/tensorflow/core/framework/summary.proto
#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
