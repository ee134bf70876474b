//! [`DeadRelus`]: shares of dead outputs of ReLU layers in a file.

use std::fmt;
use std::path::Path;

use burn::module::Module;
use lenet_report::run::ReluRecord;

use super::log_file::LogFile;
use crate::{AfterValidation, Error, Flow, Hook};

/// Appends a [`ReluRecord`] to a file after each validation, one JSON object per line. A fit that resumes from a
/// checkpoint first cuts off the lines written after it.
///
/// **Waits for the device** once an epoch. Reads only, and changes no bit of a training.
pub struct DeadRelus<F> {
    file: LogFile,
    images: u64,
    measure: F,
}

impl<F> fmt::Debug for DeadRelus<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadRelus")
            .field("file", &self.file)
            .field("images", &self.images)
            .finish_non_exhaustive()
    }
}

impl<F> DeadRelus<F> {
    /// Appends to the file at `path`, which is created if it does not exist. From the trained module without autodiff,
    /// `measure` returns the name of each layer, the number of outputs that are 0 for all of `images` images, and the
    /// number of all outputs.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened, [`Error::File`] if it is not a regular file.
    pub fn append(path: &Path, images: u64, measure: F) -> Result<Self, Error> {
        Ok(Self { file: LogFile::append(path)?, images, measure })
    }
}

impl<M: Module, B, F> Hook<M, B> for DeadRelus<F>
where
    F: FnMut(&M) -> Result<Vec<(String, usize, usize)>, Error>,
{
    fn name(&self) -> &'static str {
        "DeadRelus"
    }

    fn after_validation(&mut self, validation: &AfterValidation<'_, M>) -> Result<Flow, Error> {
        let measured = (self.measure)(&validation.model.valid())?;
        let (layers, dead) =
            measured.into_iter().map(|(layer, dead, all)| (layer, dead as f64 / all.max(1) as f64)).unzip();
        let record = ReluRecord { step: validation.step, layers, dead, images: self.images };
        self.file.write_json(&record)?;
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.file.restore("DeadRelus", state)
    }
}
