//! The operations on a backend in this program's memory, and as nodes of the graph of gradients.

pub(super) mod conv;
pub(super) mod conv_net;
pub(super) mod linear;
pub(super) mod loss;
