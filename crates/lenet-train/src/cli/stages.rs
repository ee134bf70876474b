//! The layers of a network for its figure.

use lenet_data::SIDE;
use lenet_model::LeNet;
use lenet_report::figure::{Operation, Shape, Stage};

/// Side of the windows of both max-pools.
const POOL: usize = 2;

/// The layers of `net`, with the shapes that follow from its parameters.
pub(super) fn of(net: &LeNet) -> Vec<Stage> {
    let maps = |name: &str, operation, maps, side| Stage::new(name, operation, Shape::Maps(maps, side));
    let units = |name: &str, operation, units| Stage::new(name, operation, Shape::Units(units));
    let ([c1, inputs, k1, _], [c3, _, k3, _]) = (net.conv1.weight.dims(), net.conv2.weight.dims());
    let c1_side = SIDE - k1 + 1;
    let c3_side = c1_side / POOL - k3 + 1;
    let ([_, f5], [_, f6]) = (net.fc1.weight.dims(), net.fc2.weight.dims());
    vec![
        maps("INPUT", Operation::Input, inputs, SIDE),
        maps("C1", Operation::Convolution(k1), c1, c1_side),
        maps("S2", Operation::MaxPool(POOL), c1, c1_side / POOL),
        maps("C3", Operation::Convolution(k3), c3, c3_side),
        maps("S4", Operation::MaxPool(POOL), c3, c3_side / POOL),
        units("F5", Operation::LinearRelu, f5),
        units("F6", Operation::LinearRelu, f6),
        units("OUTPUT", Operation::Linear, net.classes()),
    ]
}
