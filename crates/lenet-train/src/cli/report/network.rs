//! The weights and the activations of a network as pictures.

use burn::tensor::{Device, Tensor};
use lenet_data::{SIDE, Samples};
use lenet_model::{LeNet, Parameter, StateDict};
use lenet_report::picture::{Picture, Scale};
use lenet_report::training::{Activation, Example, Network, Weights};

use super::super::{dead, stages};
use super::test::Tested;

/// Outputs are called silent if they are 0 for this number of images.
const IMAGES: usize = 1_000;
/// Number of classes of which the report shows an image.
const EXAMPLES: usize = 10;
/// Maps in a row of the picture of a layer.
const COLUMNS: usize = 4;
/// Side of a map of S4.
const S4: usize = 5;

pub(super) fn describe(
    state: &StateDict,
    net: &LeNet,
    tested: Option<&Tested>,
    device: &Device,
) -> anyhow::Result<Network> {
    let weights = weights(state.parameters());
    let Some(tested) = tested else { return Ok(Network::new(weights, Vec::new())) };
    let examples = examples(net, tested, device)?;
    let images = tested.test.len().min(IMAGES);
    let dead = dead::count(net, &tested.digits, images, device)?;
    Ok(Network::new(weights, examples).dead(dead, images))
}

/// A picture of each layer's weights.
fn weights(parameters: &[Parameter]) -> Vec<Weights> {
    let layers = [("conv1", "C1"), ("conv2", "C3"), ("fc1", "F5"), ("fc2", "F6"), ("fc3", "OUTPUT")];
    let weights = layers.iter().filter_map(|(layer, name)| {
        let parameter = format!("{layer}.weight");
        let Parameter { shape, values, .. } = parameters.iter().find(|found| found.name == parameter)?;
        let (picture, caption) = match shape[..] {
            [outputs, inputs, height, width] => filters([outputs, inputs, height, width], values),
            [outputs, inputs] if inputs == COLUMNS * COLUMNS * S4 * S4 => first_linear(outputs, values),
            [outputs, inputs] => (
                Picture::new(inputs, outputs, values, Scale::Signed),
                format!("a row for each of {outputs} outputs, a column for each of {inputs} inputs"),
            ),
            _ => return None,
        };
        Some(Weights::new(*name, caption, picture))
    });
    weights.collect()
}

/// A column for each filter, a row for each of its input maps.
fn filters([outputs, inputs, height, width]: [usize; 4], values: &[f32]) -> (Picture, String) {
    let tile = |index: usize| {
        let (input, output) = (index / outputs, index % outputs);
        &values[(output * inputs + input) * height * width..][..height * width]
    };
    let tiles: Vec<&[f32]> = (0..inputs * outputs).map(tile).collect();
    let caption = match inputs {
        1 => format!("{outputs} filters of {height}×{width}"),
        _ => format!("{outputs} filters, a column each, over {inputs} maps, a row each, of {height}×{width}"),
    };
    (Picture::tiles([width, height], &tiles, outputs, Scale::Signed), caption)
}

/// The weights of the first linear layer: for each output, those to the 16 maps of S4, 4 maps in a row.
fn first_linear(outputs: usize, values: &[f32]) -> (Picture, String) {
    const SIDE: usize = COLUMNS * S4;
    let tile = |row: &[f32]| -> Vec<f32> {
        let at = |index: usize| {
            let (y, x) = (index / SIDE, index % SIDE);
            row[(y / S4 * COLUMNS + x / S4) * S4 * S4 + y % S4 * S4 + x % S4]
        };
        (0..SIDE * SIDE).map(at).collect()
    };
    let tiles: Vec<Vec<f32>> = values.chunks_exact(SIDE * SIDE).map(tile).collect();
    let tiles: Vec<&[f32]> = tiles.iter().map(Vec::as_slice).collect();
    let caption = format!("for each of {outputs} outputs, its weights to the 16 maps of S4, 4 maps in a row");
    (Picture::tiles([SIDE, SIDE], &tiles, 15, Scale::Signed), caption)
}

/// The first rightly read image of each class with the outputs of all layers.
fn examples(net: &LeNet, tested: &Tested, device: &Device) -> anyhow::Result<Vec<Example>> {
    let Tested { digits, test } = tested;
    let first =
        |class: u8| (0..test.len()).find(|&image| test.labels[image] == class && test.is_right(image));
    let classes = (0..=u8::MAX).take(test.classes.len().min(EXAMPLES));
    let stages = stages::of(net);
    let example = |image: usize| {
        let images = digits.gather(&[image])?.to_device(device).images;
        let outputs = net.activations(images.clone());
        let mut pictures = Vec::new();
        for layer in [images, outputs.c1, outputs.s2, outputs.c3, outputs.s4] {
            pictures.push(maps(layer)?);
        }
        let units_of =
            [(outputs.f5, Scale::Grey), (outputs.f6, Scale::Grey), (outputs.output, Scale::Signed)];
        for (layer, scale) in units_of {
            pictures.push(units(layer, scale)?);
        }
        let named = stages.iter().zip(pictures);
        let layers =
            named.map(|(stage, picture)| Activation::new(&stage.name, stage.shape.to_string(), picture));
        let label = test.class(test.labels[image]).to_owned();
        Ok(Example::new(image, label, layers.collect(), test.probabilities_of(image).to_vec()))
    };
    classes.filter_map(first).map(example).collect()
}

/// The maps of the first image of a batch.
fn maps(layer: Tensor<4>) -> anyhow::Result<Picture> {
    let [_, maps, height, width] = layer.dims();
    let mut values: Vec<f32> = layer.try_into_vec_as()?;
    if height == SIDE {
        let background = values[0]; // The corner of a padded input.
        values.iter_mut().for_each(|value| *value -= background);
    }
    let tiles: Vec<&[f32]> = values.chunks(height * width).collect();
    Ok(Picture::tiles([width, height], &tiles, COLUMNS.min(maps), Scale::Grey))
}

/// The numbers of the first image of a batch in rows of at most 12.
fn units(layer: Tensor<2>, scale: Scale) -> anyhow::Result<Picture> {
    let [_, units] = layer.dims();
    let (width, values) = (units.clamp(1, 12), layer.try_into_vec_as::<f32>()?);
    Ok(Picture::new(width, units.div_ceil(width), &values, scale))
}
