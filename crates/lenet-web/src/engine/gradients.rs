//! Gradients with PyTorch's names and layouts.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_model::LeNet;
use lenet_train::{Gradients, parameters};

use super::network::numbers;
use crate::Error;

/// The gradients of `loss` with respect to the parameters of `net`: names, and numbers in PyTorch's layout.
pub(super) fn by_name(loss: &Tensor<1>, net: &LeNet) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let parameters = parameters(net);
    let gradients = Gradients::new(GradientsParams::from_grads(loss.backward(), net), parameters.clone());
    let mut named = Vec::new();
    for parameter in parameters.iter() {
        let gradient = gradients.get(&parameter.name).ok_or(lenet_train::Error::NoGradient)?;
        let values = match parameter.shape[..] {
            // Burn's linear layers are `[in, out]`.
            [inputs, outputs] => numbers(gradient.reshape([inputs, outputs]).transpose())?,
            _ => numbers(gradient)?,
        };
        named.push((parameter.name.clone(), values));
    }
    Ok(named)
}
