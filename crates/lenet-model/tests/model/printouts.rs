//! What the tutorial prints.

use lenet_model::{LeNet, StateDict, summary};

use crate::device;

#[test]
fn a_network_prints_as_in_pytorch() {
    let expected = "\
LeNet(
  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
  (conv2): Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1))
  (fc1): Linear(in_features=400, out_features=120, bias=True)
  (fc2): Linear(in_features=120, out_features=84, bias=True)
  (fc3): Linear(in_features=84, out_features=10, bias=True)
)";
    assert_eq!(LeNet::new(1, &device()).to_string(), expected);
}

#[test]
fn a_state_dict_prints_names_and_shapes_in_pytorchs_order() {
    let expected = "\
conv1.weight [6, 1, 5, 5]
conv1.bias   [6]
conv2.weight [16, 6, 5, 5]
conv2.bias   [16]
fc1.weight   [120, 400]
fc1.bias     [120]
fc2.weight   [84, 120]
fc2.bias     [84]
fc3.weight   [10, 84]
fc3.bias     [10]";
    assert_eq!(StateDict::random(1).to_string(), expected);
}

#[test]
fn the_summary_counts_parameters_and_multiply_adds() {
    assert_eq!((summary().parameters(), summary().multiply_adds()), (61_706, 416_520));
}

#[test]
fn the_summary_agrees_with_the_parameters_it_counts() {
    let counted: usize =
        StateDict::random(1).parameters().iter().map(|parameter| parameter.values.len()).sum();
    assert_eq!(counted, summary().parameters());
}
