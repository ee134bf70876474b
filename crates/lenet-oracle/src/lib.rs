//! The numbers of LeNet in f64, each with a bound for what a computation in f32 may make of it.
//!
//! Plain loops over slices, independent of Burn. A [`Tensor`] holds for each element its `value`, computed in f64
//! from inputs that f32 holds exactly, and two bounds on |f32 result − value|:
//!
//! - `hard`, which no correct computation exceeds, whatever the order of its sums, with fused multiply-adds or
//!   without;
//! - `soft`, which a correct computation exceeds rarely, because rounding errors have both signs and cancel.
//!
//! Every function takes the [`Precision`] of the arithmetic that it is a bound for, and takes and gives tensors with
//! bounds. So a single operation on exact inputs and the last gradient of the whole network come from the same
//! functions, and each number has the bound that its own history allows.
//!
//! # The bounds
//! Let u be the unit roundoff, 2⁻²⁴ for f32, and γₙ = n·u / (1 − n·u). A sum of n products, aᵢ·bᵢ, goes through at most
//! n roundings on the way of each product to the result, so in any order
//!
//! ```text
//! |computed − Σ aᵢ·bᵢ| ≤ γₙ · Σ |aᵢ|·|bᵢ|
//! ```
//!
//! (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, SIAM 2002, sections 3.1 and 4.2). Where the
//! operands carry errors of their own, |δaᵢ| ≤ αᵢ and |δbᵢ| ≤ βᵢ, this becomes
//!
//! ```text
//! hard = γₙ · Σ (|aᵢ| + αᵢ)·(|bᵢ| + βᵢ)  +  Σ (|aᵢ|·βᵢ + αᵢ·|bᵢ| + αᵢ·βᵢ)
//! ```
//!
//! Here n counts only products that are not exactly zero: adding zero does not round. The soft bound replaces γₙ by λ·√n·u
//! with λ = 4 (N. J. Higham and T. Mary, *A New Approach to Probabilistic Rounding Error Analysis*, SIAM J. Sci. Comput.
//! 41(5), 2019) and adds the errors of operands in quadrature, as if they were independent.
//!
//! Beside these there are terms for results too small to be normal ([`Precision::underflow`]), and for the oracle's own
//! rounding in f64, which matters only where f64 itself is under test. A sum that can overflow has an infinite
//! bound: it is not comparable.
//!
//! # How sharp they are
//! For a single operation the hard bound is within two or three orders of magnitude of the errors that f32 makes, and
//! a sum that lacks one product is beyond it. Through many layers it supposes that all roundings conspire: at the logits
//! it is some 10⁴ times the error, 10³ times after [`LeNet::sharpen`], and at the gradients of the first layer it may
//! exceed the gradient itself. There the soft bound is the one to go by, which stays within a factor of about 10 to 1000
//! of the errors all the way. It supposes that roundings are to nearest, as IEEE 754 has it; WGSL leaves the direction
//! open.
//!
//! # Kinks
//! ReLU and max-pool are not differentiable everywhere. Where an input lies closer to the kink than its own bound,
//! f32 may decide otherwise than f64; the gradients' bounds then allow both decisions, and [`Kinks`] counts them.
//! Windows whose largest numbers are equal in f64, as on the empty border of an image, are ties: the first one has the
//! gradient, and a correct computation gives equal inputs equal results.
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
