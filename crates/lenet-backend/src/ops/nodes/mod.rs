//! The operations as nodes of the graph of gradients, on every backend with kernels.

use burn::backend::tensor::FloatTensor;

use super::passes::{AffineGradients, Passes};

pub(super) mod conv;
pub(super) mod conv_net;
pub(super) mod linear;
pub(super) mod loss;

/// Calls `register` with the parents of a block's or layer's node (input, weight, bias) and their gradients.
fn hand_out<B: Passes, N>(
    parents: [Option<N>; 3],
    found: AffineGradients<B>,
    mut register: impl FnMut(N, FloatTensor<B>),
) {
    let gradients = [found.x, Some(found.weight), Some(found.bias)];
    for (parent, gradient) in parents.into_iter().zip(gradients) {
        if let (Some(parent), Some(gradient)) = (parent, gradient) {
            register(parent, gradient);
        }
    }
}
