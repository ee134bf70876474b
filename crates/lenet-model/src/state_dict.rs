//! [`StateDict`]: the parameters on the host, with PyTorch's names and layouts.

use burn::module::Param;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData};
use lenet_backend::floats;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::{Error, LeNet, Metadata, numbers};

/// Maximum number of classes: labels are bytes.
pub const MOST_CLASSES: usize = 256;
/// Number of classes of the tutorial: the digits.
const DIGITS: usize = 10;

/// The parameters of a [`LeNet`]: ten tensors in PyTorch's order, names and layouts
/// (convolutions `[out, in, height, width]`, linear layers `[out, in]`, biases `[out]`), row-major.
///
/// Files hold it, with its [`Metadata`], and the oracle of the conformance tests computes with it. It does not
/// depend on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct StateDict {
    pub(crate) parameters: Vec<Parameter>,
    metadata: Metadata,
}

/// One named tensor of a [`StateDict`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// PyTorch's name, such as `conv1.weight`.
    pub name: String,
    /// PyTorch's shape, such as `[6, 1, 5, 5]`.
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub values: Vec<f32>,
}

/// Name, shape and fan-in (inputs of one output number) of every parameter, in PyTorch's order. The first size
/// of the last two is the number of classes: [`shape`] has it for another number.
const PARAMETERS: [(&str, &[usize], usize); 10] = [
    ("conv1.weight", &[6, 1, 5, 5], 25),
    ("conv1.bias", &[6], 25),
    ("conv2.weight", &[16, 6, 5, 5], 150),
    ("conv2.bias", &[16], 150),
    ("fc1.weight", &[120, 400], 400),
    ("fc1.bias", &[120], 400),
    ("fc2.weight", &[84, 120], 120),
    ("fc2.bias", &[84], 120),
    ("fc3.weight", &[DIGITS, 84], 84),
    ("fc3.bias", &[DIGITS], 84),
];

impl StateDict {
    /// Random initial weights with the default distribution of PyTorch's `Conv2d` and `Linear`: weights and
    /// biases are uniform in ±1/√fan_in (PyTorch calls it Kaiming-uniform with a = √5). The bits depend
    /// on `seed` alone.
    pub fn random(seed: u64) -> Self {
        random(DIGITS, seed)
    }

    /// Random initial weights of a network with `classes` outputs: those of [`random`](Self::random), whose
    /// last layer has another size.
    ///
    /// # Errors
    /// [`Error::Classes`] if `classes` is 0 or above [`MOST_CLASSES`].
    pub fn random_with_classes(classes: usize, seed: u64) -> Result<Self, Error> {
        if classes == 0 || classes > MOST_CLASSES {
            return Err(Error::Classes { found: classes });
        }
        Ok(random(classes, seed))
    }

    /// The parameters of a [`LeNet`], in any order, without metadata. The first size of `fc3.weight` is the
    /// number of classes.
    ///
    /// # Errors
    /// [`Error::MissingTensor`], [`Error::ExtraTensor`] or [`Error::Shape`], naming the tensor.
    pub fn new(mut parameters: Vec<Parameter>) -> Result<Self, Error> {
        let position = |name: &str| PARAMETERS.iter().position(|(expected, ..)| *expected == name);
        if let Some(extra) = parameters.iter().find(|parameter| position(&parameter.name).is_none()) {
            return Err(Error::ExtraTensor { name: extra.name.clone() });
        }
        parameters.sort_by_key(|parameter| position(&parameter.name));
        let last = parameters.iter().find(|parameter| parameter.name == "fc3.weight");
        let classes = last.map_or(DIGITS, |weight| classes_in(&weight.shape));
        for (index, &(name, ..)) in PARAMETERS.iter().enumerate() {
            let shape = &*shape(index, classes);
            let found = parameters.get(index).filter(|parameter| parameter.name == name);
            let found = found.ok_or_else(|| Error::MissingTensor { name: name.to_owned() })?;
            if found.shape != shape || found.values.len() != shape.iter().product::<usize>() {
                return Err(wrong_shape(name, shape, &found.shape));
            }
        }
        match parameters.get(PARAMETERS.len()) {
            Some(twice) => Err(Error::ExtraTensor { name: twice.name.clone() }),
            None => Ok(Self { parameters, metadata: Metadata::new() }),
        }
    }

