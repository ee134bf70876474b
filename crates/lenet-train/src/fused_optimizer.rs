//! [`FusedOptimizer`]: the update rules of `lenet_backend` behind Burn's optimizer trait.

use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use burn_pack::Scalar;
use lenet_backend::floats;
use lenet_backend::optim::{Update, UpdateRule, update as update_parameter};

/// An update rule of `lenet_backend::update`, as an optimizer of Burn.
#[derive(Clone, Debug)]
pub(crate) struct FusedOptimizer {
    pub(crate) rule: UpdateRule,
    pub(crate) weight_decay: f64,
}

impl FusedOptimizer {
    /// Step number `step`, counted from 1.
    pub(crate) fn update(&self, step: usize, learning_rate: f64) -> Update {
        Update::new(self.rule, step, learning_rate).with_weight_decay(self.weight_decay)
    }
}

/// State of one parameter between steps.
#[derive(Clone, Default)]
pub(crate) struct State<const D: usize> {
    /// Number of completed steps.
    pub(crate) steps: usize,
    /// State tensors, in the order of the rule.
    pub(crate) tensors: Vec<Tensor<D>>,
}

/// A checkpoint stores `steps`, and the tensors under the names `kept.0`, `kept.1`, …
impl<const D: usize> RecordState for State<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "steps", Scalar::from(self.steps));
        for (index, tensor) in self.tensors.iter().enumerate() {
            out.push_tensor(prefix, &format!("kept.{index}"), tensor.clone().into_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let steps = source.take_scalar(prefix, "steps")?.try_into().ok()?;
        let data = (0..).map_while(|index| source.take_tensor(prefix, &format!("kept.{index}")));
        Some(Self { steps, tensors: data.map(|data| floats(data, device)).collect() })
    }
}

impl burn::optim::Optimizer for FusedOptimizer {
    type State<const D: usize> = State<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, Option<State<D>>) {
        let State { steps, tensors } = state.unwrap_or_default();
        let (steps, update) = (steps + 1, self.update(steps + 1, learning_rate));
        let (parameter, tensors) = update_parameter(update, parameter, gradient, tensors);
        (parameter, Some(State { steps, tensors }))
    }

    fn to_device<const D: usize>(state: State<D>, device: &Device) -> State<D> {
        let tensors = state.tensors.into_iter().map(|tensor| tensor.to_device(device)).collect();
        State { tensors, ..state }
    }
}
