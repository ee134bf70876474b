//! The tutorial's two printouts: `print(net)` and the list of parameters.

use std::fmt;

use burn::module::{Content, ModuleDisplay};
use burn::nn::Linear;
use burn::nn::conv::Conv2d;

use crate::{LeNet, StateDict};

impl ModuleDisplay for LeNet {
    /// The output of Python's `print(net)`.
    fn custom_content(&self, content: Content) -> Option<Content> {
        let layers = [
            ("conv1", conv(&self.conv1)),
            ("conv2", conv(&self.conv2)),
            ("fc1", linear(&self.fc1)),
            ("fc2", linear(&self.fc2)),
            ("fc3", linear(&self.fc3)),
        ];
        let lines: String = layers.iter().map(|(name, layer)| format!("  ({name}): {layer}\n")).collect();
        Some(content.add_formatted(&format!("LeNet(\n{lines})")))
    }
}

fn conv(layer: &Conv2d) -> String {
    let [outputs, inputs, ..] = layer.weight.dims();
    let (kernel, stride) = (layer.kernel_size, layer.stride);
    format!(
        "Conv2d({inputs}, {outputs}, kernel_size=({}, {}), stride=({}, {}))",
        kernel[0], kernel[1], stride[0], stride[1]
    )
}

fn linear(layer: &Linear) -> String {
    let [inputs, outputs] = layer.weight.dims();
    let bias = if layer.bias.is_some() { "True" } else { "False" };
    format!("Linear(in_features={inputs}, out_features={outputs}, bias={bias})")
}

impl fmt::Display for StateDict {
    /// One line for each parameter with its name and shape: `conv1.weight [6, 1, 5, 5]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, parameter) in self.parameters().iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{:<12} {:?}", parameter.name, parameter.shape)?;
        }
        Ok(())
    }
}