    /// The ten tensors, in PyTorch's order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.parameters.last().map_or(DIGITS, |bias| bias.values.len())
    }

    /// Names of the classes, normalisation of the images and temperature, as far as they are known.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The same weights with this metadata.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the number of class names is not the number of classes, if a name is empty, has
    /// more than 100 bytes or has a control character, or if the temperature is not finite or not above 0.
    pub fn with_metadata(self, metadata: Metadata) -> Result<Self, Error> {
        metadata.check(self.classes())?;
        Ok(Self { metadata, ..self })
    }

    /// The weights with the last layer, `fc3`, of `other`, which may have another number of classes; without
    /// metadata, which is that of the old classes.
    pub fn with_last_layer(self, other: Self) -> Self {
        let is_last = |parameter: &Parameter| parameter.name.starts_with("fc3.");
        let first = self.parameters.into_iter().filter(|parameter| !is_last(parameter));
        let last = other.parameters.into_iter().filter(is_last);
        Self { parameters: first.chain(last).collect(), metadata: Metadata::new() }
    }

    /// PyTorch's names of the ten tensors, in PyTorch's order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PARAMETERS.iter().map(|&(name, ..)| name)
    }

    /// Checks that a parameter of this name and shape exists, before its numbers are read.
    pub(crate) fn check(name: &str, found: &[usize]) -> Result<(), Error> {
        let Some(index) = PARAMETERS.iter().position(|(expected, ..)| *expected == name) else {
            return Err(Error::ExtraTensor { name: name.to_owned() });
        };
        let expected = shape(index, classes_in(found));
        if expected != found { Err(wrong_shape(name, &expected, found)) } else { Ok(()) }
    }
}

/// The number of classes in the shape of a parameter of the last layer; 10 if it cannot be one.
fn classes_in(shape: &[usize]) -> usize {
    shape.first().copied().filter(|classes| (1..=MOST_CLASSES).contains(classes)).unwrap_or(DIGITS)
}

/// The shape of a parameter of [`PARAMETERS`] in a network with `classes` outputs.
fn shape(index: usize, classes: usize) -> Vec<usize> {
    let (name, shape, _) = PARAMETERS[index];
    match shape {
        [_, inputs @ ..] if name.starts_with("fc3.") => [&[classes], inputs].concat(),
        _ => shape.to_vec(),
    }
}

fn random(classes: usize, seed: u64) -> StateDict {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let parameters = PARAMETERS.iter().enumerate().map(|(index, &(name, _, fan_in))| {
        let (shape, bound) = (shape(index, classes), 1.0 / (fan_in as f32).sqrt());
        let values = (0..shape.iter().product()).map(|_| bound * unit(rng.next_u32())).collect();
        Parameter { name: name.to_owned(), shape, values }
    });
    StateDict { parameters: parameters.collect(), metadata: Metadata::new() }
}

fn wrong_shape(name: &str, expected: &[usize], found: &[usize]) -> Error {
    Error::Shape { name: name.to_owned(), expected: expected.to_vec(), found: found.to_vec() }
}

impl Parameter {
    /// A tensor of PyTorch's `name` and `shape` with row-major `values`. [`StateDict::new`] checks them.
    pub fn new(name: impl Into<String>, shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self { name: name.into(), shape, values }
    }

