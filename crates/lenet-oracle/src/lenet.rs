//! [`LeNet`]: the forward and backward pass of the network.

use crate::{
    Conv2dGradients, Kinks, LinearGradients, Precision, Tensor, conv2d, conv2d_backward, linear,
    linear_backward, max_pool, max_pool_backward, relu, relu_backward,
};

/// Names and shapes of the ten parameters, in PyTorch's order and layouts.
pub const PARAMETERS: [(&str, &[usize]); 10] = [
    ("conv1.weight", &[6, 1, 5, 5]),
    ("conv1.bias", &[6]),
    ("conv2.weight", &[16, 6, 5, 5]),
    ("conv2.bias", &[16]),
    ("fc1.weight", &[120, 400]),
    ("fc1.bias", &[120]),
    ("fc2.weight", &[84, 120]),
    ("fc2.bias", &[84]),
    ("fc3.weight", &[10, 84]),
    ("fc3.bias", &[10]),
];

/// The LeNet of PyTorch's "Neural Networks" tutorial, with its ten parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct LeNet {
    parameters: Vec<Tensor>,
}

/// Output of each layer, by its name in the tutorial's figure, and the inputs of the ReLUs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Activations {
    /// C1 before ReLU: `[batch, 6, 28, 28]`.
    pub before_c1: Tensor,
    /// C1: `[batch, 6, 28, 28]`.
    pub c1: Tensor,
    /// S2: `[batch, 6, 14, 14]`.
    pub s2: Tensor,
    /// C3 before ReLU: `[batch, 16, 10, 10]`.
    pub before_c3: Tensor,
    /// C3: `[batch, 16, 10, 10]`.
    pub c3: Tensor,
    /// S4: `[batch, 16, 5, 5]`.
    pub s4: Tensor,
    /// F5 before ReLU: `[batch, 120]`.
    pub before_f5: Tensor,
    /// F5: `[batch, 120]`.
    pub f5: Tensor,
    /// F6 before ReLU: `[batch, 84]`.
    pub before_f6: Tensor,
    /// F6: `[batch, 84]`.
    pub f6: Tensor,
    /// OUTPUT, the logits: `[batch, 10]`.
    pub output: Tensor,
}

/// Gradients of a loss.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Gradients {
    /// Gradients with respect to the parameters, in the order of [`PARAMETERS`].
    pub parameters: Vec<Tensor>,
    /// Gradient with respect to the images: `[batch, 1, 32, 32]`.
    pub images: Tensor,
}

/// A parameter of the network is missing or has the wrong shape.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// There is no parameter with this name.
    #[error("the parameter `{name}` is missing")]
    Missing {
        /// PyTorch's name of the parameter.
        name: &'static str,
    },
    /// The parameter has the wrong shape.
    #[error("`{name}` has the shape {found:?}, expected {expected:?}")]
    Shape {
        /// PyTorch's name of the parameter.
        name: &'static str,
        /// Shape in [`PARAMETERS`].
        expected: &'static [usize],
        /// Shape of the given tensor.
        found: Vec<usize>,
    },
}

impl LeNet {
    /// Builds the network. `parameter` returns the tensor for each of PyTorch's names.
    ///
    /// # Errors
    /// [`ParameterError`] if a parameter is missing or has the wrong shape.
    pub fn new(parameter: impl Fn(&str) -> Option<Tensor>) -> Result<Self, ParameterError> {
        let parameters = PARAMETERS.map(|(name, expected)| {
            let found = parameter(name).ok_or(ParameterError::Missing { name })?;
            if found.shape == expected {
                Ok(found)
            } else {
                Err(ParameterError::Shape { name, expected, found: found.shape })
            }
        });
        Ok(Self { parameters: parameters.into_iter().collect::<Result<_, _>>()? })
    }

    /// The ten parameters, in the order of [`PARAMETERS`].
    pub fn parameters(&self) -> &[Tensor] {
        &self.parameters
    }

    /// Mutable access to the parameters. Their shapes must not change.
    pub fn parameters_mut(&mut self) -> &mut [Tensor] {
        &mut self.parameters
    }

