//! Dead outputs of ReLU layers: maps and units that are 0 for all images.

use burn::tensor::Tensor;
use lenet_backend::Device;
use lenet_backend::ops::{conv_relu_pool, linear_relu};
use lenet_data::{DigitSet, Samples};
use lenet_model::LeNet;
use lenet_train::Error;

use super::data::EVALUATION_BATCH;

/// For each layer with a ReLU: its name, the number of maps or units that are 0 for the first `images` images of
/// `digits`, and the number of all.
pub(super) fn count(
    net: &LeNet,
    digits: &DigitSet,
    images: usize,
    device: &Device,
) -> Result<Vec<(String, usize, usize)>, Error> {
    let images: Vec<usize> = (0..images.min(digits.len())).collect();
    let mut largest: [Vec<f32>; 4] = Default::default();
    for batch in images.chunks(EVALUATION_BATCH) {
        let layers = layers(net, digits.gather(batch)?.to_device(device).images);
        for (largest, layer) in largest.iter_mut().zip(layers) {
            let [_, maps, pixels] = layer.dims();
            let values: Vec<f32> =
                layer.try_into_vec_as().map_err(|error| Error::Device(error.to_string()))?;
            largest.resize(maps, 0.0);
            // On the host: Burn's maximum over a dimension takes several times as long in a development build.
            for (index, map) in values.chunks_exact(pixels).enumerate() {
                largest[index % maps] = map.iter().copied().fold(largest[index % maps], f32::max);
            }
        }
    }
    let dead = |layer: &Vec<f32>| layer.iter().filter(|largest| **largest == 0.0).count();
    let named = ["C1", "C3", "F5", "F6"].into_iter().zip(&largest);
    Ok(named.map(|(name, layer)| (name.to_owned(), dead(layer), layer.len())).collect())
}

/// The outputs of C1 and C3 after the max-pool, which keeps the largest number of a map, and of F5 and F6, computed with the
/// operations of `LeNet::forward`: `[batch, maps or units, pixels]`.
fn layers(net: &LeNet, images: Tensor<4>) -> [Tensor<3>; 4] {
    let [conv1, conv2] = [&net.conv1, &net.conv2].map(|layer| (layer.weight.val(), layer.bias.as_ref()));
    let [fc1, fc2] = [&net.fc1, &net.fc2].map(|layer| (layer.weight.val(), layer.bias.as_ref()));
    let zeros = |length: usize| Tensor::zeros([length], &images.device());
    let bias = |bias: Option<&burn::module::Param<Tensor<1>>>, length| match bias {
        Some(bias) => bias.val(),
        None => zeros(length),
    };
    let ([c1, ..], [c3, ..]) = (conv1.0.dims(), conv2.0.dims());
    let ([_, f5], [_, f6]) = (fc1.0.dims(), fc2.0.dims());
    let s2 = conv_relu_pool(images.clone(), conv1.0, bias(conv1.1, c1));
    let s4 = conv_relu_pool(s2.clone(), conv2.0, bias(conv2.1, c3));
    let f5 = linear_relu(s4.clone().flatten::<2>(1, 3), fc1.0, bias(fc1.1, f5));
    let f6 = linear_relu(f5.clone(), fc2.0, bias(fc2.1, f6));
    [s2.flatten(2, 3), s4.flatten(2, 3), f5.unsqueeze_dim(2), f6.unsqueeze_dim(2)]
}
