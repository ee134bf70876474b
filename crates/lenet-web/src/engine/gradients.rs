//! Gradients with PyTorch's names and layouts.

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_model::LeNet;

use super::network::numbers;
use crate::Error;

/// The gradients of `loss` with respect to the parameters of `net`: names, and numbers in PyTorch's layout.
pub(super) fn by_name(loss: &Tensor<1>, net: &LeNet) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let mut named = Named { gradients: GradientsParams::from_grads(loss.backward(), net), named: Vec::new() };
    for (name, layer) in [("conv1", &net.conv1), ("conv2", &net.conv2)] {
        named.add(name, &layer.weight, &layer.bias)?;
    }
    for (name, layer) in [("fc1", &net.fc1), ("fc2", &net.fc2), ("fc3", &net.fc3)] {
        named.add(name, &layer.weight, &layer.bias)?;
    }
    Ok(named.named)
}

struct Named {
    gradients: GradientsParams,
    named: Vec<(String, Vec<f32>)>,
}

impl Named {
    /// Adds the gradients of a layer.
    fn add<const D: usize>(
        &mut self,
        layer: &str,
        weight: &Param<Tensor<D>>,
        bias: &Option<Param<Tensor<1>>>,
    ) -> Result<(), Error> {
        let values = self.values(weight)?;
        let values = match weight.dims()[..] {
            // Burn's linear layers are `[in, out]`.
            [inputs, outputs] => transpose(inputs, outputs, &values),
            _ => values,
        };
        self.named.push((format!("{layer}.weight"), values));
        if let Some(bias) = bias {
            let values = self.values(bias)?;
            self.named.push((format!("{layer}.bias"), values));
        }
        Ok(())
    }

    fn values<const D: usize>(&self, parameter: &Param<Tensor<D>>) -> Result<Vec<f32>, Error> {
        let gradient = self.gradients.get::<D>(parameter.id).ok_or(lenet_train::Error::NoGradient)?;
        numbers(gradient)
    }
}

/// `[rows, columns]` to `[columns, rows]`, on the host.
fn transpose(rows: usize, columns: usize, values: &[f32]) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}
