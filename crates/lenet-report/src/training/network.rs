//! [`Network`]: the weights and the activations of a trained network as pictures.

use crate::picture::Picture;

/// What a network learnt.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Network {
    /// The weights of its layers.
    pub weights: Vec<Weights>,
    /// Images with the outputs of all layers.
    pub examples: Vec<Example>,
    /// For each layer with a ReLU, its name, the number of outputs that are 0 for all images, and the number of
    /// outputs.
    pub dead: Vec<(String, usize, usize)>,
    /// Number of images from which `dead` was counted.
    pub images: usize,
}

/// The weights of a layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Weights {
    /// Name of the layer, such as `C1`.
    pub name: String,
    /// What the picture shows.
    pub caption: String,
    /// The picture.
    pub picture: Picture,
}

/// An image, and what each layer makes of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Example {
    /// Index of the image in the test set.
    pub image: usize,
    /// Name of its class.
    pub label: String,
    /// Input and outputs of the layers in order.
    pub layers: Vec<Activation>,
    /// Probability of each class, in 0..=1.
    pub probabilities: Vec<f32>,
}

/// The output of a layer for one image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Activation {
    /// Name of the layer, such as `C1`.
    pub name: String,
    /// Its shape, such as `6@28×28`.
    pub shape: String,
    /// The numbers.
    pub picture: Picture,
}

impl Network {
    /// A network of these weights and examples.
    pub fn new(weights: Vec<Weights>, examples: Vec<Example>) -> Self {
        Self { weights, examples, ..Self::default() }
    }

    /// Sets, for each layer with a ReLU, its name, the number of outputs that are 0 for all of `images` images, and
    /// the number of outputs.
    pub fn dead(self, dead: Vec<(String, usize, usize)>, images: usize) -> Self {
        Self { dead, images, ..self }
    }
}

impl Weights {
    /// The weights of a layer.
    pub fn new(name: impl Into<String>, caption: impl Into<String>, picture: Picture) -> Self {
        Self { name: name.into(), caption: caption.into(), picture }
    }
}

impl Example {
    /// Image number `image` of the class `label`.
    pub fn new(
        image: usize,
        label: impl Into<String>,
        layers: Vec<Activation>,
        probabilities: Vec<f32>,
    ) -> Self {
        Self { image, label: label.into(), layers, probabilities }
    }
}

impl Activation {
    /// The output of a layer.
    pub fn new(name: impl Into<String>, shape: impl Into<String>, picture: Picture) -> Self {
        Self { name: name.into(), shape: shape.into(), picture }
    }
}
