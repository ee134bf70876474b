//! Reads the network's parameters, gradients and activations back to the host, with PyTorch's names and
//! layouts.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Gradients, Tensor};
use lenet_model::{Activations, LeNet};

use crate::{Array, Error};

/// Name and values of a tensor.
pub type Named = (String, Array);

/// Reads the ten parameters.
///
/// # Errors
/// [`Error::Read`] if the device does not return a tensor.
pub fn parameters(net: &LeNet) -> Result<Vec<Named>, Error> {
    let mut reader = ParameterReader { arrays: Vec::new() };
    net.visit(&mut reader);
    let names = lenet_train::parameters(net);
    let named = names.iter().zip(reader.arrays);
    named.map(|(parameter, array)| Ok((parameter.name.clone(), array?.transposed()))).collect()
}

/// Reads the gradients of the ten parameters. Also returns them in the type that optimizers take.
///
/// # Errors
/// [`Error::NoGradient`] if a parameter has no gradient, [`Error::Read`] if the device does not return a
/// tensor.
pub fn gradients(net: &LeNet, gradients: Gradients) -> Result<(Vec<Named>, GradientsParams), Error> {
    let parameters = lenet_train::parameters(net);
    let gradients =
        lenet_train::Gradients::new(GradientsParams::from_grads(gradients, net), parameters.clone());
    let mut named = Vec::with_capacity(parameters.len());
    for parameter in parameters.iter() {
        let missing = || Error::NoGradient(parameter.name.clone());
        let flat = Array::read(gradients.get(&parameter.name).ok_or_else(missing)?)?;
        let array = Array { shape: parameter.shape.clone(), ..flat };
        named.push((parameter.name.clone(), array.transposed()));
    }
    Ok((named, gradients.into_params()))
}

/// Reads the activations, in the order of the network, with the layers' names in the tutorial's figure.
///
/// # Errors
/// [`Error::Read`] if the device does not return a tensor.
pub fn activations(activations: Activations) -> Result<Vec<(&'static str, Array)>, Error> {
    let Activations { c1, s2, c3, s4, f5, f6, output } = activations;
    Ok(vec![
        ("c1", Array::read(c1)?),
        ("s2", Array::read(s2)?),
        ("c3", Array::read(c3)?),
        ("s4", Array::read(s4)?),
        ("f5", Array::read(f5)?),
        ("f6", Array::read(f6)?),
        ("output", Array::read(output)?),
    ])
}

struct ParameterReader {
    arrays: Vec<Result<Array, Error>>,
}

impl ModuleVisitor for ParameterReader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.arrays.push(Array::read(param.val()));
    }
}