    /// The tensor in Burn's layout: Burn's `Linear` computes `O = IW + b`, so its weight, the only matrix
    /// here, is the transpose of PyTorch's. The host transposes it, because Burn's matrix product sums a
    /// transposed view in another order, and a network must not depend on how it was loaded.
    pub(crate) fn to_burn(&self) -> TensorData {
        match self.shape[..] {
            [rows, columns] => TensorData::new(transpose(rows, columns, &self.values), [columns, rows]),
            _ => TensorData::new(self.values.clone(), self.shape.clone()),
        }
    }

    /// The inverse of [`to_burn`](Self::to_burn).
    pub(crate) fn from_burn(name: String, shape: &[usize], values: Vec<f32>) -> Self {
        match *shape {
            [rows, columns] if values.len() == rows * columns => {
                Self { name, shape: vec![columns, rows], values: transpose(rows, columns, &values) }
            }
            _ => Self { name, shape: shape.to_vec(), values },
        }
    }
}

/// `[rows, columns]` row-major to `[columns, rows]` row-major.
fn transpose(rows: usize, columns: usize, values: &[f32]) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}

/// Maps random bits to [-1, 1), uniformly. Uses 24 of the 32 bits, which an f32 holds exactly.
fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / (1 << 23) as f32 - 1.0
}

impl LeNet {
    /// Copies the parameters to the host, without metadata, which a network does not have. Waits for the device.
    ///
    /// # Errors
    /// [`Error::Dtype`] if a parameter is not f32, f16 or bf16, [`Error::Device`] if it cannot be read back.
    pub fn state_dict(&self) -> Result<StateDict, Error> {
        let mut parameters = Vec::with_capacity(PARAMETERS.len());
        for (name, layer) in [("conv1", &self.conv1), ("conv2", &self.conv2)] {
            parameters.push(read(format!("{name}.weight"), layer.weight.val())?);
            parameters.extend(read_bias(name, &layer.bias)?);
        }
        for (name, layer) in [("fc1", &self.fc1), ("fc2", &self.fc2), ("fc3", &self.fc3)] {
            parameters.push(read(format!("{name}.weight"), layer.weight.val())?);
            parameters.extend(read_bias(name, &layer.bias)?);
        }
        StateDict::new(parameters)
    }

    /// Replaces the weights, on `device`. The parameters keep their ids, so an optimizer's state stays valid.
    pub fn load_state_dict(self, state: &StateDict, device: &Device) -> Self {
        let mut parameters = state.parameters.iter();
        let mut next = || {
            // A StateDict holds ten parameters by construction, and ten are asked for below.
            #[allow(clippy::expect_used)]
            let parameter = parameters.next().expect("a StateDict holds ten parameters");
            parameter.to_burn()
        };
        let mut conv = |layer: Conv2d| Conv2d {
            weight: write(layer.weight, floats(next(), device)),
            bias: layer.bias.map(|bias| write(bias, floats(next(), device))),
            ..layer
        };
        let (conv1, conv2) = (conv(self.conv1), conv(self.conv2));
        let mut linear = |layer: Linear| Linear {
            weight: write(layer.weight, floats(next(), device)),
            bias: layer.bias.map(|bias| write(bias, floats(next(), device))),
        };
        Self { conv1, conv2, fc1: linear(self.fc1), fc2: linear(self.fc2), fc3: linear(self.fc3) }
    }
}

fn read<const D: usize>(name: String, tensor: Tensor<D>) -> Result<Parameter, Error> {
    let shape = tensor.dims();
    let values = numbers::of_tensor(&name, tensor)?;
    Ok(Parameter::from_burn(name, &shape, values))
}

fn read_bias(layer: &str, bias: &Option<Param<Tensor<1>>>) -> Result<Option<Parameter>, Error> {
    bias.as_ref().map(|bias| read(format!("{layer}.bias"), bias.val())).transpose()
}

fn write<const D: usize>(old: Param<Tensor<D>>, tensor: Tensor<D>) -> Param<Tensor<D>> {
    let mut new = Param::from_tensor(tensor);
    new.id = old.id;
    new
}
