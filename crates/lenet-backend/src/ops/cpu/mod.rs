//! The passes of the fused operations on every backend in this program's memory.

mod conv;
mod conv_net;
#[cfg(feature = "flex")]
pub(super) mod flex_pass;
mod images;
mod linear;
mod loss;

use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};

use super::class_loss::ClassLoss;
use super::passes::{AffineGradients, Passes, TENSORS};
use crate::devices::host::Host;

impl<B: Host> Passes for B {
    type Routes = Arc<Vec<u8>>;
    type Net = conv_net::Net<B>;

    fn block(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        with_routes: bool,
    ) -> (FloatTensor<Self>, Self::Routes) {
        let (y, routes) = conv::forward::<B>(x, weight, bias, with_routes);
        (y, Arc::new(routes))
    }

    fn block_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        routes: &Self::Routes,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self> {
        conv::backward::<B>(x, weight, routes, &gy, with_x)
    }

    fn layer(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        linear::forward::<B>(x, weight, bias, relu)
    }

    fn layer_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        y: Option<&FloatTensor<Self>>,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self> {
        linear::backward::<B>(x, weight, bias, y, &gy, with_x)
    }

    fn net(tensors: [FloatTensor<Self>; TENSORS]) -> FloatTensor<Self> {
        conv_net::forward::<B>(tensors)
    }

    fn net_tracked(tensors: [FloatTensor<Self>; TENSORS]) -> (FloatTensor<Self>, Self::Net) {
        conv_net::tracked::<B>(tensors)
    }

    fn net_backward(
        net: &Self::Net,
        gradient: FloatTensor<Self>,
        lowest: usize,
        register: impl FnMut(usize, FloatTensor<Self>),
    ) {
        conv_net::backward::<B>(net, gradient, lowest, register);
    }

    fn loss(
        logits: &FloatTensor<Self>,
        labels: IntTensor<Self>,
        loss: &ClassLoss,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        loss::value_and_gradient::<B>(logits, labels, loss)
    }

    fn loss_backward(gradient: FloatTensor<Self>, loss_gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        loss::backward::<B>(gradient, &loss_gradient)
    }
}
