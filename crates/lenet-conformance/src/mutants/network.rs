//! Bugs in the network, whose operations are correct.

use std::cell::RefCell;
use std::collections::HashMap;

use burn::module::ParamId;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use lenet_model::LeNet;

use super::gradients::{gradient_only, scale_gradient};
use super::mutation::Mutation;
use super::operations::{keep_bits, stock};
use crate::Rung;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "network-flattens-channels-last",
        what: "S4 is flattened pixel by pixel instead of channel by channel",
        rung: Rung::ModelForward,
        apply: |operations| {
            operations.logits = |net, images| {
                let s4 = net.activations(images).s4.permute([0, 2, 3, 1]);
                head(net, s4.flatten(1, 3))
            }
        },
    },
    Mutation {
        name: "network-last-row-repeated",
        what: "the last image of a batch gets the result of the first",
        rung: Rung::ModelForward,
        apply: |operations| {
            operations.logits = |net, images| {
                let logits = (stock().logits)(net, images);
                let [batch, classes] = logits.dims();
                let first = logits.clone().slice([0..1, 0..classes]);
                logits.slice_assign([batch - 1..batch, 0..classes], first)
            }
        },
    },
    Mutation {
        name: "network-activations-f16",
        what: "S4 is kept in the 11 bits of f16",
        rung: Rung::ModelForward,
        apply: |operations| {
            operations.logits =
                |net, images| head(net, keep_bits(net.activations(images).s4.flatten(1, 3), 11))
        },
    },
    Mutation {
        name: "network-activation-not-rectified",
        what: "F6 is reported before its ReLU",
        rung: Rung::ModelForward,
        apply: |operations| {
            operations.activations = |net, images| {
                let mut activations = net.activations(images);
                activations.f6 = net.fc2.forward(activations.f5.clone());
                activations
            }
        },
    },
    Mutation {
        name: "network-half-the-batch-detached",
        what: "the second half of the batch has no part in the gradients",
        rung: Rung::Gradients,
        apply: |operations| {
            operations.logits = |net, images| {
                let logits = (stock().logits)(net, images);
                let [batch, classes] = logits.dims();
                let second = batch / 2..batch;
                let rest = logits.clone().slice([second.clone(), 0..classes]).detach();
                logits.slice_assign([second, 0..classes], rest)
            }
        },
    },
    Mutation {
        name: "network-gradients-doubled-if-input-untracked",
        what: "the first layer's gradients count twice unless the input asks for one, too",
        rung: Rung::Gradients,
        apply: |operations| {
            operations.logits = |net, images| {
                let factor = if images.is_tracked() { 1.0 } else { 2.0 };
                let mut net = net.clone();
                net.conv1.weight = net.conv1.weight.map(|weight| scale_gradient(weight, factor));
                (stock().logits)(&net, images)
            }
        },
    },
    Mutation {
        name: "network-gradient-of-a-dead-branch",
        what: "a branch that adds nothing to the output adds to the gradients",
        rung: Rung::Gradients,
        apply: |operations| {
            operations.logits = |net, images| {
                let activations = net.activations(images);
                activations.output + gradient_only(activations.s2.mean()).unsqueeze()
            }
        },
    },
    Mutation {
        name: "network-weights-stale",
        what: "the weights are packed once and not packed again when they change",
        rung: Rung::Trajectories,
        apply: |operations| operations.logits = with_stale_weights,
    },
];

/// The fully connected layers F5, F6 and OUTPUT, applied to the flattened S4.
fn head(net: &LeNet, flat: Tensor<2>) -> Tensor<2> {
    net.fc3.forward(relu(net.fc2.forward(relu(net.fc1.forward(flat)))))
}

thread_local! {
    static PACKED: RefCell<HashMap<ParamId, Tensor<2>>> = RefCell::default();
}

fn with_stale_weights(net: &LeNet, images: Tensor<4>) -> Tensor<2> {
    let f6 = net.activations(images).f6;
    let weight = net.fc3.weight.val();
    let packed = PACKED.with_borrow_mut(|packed| {
        packed.entry(net.fc3.weight.id).or_insert_with(|| weight.clone().detach()).clone()
    });
    let bias = net.fc3.bias.as_ref().map(|bias| bias.val());
    burn::tensor::module::linear(f6, packed + gradient_only(weight), bias)
}
