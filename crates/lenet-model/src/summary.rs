//! [`Summary`]: output shape, parameters and multiply-adds of each layer.

use std::fmt;

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layer {
    /// Name in the tutorial's picture, such as `C1`.
    pub name: &'static str,
    /// The operation, with the field of [`LeNet`](crate::LeNet) that holds its parameters.
    pub operation: &'static str,
    /// Shape of the output for one image.
    pub output: Vec<usize>,
    /// Number of parameters, weights and biases.
    pub parameters: usize,
    /// Number of multiply-adds of the forward pass for one image; biases, ReLUs and comparisons are not
    /// counted.
    pub multiply_adds: usize,
}

/// The layers of a [`LeNet`](crate::LeNet) with their costs. Displays as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The layers from the input to the output.
    pub layers: Vec<Layer>,
}

/// The summary of a [`LeNet`](crate::LeNet) for digits.
pub fn summary() -> Summary {
    summary_with_classes(10)
}

/// The summary of a [`LeNet`](crate::LeNet) with this number of classes.
pub fn summary_with_classes(classes: usize) -> Summary {
    Summary {
        layers: vec![
            conv("C1", "conv1 5x5, ReLU", 1, [6, 28, 28]),
            pool("S2", [6, 14, 14]),
            conv("C3", "conv2 5x5, ReLU", 6, [16, 10, 10]),
            pool("S4", [16, 5, 5]),
            linear("F5", "fc1, ReLU", 400, 120),
            linear("F6", "fc2, ReLU", 120, 84),
            linear("OUTPUT", "fc3", 84, classes),
        ],
    }
}

impl Summary {
    /// Number of parameters of the network.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// Number of multiply-adds of the forward pass for one image.
    pub fn multiply_adds(&self) -> usize {
        self.layers.iter().map(|layer| layer.multiply_adds).sum()
    }
}

fn conv(name: &'static str, operation: &'static str, inputs: usize, output: [usize; 3]) -> Layer {
    let weights_per_output = inputs * 5 * 5;
    Layer {
        name,
        operation,
        output: output.to_vec(),
        parameters: output[0] * (weights_per_output + 1),
        multiply_adds: output.iter().product::<usize>() * weights_per_output,
    }
}

fn pool(name: &'static str, output: [usize; 3]) -> Layer {
    Layer { name, operation: "max-pool 2x2", output: output.to_vec(), parameters: 0, multiply_adds: 0 }
}

fn linear(name: &'static str, operation: &'static str, inputs: usize, outputs: usize) -> Layer {
    Layer {
        name,
        operation,
        output: vec![outputs],
        parameters: outputs * (inputs + 1),
        multiply_adds: outputs * inputs,
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<8}{:<18}{:<15}{:>10}{:>15}",
            "layer", "operation", "output", "parameters", "multiply-adds"
        )?;
        for layer in &self.layers {
            let output = format!("{:?}", layer.output);
            let (parameters, multiply_adds) = (grouped(layer.parameters), grouped(layer.multiply_adds));
            writeln!(
                f,
                "{:<8}{:<18}{output:<15}{parameters:>10}{multiply_adds:>15}",
                layer.name, layer.operation
            )?;
        }
        let (parameters, multiply_adds) = (grouped(self.parameters()), grouped(self.multiply_adds()));
        write!(f, "{:<41}{parameters:>10}{multiply_adds:>15}", "total")
    }
}

/// Formats 61706 as `61,706`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for start in (first..digits.len()).step_by(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&digits[start..start + 3]);
    }
    text
}
