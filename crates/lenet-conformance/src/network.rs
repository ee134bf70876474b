//! The network's numbers on the host, under PyTorch's names and in PyTorch's layouts.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Gradients, Tensor};
use lenet_model::{Activations, LeNet};

use crate::{Array, Error};

/// A tensor by name.
pub type Named = (String, Array);

/// The ten parameters.
///
/// # Errors
/// [`Error::Read`].
pub fn parameters(net: &LeNet) -> Result<Vec<Named>, Error> {
    let mut reader = Reader { arrays: Vec::new() };
    net.visit(&mut reader);
    let names = lenet_train::parameters(net);
    let named = names.iter().zip(reader.arrays);
    named.map(|(parameter, array)| Ok((parameter.name.clone(), array?.transposed()))).collect()
}

/// The gradients of the ten parameters, and those gradients in the form that an optimizer takes.
///
/// # Errors
/// [`Error::NoGradient`], [`Error::Read`].
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

/// The activations in the order in which they are computed, by the names in the tutorial's picture.
///
/// # Errors
/// [`Error::Read`].
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

struct Reader {
    arrays: Vec<Result<Array, Error>>,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.arrays.push(Array::read(param.val()));
    }
}
