//! LeNet in f64, with bounds on the rounding errors of f32: activations, losses, gradients and optimizer
//! steps.
//!
//! The implementation is plain loops over slices and depends neither on Burn nor on another crate of the
//! workspace. A [`Tensor`] holds for each element its `value`, computed in f64 from inputs that are exact in
//! f32, and two bounds on
//! |f32 result − value|:
//!
//! - `hard`: no correct computation exceeds it, in any order of summation, with or without fused
//!   multiply-adds;
//! - `soft`: a correct computation rarely exceeds it, because rounding errors have both signs and cancel.
//!
//! Every function takes the [`Precision`] of the arithmetic whose errors it bounds. Inputs and results are
//! tensors with bounds, so the same functions compute a single operation on exact inputs and the last
//! gradient of the whole network, and the bounds propagate from operation to operation.
//!
//! # The bounds
//! Let u be the unit roundoff, 2⁻²⁴ for f32, and γₙ = n·u / (1 − n·u). In a sum of n products aᵢ·bᵢ, at
//! most n roundings affect each product, so in any order of summation
//!
//! ```text
//! |computed − Σ aᵢ·bᵢ| ≤ γₙ · Σ |aᵢ|·|bᵢ|
//! ```
//!
//! (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, SIAM 2002, sections 3.1 and
//! 4.2). If the operands have errors of their own, |δaᵢ| ≤ αᵢ and |δbᵢ| ≤ βᵢ, this becomes
//!
//! ```text
//! hard = γₙ · Σ (|aᵢ| + αᵢ)·(|bᵢ| + βᵢ)  +  Σ (|aᵢ|·βᵢ + αᵢ·|bᵢ| + αᵢ·βᵢ)
//! ```
//!
//! Here n counts only the products that are not exactly zero, because adding zero does not round. The soft
//! bound replaces γₙ by λ·√n·u with λ = 4 (N. J. Higham and T. Mary, *A New Approach to Probabilistic
//! Rounding Error Analysis*, SIAM J. Sci. Comput. 41(5), 2019) and adds the errors of operands in quadrature,
//! as if they were independent.
//!
//! Further terms cover results that underflow ([`Precision::underflow`]) and the oracle's own rounding in
//! f64, which matters only if f64 itself is under test. A sum that can overflow has an infinite bound: it
//! cannot be compared.
//!
//! # Sharpness
//! For a single operation the hard bound is two or three orders of magnitude larger than the errors of f32,
//! and the error of a sum that lacks one product exceeds it. Through several layers the hard bound adds up
//! the worst case of every rounding: at the logits it is about 10⁴ times the actual error (10³ times after
//! [`LeNet::sharpen`]), and at the gradients of the first layer it can exceed the gradient itself. There the
//! soft bound is the useful one: it stays within a factor of about 10 to 1000 of the actual errors in all
//! layers. The soft bound assumes rounding to nearest, as in IEEE 754; WGSL does not specify the rounding
//! direction.
//!
//! # Kinks
//! ReLU and max-pool are not differentiable everywhere. If the distance of an input from the kink is smaller
//! than its error bound, f32 may take another branch or window element than f64. The bounds of the gradients
//! then allow both, and [`Kinks`] counts these ambiguous decisions. Windows whose largest elements are equal
//! in f64, as on the empty border of an image, are ties: the first of the equal elements gets the gradient. A
//! correct computation gives equal inputs equal results, so f32 has the same tie.
//!
//! ```
//! use lenet_oracle::{Precision, Tensor, linear};
//!
//! let x = Tensor::from_f32(&[1, 2], &[1.0, 2.0]);
//! let weight = Tensor::from_f32(&[1, 2], &[0.1, 0.2]);
//! let y = linear(&x, &weight, &Tensor::from_f32(&[1], &[0.0]), &Precision::F32);
//! let found = 1.0f32 * 0.1 + 2.0 * 0.2;
//! assert!(y.compare(&[f64::from(found)]).hard <= 1.0);
//! ```

mod activation;
mod arithmetic;
mod comparison;
mod contraction;
mod conv;
mod kinks;
mod lenet;
mod linear;
mod loss;
mod optimizer;
mod pool;
mod precision;
mod sharpen;
mod tensor;

pub use activation::{relu, relu_backward};
pub use comparison::{Comparison, Worst};
pub use conv::{Conv2dGradients, conv2d, conv2d_backward};
pub use kinks::{Kink, Kinks};
pub use lenet::{Activations, Gradients, LeNet, PARAMETERS, ParameterError};
pub use linear::{LinearGradients, linear, linear_backward};
pub use loss::{LossAndGradient, cross_entropy, log_softmax, log_softmax_backward, mse, one_hot};
pub use optimizer::{Optimizer, Rule, State};
pub use pool::{max_pool, max_pool_backward};
pub use precision::Precision;
pub use tensor::{Number, Prediction, Tensor};
