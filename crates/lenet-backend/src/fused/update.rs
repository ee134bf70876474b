//! [`update`]: a step of an optimizer in one pass.

use burn::tensor::Tensor;

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
use crate::update::{Step, Update};

/// One step of an optimizer for one parameter, none of the tensors on autodiff.
///
/// `kept` is what the step before returned, and empty at the first one; [`UpdateRule::kept`](crate::UpdateRule::kept)
/// says how many tensors it holds. The numbers are changed in place where no other tensor shares them.
///
/// Burn's own operations give the same bits, but for what is kept: the kernel makes it zero when it has decayed below
/// the smallest normal f32, 1.2e-38.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::{Update, UpdateRule, open, update};
///
/// let device = open(&"flex".parse()?)?;
/// let rule = UpdateRule::Sgd { momentum: 0.5 };
/// let (mut parameter, mut kept) = (Tensor::<1>::from_floats([4.0], &device), Vec::new());
/// for step in 1..=2 {
///     let gradient = Tensor::from_floats([1.0], &device);
///     let how = Update { rule, step, learning_rate: 1.0, weight_decay: 0.0 };
///     (parameter, kept) = update(how, parameter, gradient, kept);
/// }
/// assert_eq!(parameter.into_scalar::<f32>(), 4.0 - 1.0 - 1.5);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// As Burn's operations do, if the shapes or devices of the tensors differ.
pub fn update<const D: usize>(
    how: Update,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    mut kept: Vec<Tensor<D>>,
) -> (Tensor<D>, Vec<Tensor<D>>) {
    kept.resize_with(how.rule.kept(), || parameter.zeros_like());
    let step = Step::new(&how);
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(update) = in_place::update_of(&parameter, &gradient, &kept) {
        return update(step, parameter, gradient, kept);
    }
    (step.apply(parameter, gradient, &mut kept), kept)
}
