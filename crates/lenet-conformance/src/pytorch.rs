//! [`Fixture`]: PyTorch's f64 results for this network, from `fixtures/pytorch.safetensors`.
//!
//! `fixtures/generate.py` writes the file. It contains the initial weights of a LeNet, two batches (eight
//! digits of MNIST; one image of random numbers), and the activations, losses and gradients for them.

use std::collections::BTreeMap;

use lenet_model::{Parameter, StateDict};
use safetensors::{Dtype, SafeTensors};

use crate::Error;
use lenet_oracle::{self as oracle, LossAndGradient, PARAMETERS, Precision, Tensor};

/// The tensors of a fixture file, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixture {
    tensors: BTreeMap<String, Tensor>,
}

/// A batch and a loss that the fixture has results for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// `mnist`, `[8, 1, 32, 32]`, or `randn`, `[1, 1, 32, 32]`.
    pub batch: &'static str,
    /// `ce`, cross-entropy, or `mse`, both means.
    pub loss: &'static str,
}

impl Case {
    /// All cases of the fixture.
    pub const ALL: [Self; 3] = [
        Self { batch: "mnist", loss: "ce" },
        Self { batch: "mnist", loss: "mse" },
        Self { batch: "randn", loss: "mse" },
    ];
}

impl Fixture {
    /// Parses `fixtures/pytorch.safetensors`, which is compiled into the program.
    ///
    /// # Errors
    /// [`Error::Fixture`].
    pub fn new() -> Result<Self, Error> {
        Self::parse(include_bytes!("../fixtures/pytorch.safetensors"))
    }

    /// Parses a safetensors file with f32, f64 and i64 tensors, and converts them to f64. The conversion is
    /// exact, because i64 tensors contain labels.
    ///
    /// # Errors
    /// [`Error::Fixture`] if `file` is not such a file.
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        let file = SafeTensors::deserialize(file).map_err(|error| Error::Fixture(error.to_string()))?;
        let tensors = file.iter().map(|(name, view)| {
            let values = match view.dtype() {
                Dtype::F32 => numbers(view.data(), |bytes| f64::from(f32::from_le_bytes(bytes))),
                Dtype::F64 => numbers(view.data(), f64::from_le_bytes),
                Dtype::I64 => numbers(view.data(), |bytes| i64::from_le_bytes(bytes) as f64),
                other => return Err(Error::Fixture(format!("`{name}` holds {other:?}"))),
            };
            Ok((name.to_owned(), Tensor::exact(view.shape(), values)))
        });
        Ok(Self { tensors: tensors.collect::<Result<_, _>>()? })
    }

    /// The tensor with this name.
    ///
    /// # Errors
    /// [`Error::Fixture`] if there is no such tensor.
    pub fn tensor(&self, name: &str) -> Result<&Tensor, Error> {
        self.tensors.get(name).ok_or_else(|| Error::Fixture(format!("there is no tensor `{name}`")))
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The initial weights as a state dict.
    ///
    /// # Errors
    /// [`Error::Fixture`], [`Error::Model`].
    pub fn state_dict(&self) -> Result<StateDict, Error> {
        let parameters = PARAMETERS.iter().map(|(name, _)| {
            let Tensor { shape, values, .. } = self.tensor(&format!("initial.{name}"))?.clone();
            let values = values.into_iter().map(|value| value as f32).collect();
            Ok(Parameter::new(*name, shape, values))
        });
        Ok(StateDict::new(parameters.collect::<Result<_, Error>>()?)?)
    }

    /// The oracle's network with the initial weights.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn oracle(&self) -> Result<oracle::LeNet, Error> {
        Ok(oracle::LeNet::new(|name| self.tensors.get(&format!("initial.{name}")).cloned())?)
    }

    /// The labels of the MNIST batch.
    ///
    /// # Errors
    /// [`Error::Fixture`].
    pub fn labels(&self) -> Result<Vec<usize>, Error> {
        Ok(self.tensor("mnist.y")?.values.iter().map(|label| *label as usize).collect())
    }

    /// The regression target of a case: one-hot labels or random numbers.
    ///
    /// # Errors
    /// [`Error::Fixture`].
    pub fn target(&self, case: Case) -> Result<Tensor, Error> {
        match case.batch {
            "mnist" => Ok(oracle::one_hot(&self.labels()?, 10)),
            _ => self.tensor("randn.target").cloned(),
        }
    }

    /// The oracle's loss and gradient of a case, given the network's output.
    ///
    /// # Errors
    /// [`Error::Fixture`].
    pub fn loss(&self, case: Case, output: &Tensor, precision: &Precision) -> Result<LossAndGradient, Error> {
        Ok(match case.loss {
            "ce" => oracle::cross_entropy(output, &self.labels()?, 0.0, precision),
            _ => oracle::mse(output, &self.target(case)?, precision),
        })
    }
}

fn numbers<const SIZE: usize>(data: &[u8], number: impl Fn([u8; SIZE]) -> f64) -> Vec<f64> {
    data.as_chunks().0.iter().map(|bytes| number(*bytes)).collect()
}
