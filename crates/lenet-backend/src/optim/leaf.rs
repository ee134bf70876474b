//! [`LeafMemory`]: a parameter's numbers, which the optimizer changes while the parameter stays the same leaf of the
//! graph of gradients, and the optimizer's state.
//!
//! A step that makes a new tensor makes a new leaf, and the next forward pass joins the leaves of all parameters to
//! one graph: on one image that takes a fifth of a training step. Burn gives nobody mutable access to the numbers of a
//! tracked tensor, so their memory comes from here, and is written here.

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;

#[cfg(feature = "flex")]
use self::shared::Shared;
use super::{Update, Updates};

#[cfg(feature = "flex")]
mod memory;
#[cfg(feature = "flex")]
mod shared;

/// The memory of a parameter between the steps of its optimizer, with the optimizer's state: empty at first, one for each
/// parameter.
///
/// See [`Updates::add_leaf`].
#[derive(Debug, Default)]
pub struct LeafMemory {
    /// The state, unless `shared` has it.
    state: Vec<DispatchTensor>,
    #[cfg(feature = "flex")]
    shared: Option<Shared>,
}

impl LeafMemory {
    /// The memory of a parameter whose optimizer has this state, as [`state`](Self::state) has returned it.
    pub fn with_state<const D: usize>(state: Vec<Tensor<D>>) -> Self {
        let mut memory = Self::default();
        memory.state.extend(state.into_iter().map(Tensor::into_dispatch));
        memory
    }

    /// The optimizer's state, in the order of its rule: empty before the first step.
    ///
    /// # Panics
    /// If the parameter has not `D` dimensions.
    pub fn state<const D: usize>(&self) -> Vec<Tensor<D>> {
        #[cfg(feature = "flex")]
        if let Some(shared) = &self.shared {
            return shared.state();
        }
        self.state.iter().cloned().map(Tensor::from_dispatch).collect()
    }

    /// The state, which is no longer here.
    fn take_state<const D: usize>(&mut self) -> Vec<Tensor<D>> {
        #[cfg(feature = "flex")]
        if let Some(shared) = self.shared.take() {
            return shared.state();
        }
        self.state.drain(..).map(Tensor::from_dispatch).collect()
    }
}

impl Updates {
    /// Does what [`add`](Self::add) does, for a `leaf`: a parameter on autodiff that is no result of an operation. The
    /// parameter that is returned is a leaf with the same settings (whether it requires a gradient, checkpointing). The
    /// state is in `memory`.
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
    /// let mut weight = Tensor::<1>::ones([3], &device).require_grad();
    /// let mut memory = LeafMemory::default();
    /// for step in 1..=2 {
    ///     let gradients = (weight.clone() * weight.clone()).sum().backward();
    ///     let gradient = weight.grad(&gradients).ok_or("a leaf has a gradient")?; // 2 · weight
    ///     let sgd = Update::new(UpdateRule::Sgd { momentum: 0.5 }, step, 0.25);
    ///     weight = Updates::default().add_leaf(sgd, weight, gradient, &mut memory);
    /// }
    /// assert_eq!(weight.inner().into_data().try_to_vec::<f32>()?, [0.5 - 0.25 * (0.5 * 2.0 + 1.0); 3]);
    /// assert_eq!(memory.state::<1>().len(), 1); // the velocity
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
        memory: &mut LeafMemory,
    ) -> Tensor<D> {
        #[cfg(feature = "flex")]
        let (leaf, gradient) = match shared::step(&update, leaf, gradient, memory) {
            Ok(leaf) => return leaf,
            Err(operands) => operands,
        };
        let settings = Settings::of(&leaf);
        let state = memory.take_state();
        let (parameter, state) = self.add(update, leaf.inner(), gradient, state);
        memory.state = state.into_iter().map(Tensor::into_dispatch).collect();
        settings.leaf(parameter)
    }
}

/// The settings of a leaf.
struct Settings {
    requires_grad: bool,
    checkpointing: Option<burn::tensor::GradientCheckpointingStrategy>,
}

impl Settings {
    fn of<const D: usize>(leaf: &Tensor<D>) -> Self {
        Self { requires_grad: leaf.is_require_grad(), checkpointing: leaf.gradient_checkpointing_strategy() }
    }

    /// The leaf with these settings and the numbers of a tensor without autodiff.
    fn leaf<const D: usize>(self, numbers: Tensor<D>) -> Tensor<D> {
        let mut leaf = Tensor::from_inner(numbers);
        if let Some(strategy) = self.checkpointing {
            leaf = leaf.with_gradient_checkpointing_strategy(strategy);
        }
        if self.requires_grad { leaf.require_grad() } else { leaf }
    }
}
