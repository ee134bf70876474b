//! Compares a backend's results with PyTorch's, within the oracle's bounds.
//!
//! The backend computes in f32 and PyTorch in f64, from the same f32 weights and images. The bounds include
//! the rounding error of f64, which PyTorch has as well as the oracle; see [`lenet_oracle`].
//!
//! ```
//! use lenet_oracle::Precision;
//! use lenet_conformance::parity::{FUSED, parity};
//!
//! let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
//! for row in parity(&device, &FUSED, &Precision::F32)? {
//!     println!("{}: {:.2} of its bound", row.quantity, row.comparison.hard);
//!     assert!(row.comparison.hard <= 1.0);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, TensorData};
use lenet_backend::ops::{conv_relu_pool, linear_relu};
use lenet_model::{Activations, LeNet};
use lenet_train::{Loss, mse};

use crate::Error;
use crate::pytorch::{Case, Fixture};
use lenet_oracle::{self as oracle, Comparison, PARAMETERS, Precision};

type Tensor<const D: usize> = burn::tensor::Tensor<D>;

/// An implementation of the forward pass.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Network {
    /// `stock` or `fused`.
    pub name: &'static str,
    /// Maps images `[batch, 1, 32, 32]` to the names and outputs of layers, each `[batch, elements]`. The
    /// last is `output`, the logits.
    pub forward: fn(&LeNet, Tensor<4>) -> Vec<(&'static str, Tensor<2>)>,
}

impl Network {
    /// An implementation with this name.
    pub const fn new(
        name: &'static str,
        forward: fn(&LeNet, Tensor<4>) -> Vec<(&'static str, Tensor<2>)>,
    ) -> Self {
        Self { name, forward }
    }
}

/// Burn's own operations, none of them fused.
pub const STOCK: Network = Network::new("stock", stock);

/// This workspace's fused operations, as [`LeNet::forward`] uses them. They do not return C1 and C3.
pub const FUSED: Network = Network::new("fused", fused);

/// The comparison of one tensor with PyTorch's.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Batch, loss and tensor, such as `mnist.ce.grad.conv1.weight`.
    pub quantity: String,
    /// Errors with respect to PyTorch's values, relative to the oracle's bounds.
    pub comparison: Comparison,
}

/// Compares every activation, loss and gradient of the [`Fixture`]. `device` must have autodiff and compute
/// in `precision`.
///
/// # Errors
/// [`Error::Read`], [`Error::NoGradient`]; [`Error::Fixture`] if the fixture is incomplete.
pub fn parity(device: &Device, network: &Network, precision: &Precision) -> Result<Vec<Row>, Error> {
    let fixture = Fixture::new()?;
    let net = LeNet::with_state_dict(&fixture.state_dict()?, device);
    let mut rows: Vec<Row> = Vec::new();
    for case in Case::ALL {
        let expected = expected(&fixture, case, precision)?;
        for (quantity, found) in compute(&fixture, case, &net, network, device)? {
            let missing = || Error::Fixture(format!("there is no tensor `{quantity}`"));
            let expected = expected.get(&quantity).ok_or_else(missing)?;
            // The two losses of a batch have the same activations.
            if rows.iter().all(|row| row.quantity != quantity) {
                rows.push(Row { comparison: expected.compare(&found), quantity });
            }
        }
    }
    Ok(rows)
}

/// PyTorch's values with the oracle's bounds.
fn expected(
    fixture: &Fixture,
    case: Case,
    precision: &Precision,
) -> Result<BTreeMap<String, oracle::Tensor>, Error> {
    let Case { batch, loss } = case;
    let (oracle, images) = (fixture.oracle()?, fixture.tensor(&format!("{batch}.x"))?);
    let mut activations = oracle.forward(images, precision);
    oracle.sharpen(&mut activations);
    let at_output = fixture.loss(case, &activations.output, precision)?;
    let gradients = oracle.backward(images, &activations, &at_output.gradient, precision);

    let layers = activations.named().map(|(name, bounds)| (format!("{batch}.{name}"), bounds.clone()));
    let gradients =
        gradients.named().map(|(name, bounds)| (format!("{batch}.{loss}.grad.{name}"), bounds.clone()));
    let loss = (format!("{batch}.{loss}.loss"), oracle::Tensor::scalar(at_output.loss));
    let all = layers.into_iter().chain(gradients).chain([loss]);
    all.map(|(name, bounds)| {
        let values = fixture.tensor(&name)?.values.clone();
        Ok((name, oracle::Tensor { values, ..bounds }))
    })
    .collect()
}

