//! The operations as a backend extension of Burn, which dispatches a call to the backend of its tensors.

#![allow(deprecated)] // Burn deprecates the ndarray backend; the conformance tests compare it.

#[cfg(feature = "gpu")]
use burn::backend::Cube;
#[cfg(feature = "flex")]
use burn::backend::Flex;
#[cfg(feature = "ndarray")]
use burn::backend::NdArray;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, backend_extension};

use super::class_loss::ClassLoss;
use super::nodes::{conv, conv_net, linear, loss};
use super::passes::Passes;

/// The fused operations. `dispatch` has checked shapes and types.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "gpu"),
    Autodiff
)]
pub(crate) trait Fused: Backend {
    /// See [`conv_relu_pool`](super::conv_relu_pool).
    fn conv_relu_pool(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`linear`](super::linear) and [`linear_relu`](super::linear_relu).
    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;

    /// See [`conv_net`](super::conv_net).
    #[allow(clippy::too_many_arguments)] // A backend extension takes tensors one by one.
    fn conv_net(
        x: FloatTensor<Self>,
        weight1: FloatTensor<Self>,
        bias1: FloatTensor<Self>,
        weight2: FloatTensor<Self>,
        bias2: FloatTensor<Self>,
        weight3: FloatTensor<Self>,
        bias3: FloatTensor<Self>,
        weight4: FloatTensor<Self>,
        bias4: FloatTensor<Self>,
        weight5: FloatTensor<Self>,
        bias5: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`cross_entropy`](super::cross_entropy) and [`mse_of_labels`](super::mse_of_labels).
    fn class_loss(logits: FloatTensor<Self>, labels: IntTensor<Self>, loss: ClassLoss) -> FloatTensor<Self>;
}

/// The operations without gradients, which are the forward passes of the backend.
macro_rules! infer_on {
    ($backend:ty) => {
        impl Fused for $backend {
            fn conv_relu_pool(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                Self::block(&x, &weight, &bias, false).0
            }

            fn linear(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                relu: bool,
            ) -> FloatTensor<Self> {
                Self::layer(&x, &weight, &bias, relu)
            }

            fn conv_net(
                x: FloatTensor<Self>,
                weight1: FloatTensor<Self>,
                bias1: FloatTensor<Self>,
                weight2: FloatTensor<Self>,
                bias2: FloatTensor<Self>,
                weight3: FloatTensor<Self>,
                bias3: FloatTensor<Self>,
                weight4: FloatTensor<Self>,
                bias4: FloatTensor<Self>,
                weight5: FloatTensor<Self>,
                bias5: FloatTensor<Self>,
            ) -> FloatTensor<Self> {
                Self::net([x, weight1, bias1, weight2, bias2, weight3, bias3, weight4, bias4, weight5, bias5])
            }

            fn class_loss(
                logits: FloatTensor<Self>,
                labels: IntTensor<Self>,
                loss: ClassLoss,
            ) -> FloatTensor<Self> {
                Self::loss(&logits, labels, &loss).0
            }
        }
    };
}

#[cfg(feature = "flex")]
infer_on!(Flex);
#[cfg(feature = "ndarray")]
infer_on!(NdArray);
#[cfg(feature = "gpu")]
infer_on!(Cube);

impl<B: Fused + Passes, C: CheckpointStrategy> Fused for Autodiff<B, C> {
    fn conv_relu_pool(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        conv::track::<B, C>(x, weight, bias)
    }

    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        linear::track::<B, C>(x, weight, bias, relu)
    }

    fn conv_net(
        x: FloatTensor<Self>,
        weight1: FloatTensor<Self>,
        bias1: FloatTensor<Self>,
        weight2: FloatTensor<Self>,
        bias2: FloatTensor<Self>,
        weight3: FloatTensor<Self>,
        bias3: FloatTensor<Self>,
        weight4: FloatTensor<Self>,
        bias4: FloatTensor<Self>,
        weight5: FloatTensor<Self>,
        bias5: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        conv_net::track::<B, C>([
            x, weight1, bias1, weight2, bias2, weight3, bias3, weight4, bias4, weight5, bias5,
        ])
    }

    fn class_loss(logits: FloatTensor<Self>, labels: IntTensor<Self>, loss: ClassLoss) -> FloatTensor<Self> {
        loss::track::<B, C>(logits, labels, &loss)
    }
}
