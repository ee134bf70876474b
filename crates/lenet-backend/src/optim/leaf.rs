//! [`LeafMemory`]: a parameter's numbers, which the optimizer changes while the parameter stays the same leaf of the
//! graph of gradients.
//!
//! A step that makes a new tensor makes a new leaf, and the next forward pass joins the leaves of all parameters to
//! one graph: on one image that takes a fifth of a training step. Burn gives nobody mutable access to the numbers of a
//! tracked tensor, so their memory comes from here, and is written here.

use burn::tensor::Tensor;

#[cfg(feature = "flex")]
use self::shared::{Operands, Shared};
#[cfg(feature = "flex")]
use super::step::Step;
use super::{Update, Updates};

#[cfg(feature = "flex")]
mod shared;

/// The memory of a parameter between the steps of its optimizer: empty at first, one for each parameter.
///
/// See [`Updates::add_leaf`].
#[derive(Debug, Default)]
pub struct LeafMemory {
    #[cfg(feature = "flex")]
    shared: Option<Shared>,
}

impl Updates {
    /// Does what [`add`](Self::add) does, for a `leaf`: a parameter on autodiff that is no result of an operation. The
    /// parameter that is returned is a leaf with the same settings (whether it requires a gradient, checkpointing).
    ///
    /// From the second step on it is the same leaf, with other numbers in its memory, if it is on flex and no other tensor
    /// shares them: then Burn's graph need not register it again. Otherwise it is a new leaf.
    ///
    /// ```
    /// use burn::tensor::Tensor;
    /// use lenet_backend::open;
    /// use lenet_backend::optim::{LeafMemory, Update, UpdateRule, Updates};
    ///
    /// let device = open(&"flex".parse()?)?.autodiff();
    /// let (mut weight, mut state) = (Tensor::<1>::ones([3], &device).require_grad(), Vec::new());
    /// let mut memory = LeafMemory::default();
    /// for step in 1..=2 {
    ///     let gradients = (weight.clone() * weight.clone()).sum().backward();
    ///     let gradient = weight.grad(&gradients).ok_or("a leaf has a gradient")?; // 2 · weight
    ///     let sgd = Update::new(UpdateRule::Sgd { momentum: 0.0 }, step, 0.25);
    ///     (weight, state) = Updates::default().add_leaf(sgd, weight, gradient, state, &mut memory);
    /// }
    /// assert_eq!(weight.inner().into_data().try_to_vec::<f32>()?, [0.25; 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// As Burn's operations do, if the shapes or devices of the tensors differ, or `leaf` is not on autodiff.
    pub fn add_leaf<const D: usize>(
        &mut self,
        update: Update,
        leaf: Tensor<D>,
        gradient: Tensor<D>,
        state: Vec<Tensor<D>>,
        memory: &mut LeafMemory,
    ) -> (Tensor<D>, Vec<Tensor<D>>) {
        #[cfg(feature = "flex")]
        let (leaf, gradient, state) = match &memory.shared {
            Some(shared) => {
                let mut operands = Operands::new(leaf, gradient, state);
                let done = shared.step(Step::new(&update), &mut operands);
                let (leaf, gradient, state) = operands.into_tensors();
                if done.is_some() {
                    return (leaf, state);
                }
                (leaf, gradient, state)
            }
            None => (leaf, gradient, state),
        };
        let tracked = leaf.is_require_grad();
        let checkpointing = leaf.gradient_checkpointing_strategy();
        let (parameter, state) = self.add(update, leaf.inner(), gradient, state);
        #[cfg(feature = "flex")]
        let parameter = Shared::take(parameter, &mut memory.shared);
        #[cfg(not(feature = "flex"))]
        let _ = memory;
        let mut leaf = Tensor::from_inner(parameter);
        if let Some(strategy) = checkpointing {
            leaf = leaf.with_gradient_checkpointing_strategy(strategy);
        }
        (if tracked { leaf.require_grad() } else { leaf }, state)
    }
}