    /// Forward pass of `images`, `[batch, 1, 32, 32]`.
    ///
    /// # Panics
    /// If `images` has another shape.
    pub fn forward(&self, images: &Tensor, precision: &Precision) -> Activations {
        let batch = images.shape[0];
        let layer = |index: usize| (&self.parameters[2 * index], &self.parameters[2 * index + 1]);
        let conv = |x: &Tensor, (weight, bias): (&Tensor, &Tensor)| conv2d(x, weight, bias, precision);
        let full = |x: &Tensor, (weight, bias): (&Tensor, &Tensor)| linear(x, weight, bias, precision);
        let before_c1 = conv(images, layer(0));
        let c1 = relu(&before_c1);
        let s2 = max_pool(&c1);
        let before_c3 = conv(&s2, layer(1));
        let c3 = relu(&before_c3);
        let s4 = max_pool(&c3);
        let before_f5 = full(&s4.clone().reshape(&[batch, 400]), layer(2));
        let f5 = relu(&before_f5);
        let before_f6 = full(&f5, layer(3));
        let f6 = relu(&before_f6);
        let output = full(&f6, layer(4));
        Activations { before_c1, c1, s2, before_c3, c3, s4, before_f5, f5, before_f6, f6, output }
    }

    /// Backward pass: gradients with respect to parameters and images. `activations` is the result of
    /// [`forward`](Self::forward) for `images`; `gradient` is the output gradient, `[batch, 10]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn backward(
        &self,
        images: &Tensor,
        activations: &Activations,
        gradient: &Tensor,
        precision: &Precision,
    ) -> Gradients {
        let a = activations;
        let weight = |index: usize| &self.parameters[2 * index];
        let flat = a.s4.clone().reshape(&[images.shape[0], 400]);
        let fc3 = linear_backward(&a.f6, weight(4), gradient, precision);
        let fc2 = linear_backward(&a.f5, weight(3), &relu_backward(&a.before_f6, &fc3.x), precision);
        let fc1 = linear_backward(&flat, weight(2), &relu_backward(&a.before_f5, &fc2.x), precision);
        let s4 = fc1.x.clone().reshape(&a.s4.shape);
        let c3 = relu_backward(&a.before_c3, &max_pool_backward(&a.c3, &s4));
        let conv2 = conv2d_backward(&a.s2, weight(1), &c3, precision);
        let c1 = relu_backward(&a.before_c1, &max_pool_backward(&a.c1, &conv2.x));
        let conv1 = conv2d_backward(images, weight(0), &c1, precision);
        let convs = [&conv1, &conv2].map(|Conv2dGradients { weight, bias, .. }| [weight, bias]);
        let linears = [&fc1, &fc2, &fc3].map(|LinearGradients { weight, bias, .. }| [weight, bias]);
        let parameters = convs.into_iter().chain(linears).flatten().cloned().collect();
        Gradients { parameters, images: conv1.x }
    }
}

impl Activations {
    /// Names and outputs of the layers, in the order of the network.
    pub fn named(&self) -> [(&'static str, &Tensor); 7] {
        [
            ("c1", &self.c1),
            ("s2", &self.s2),
            ("c3", &self.c3),
            ("s4", &self.s4),
            ("f5", &self.f5),
            ("f6", &self.f6),
            ("output", &self.output),
        ]
    }

    /// Statistics of the decisions of all ReLUs and max-pools.
    pub fn kinks(&self) -> Kinks {
        Kinks::of_relu("c1", &self.before_c1)
            .and(Kinks::of_max_pool("s2", &self.c1))
            .and(Kinks::of_relu("c3", &self.before_c3))
            .and(Kinks::of_max_pool("s4", &self.c3))
            .and(Kinks::of_relu("f5", &self.before_f5))
            .and(Kinks::of_relu("f6", &self.before_f6))
    }
}

impl Gradients {
    /// Gradients by PyTorch's names of the parameters; the gradient with respect to the images comes last, as
    /// `input`.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Tensor)> {
        let names = PARAMETERS.iter().map(|(name, _)| *name);
        names.zip(&self.parameters).chain([("input", &self.images)])
    }
}