/// The backend's results, in the fixture's layouts.
fn compute(
    fixture: &Fixture,
    case: Case,
    net: &LeNet,
    network: &Network,
    device: &Device,
) -> Result<Vec<(String, Vec<f64>)>, Error> {
    let Case { batch, loss } = case;
    let images = to_device::<4>(fixture.tensor(&format!("{batch}.x"))?, device).require_grad();
    let mut layers = (network.forward)(net, images.clone());
    let mut found = Vec::new();
    for (name, layer) in &layers {
        found.push((format!("{batch}.{name}"), read(layer.clone())?));
    }
    let logits = layers.pop().map(|(_, logits)| logits).ok_or_else(|| Error::NoGradient("output".into()))?;
    let value = match loss {
        "ce" => {
            let labels: Vec<i64> = fixture.labels()?.into_iter().map(|label| label as i64).collect();
            Loss::CrossEntropy.forward(logits, burn::tensor::Tensor::<1, Int>::from_data(&labels[..], device))
        }
        _ => mse(logits, to_device::<2>(&fixture.target(case)?, device)),
    };
    found.push((format!("{batch}.{loss}.loss"), read(value.clone())?));

    let gradients = value.backward();
    let mut reader = Reader { gradients: &gradients, found: Vec::new() };
    net.visit(&mut reader);
    reader.take(&images, "input");
    for (name, values) in reader.found {
        found.push((format!("{batch}.{loss}.grad.{name}"), values?));
    }
    Ok(found)
}

/// Reads gradients in the order of [`PARAMETERS`]. Transposes matrices, because Burn stores the weight of a
/// linear layer as `[inputs, outputs]` and PyTorch as `[outputs, inputs]`.
struct Reader<'a> {
    gradients: &'a Gradients,
    found: Vec<(&'static str, Result<Vec<f64>, Error>)>,
}

impl Reader<'_> {
    fn take<const D: usize>(&mut self, tensor: &Tensor<D>, name: &'static str) {
        let gradient = tensor.grad(self.gradients).ok_or_else(|| Error::NoGradient(name.to_owned()));
        let gradient =
            gradient.and_then(|gradient| read(if D == 2 { gradient.transpose() } else { gradient }));
        self.found.push((name, gradient));
    }
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some((name, _)) = PARAMETERS.get(self.found.len()) {
            self.take(&parameter.val(), name);
        }
    }
}

fn stock(net: &LeNet, images: Tensor<4>) -> Vec<(&'static str, Tensor<2>)> {
    let Activations { c1, s2, c3, s4, f5, f6, output } = net.activations(images);
    let [c1, s2, c3, s4] = [c1, s2, c3, s4].map(|layer| layer.flatten(1, 3));
    vec![("c1", c1), ("s2", s2), ("c3", c3), ("s4", s4), ("f5", f5), ("f6", f6), ("output", output)]
}

fn fused(net: &LeNet, images: Tensor<4>) -> Vec<(&'static str, Tensor<2>)> {
    let mut layers = Vec::new();
    if let (Some(b1), Some(b2), Some(b3), Some(b4)) =
        (&net.conv1.bias, &net.conv2.bias, &net.fc1.bias, &net.fc2.bias)
    {
        let s2 = conv_relu_pool(images.clone(), net.conv1.weight.val(), b1.val());
        let s4 = conv_relu_pool(s2.clone(), net.conv2.weight.val(), b2.val()).flatten(1, 3);
        let f5 = linear_relu(s4.clone(), net.fc1.weight.val(), b3.val());
        let f6 = linear_relu(f5.clone(), net.fc2.weight.val(), b4.val());
        layers = vec![("s2", s2.flatten(1, 3)), ("s4", s4), ("f5", f5), ("f6", f6)];
    }
    layers.push(("output", net.forward(images)));
    layers
}

fn to_device<const D: usize>(tensor: &oracle::Tensor, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(tensor.values.clone(), tensor.shape.clone()), device)
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Error> {
    tensor.try_into_vec_as().map_err(|error| Error::Read(error.to_string()))
}
