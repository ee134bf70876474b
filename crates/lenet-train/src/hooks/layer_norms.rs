//! [`LayerNorms`]: norms of the parameters and of their gradients in a file.

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Int, Tensor};
use lenet_backend::optim::GlobalNorm;
use lenet_report::run::LayerRecord;

use super::log_file::LogFile;
use crate::{AfterBackward, Error, Flow, Hook, parameters};

/// Appends a [`LayerRecord`] to a file, one JSON object per line, every `every` steps and at the last step of each
/// epoch. The gradients are those after the hooks before this one, such as clipping. A fit that resumes from a
/// checkpoint first cuts off the lines written after it.
///
/// **Waits for the device** at every recorded step. Reads only, and changes no bit of a training.
#[derive(Debug)]
pub struct LayerNorms {
    file: LogFile,
    every: u64,
}

impl LayerNorms {
    /// Appends to the file at `path`, which is created if it does not exist. Records every `every`-th step; 0
    /// records none.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened, [`Error::File`] if it is not a regular file.
    pub fn append(path: &Path, every: u64) -> Result<Self, Error> {
        Ok(Self { file: LogFile::append(path)?, every })
    }
}

impl<M: Module, B> Hook<M, B> for LayerNorms {
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        let is_due = self.every > 0 && (backward.step.is_multiple_of(self.every) || backward.last_of_epoch);
        if !is_due {
            return Ok(Flow::Continue);
        }
        // Those that are frozen, too: they have a weight and no gradient.
        let names: Vec<String> =
            parameters(backward.model).iter().map(|parameter| parameter.name.clone()).collect();
        let mut weights = Norms::default();
        backward.model.visit(&mut weights);
        let gradient = |name: &String| backward.gradients.get(name).and_then(norm);
        let gradients = names.iter().map(gradient).collect();
        let record = LayerRecord {
            step: backward.step,
            weights: read(weights.norms)?,
            gradients: read(gradients)?,
            names,
        };
        self.file.write_json(&record)?;
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.file.restore("LayerNorms", state)
    }
}

/// The norm of each parameter in the order of the module's fields; `None` for integers and booleans.
#[derive(Default)]
struct Norms {
    norms: Vec<Option<Tensor<1>>>,
}

impl ModuleVisitor for Norms {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        self.norms.push(norm(if tensor.is_autodiff() { tensor.inner() } else { tensor }));
    }

    fn visit_int<const D: usize>(&mut self, _: &Param<Tensor<D, Int>>) {
        self.norms.push(None);
    }

    fn visit_bool<const D: usize>(&mut self, _: &Param<Tensor<D, Bool>>) {
        self.norms.push(None);
    }
}

fn norm<const D: usize>(tensor: Tensor<D>) -> Option<Tensor<1>> {
    let mut norm = GlobalNorm::default();
    norm.add(tensor);
    norm.get()
}

/// Reads all norms back at once; a norm that is not finite is `None`.
fn read(norms: Vec<Option<Tensor<1>>>) -> Result<Vec<Option<f32>>, Error> {
    let present: Vec<Tensor<1>> = norms.iter().flatten().cloned().collect();
    if present.is_empty() {
        return Ok(vec![None; norms.len()]);
    }
    let values = Tensor::cat(present, 0).try_into_vec_as::<f32>();
    let mut values = values.map_err(|error| Error::Device(error.to_string()))?.into_iter();
    let value = |norm: Option<Tensor<1>>| norm.and_then(|_| values.next()).filter(|value| value.is_finite());
    Ok(norms.into_iter().map(value).collect())
}
