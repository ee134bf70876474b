//! Optimizer steps of several parameters in one launch.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, has};
use super::{MOST_TENSORS, all, bindings, empty, grid, unshared};
use crate::optim::step::{Step, StepRule};

/// The step of one parameter. Its tensors are changed in place, so no other tensor may share their numbers.
pub(crate) struct Job {
    pub step: Step,
    pub parameter: CubeTensor,
    pub gradient: CubeTensor,
    /// The state. At the first step it is not read, only written.
    pub state: Vec<CubeTensor>,
    pub is_first: bool,
    /// Whether the parameter and the state keep their memory: no other tensor shares it.
    pub is_in_place: bool,
}

impl Job {
    /// Takes the tensors of a step, with copies of those that another tensor shares. An empty state is the first.
    pub fn new(step: Step, parameter: CubeTensor, gradient: CubeTensor, state: Vec<CubeTensor>) -> Self {
        let is_first = state.is_empty();
        let is_in_place =
            state.iter().chain([&parameter]).all(|tensor| tensor.can_mut() && tensor.is_contiguous());
        let parameter = unshared(parameter);
        let state = match is_first {
            true => {
                (0..step.rule.state_len()).map(|_| empty(&parameter, parameter.shape(), DType::F32)).collect()
            }
            false => state.into_iter().map(unshared).collect(),
        };
        Self { step, parameter, gradient: into_contiguous(gradient), state, is_first, is_in_place }
    }

    /// What a kernel is compiled for: the rule, whether there is weight decay, and whether the step is the first.
    fn kernel(&self) -> (Rule, bool, bool) {
        (Rule::new(&self.step.rule).0, self.step.weight_decay != 0.0, self.is_first)
    }
}

/// Number of constants of a step.
pub(crate) const CONSTANTS: usize = 9;

/// The constants of a step, in the order in which the kernel takes them.
pub(crate) fn constants(step: &Step) -> [f32; CONSTANTS] {
    let [c0, c1, c2, c3, c4, c5] = Rule::new(&step.rule).1;
    [step.learning_rate, step.weight_decay, step.decay_factor, c0, c1, c2, c3, c4, c5]
        .map(|number| number as f32)
}

/// Runs the steps, as many in one launch as the device has bindings for. The constants are arguments of the launch, or those of all
/// jobs lie in `memory`: launches that are recorded find others there when they are replayed.
pub(crate) fn update(jobs: &[Job], memory: Option<&CubeTensor>) {
    let mut start = 0;
    while let Some(first) = jobs.get(start) {
        let bindings = bindings(&first.parameter).saturating_sub(usize::from(memory.is_some()));
        let most = (bindings / (2 + first.state.len())).clamp(1, MOST_TENSORS);
        let is_alike =
            |job: &&Job| job.kernel() == first.kernel() && (memory.is_some() || job.step == first.step);
        let count = jobs[start..].iter().take(most).take_while(is_alike).count();
        launch(&jobs[start..start + count], memory, start);
        start += count;
    }
}

/// Runs the steps of one launch. `start` is the index of the first one among all.
fn launch(jobs: &[Job], memory: Option<&CubeTensor>, start: usize) {
    let Some(first) = jobs.first() else { return };
    let (rule, decays, is_first) = first.kernel();
    let count = jobs.iter().map(|job| job.parameter.shape().num_elements()).sum();
    let (count, dim) = grid(&first.parameter.client, count);
    update_all::launch(
        &first.parameter.client,
        count,
        dim,
        all(jobs.iter().map(|job| &job.parameter)),
        all(jobs.iter().map(|job| &job.gradient)),
        all(jobs.iter().flat_map(|job| &job.state)),
        all(memory),
        start * CONSTANTS,
        constants(&first.step).into_iter().collect(),
        rule,
        decays,
        is_first && !has(Bug::StateUnwritten),
        first.step.rule.state_len(),
        if has(Bug::TensorForgotten) { jobs.len() - 1 } else { jobs.len() },
        memory.is_some(),
    );
}

/// Which rule, without its constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rule {
    Sgd,
    Momentum { nesterov: bool },
    Adam,
    Rmsprop { momentum: bool, centered: bool },
    Adagrad,
}

impl Rule {
    /// The rule, and its constants in the order in which `direction` takes them.
    fn new(rule: &StepRule) -> (Self, [f64; 6]) {
        match *rule {
            StepRule::Sgd => (Self::Sgd, [0.0; 6]),
            StepRule::Momentum { momentum, nesterov } => {
                (Self::Momentum { nesterov }, [momentum, 0.0, 0.0, 0.0, 0.0, 0.0])
            }
            StepRule::Adam { betas, one_minus_betas, correction, epsilon } => {
                let [[b1, b2], [c1, c2]] = [betas, one_minus_betas];
                (Self::Adam, [b1, b2, c1, c2, correction, epsilon])
            }
            StepRule::Rmsprop { alpha, one_minus_alpha, epsilon, momentum, centered } => {
                let rule = Self::Rmsprop { momentum: momentum != 0.0, centered };
                (rule, [alpha, one_minus_alpha, epsilon, momentum, 0.0, 0.0])
            }
            StepRule::Adagrad { epsilon } => (Self::Adagrad, [epsilon, 0.0, 0.0, 0.0, 0.0, 0.0]),
        }
    }
}

/// One unit updates one number; the tensors lie one after the other in the order of the units.
#[cube(launch)]
fn update_all(
    mut parameters: Sequence<Box<[f32]>>,
    gradients: Sequence<Box<[f32]>>,
    mut states: Sequence<Box<[f32]>>,
    memory: Sequence<Box<[f32]>>,
    first_constant: usize,
    given: Sequence<f32>,
    #[comptime] rule: Rule,
    #[comptime] decays: bool,
    #[comptime] is_first: bool,
    #[comptime] state_len: usize,
    #[comptime] tensors: usize,
    #[comptime] from_memory: bool,
) {
    let mut start = 0usize.runtime();
    #[unroll]
    for tensor in 0..tensors {
        let length = gradients.index(tensor).len();
        if ABSOLUTE_POS >= start && ABSOLUTE_POS < start + length {
            let at = ABSOLUTE_POS - start;
            let mut state = Array::<f32>::new(comptime!(if state_len == 0 { 1 } else { state_len }));
            #[unroll]
            for i in 0..state_len {
                if is_first {
                    state[i] = 0.0f32;
                } else {
                    state[i] = states.index(tensor * state_len + i)[at];
                }
            }
            let mut c = Sequence::<f32>::new();
            #[unroll]
            for i in 0..CONSTANTS {
                if from_memory {
                    c.push(memory.index(0usize)[first_constant + tensor * CONSTANTS + i]);
                } else {
                    c.push(*given.index(i));
                }
            }
            let old = parameters.index(tensor)[at];
            let mut gradient = gradients.index(tensor)[at];
            if decays {
                gradient += *c.index(1usize) * old;
            }
            let step = direction(gradient, &mut state, &c, rule, state_len);
            let parameter = parameters.index_mut(tensor);
            parameter[at] = *c.index(2usize) * old - *c.index(0usize) * step;
            #[unroll]
            for i in 0..state_len {
                let kept = states.index_mut(tensor * state_len + i);
                kept[at] = state[i];
            }
        }
        start += length;
    }
}

/// The direction that is subtracted from the parameter, times the learning rate; see `StepRule::direction`.
#[cube]
fn direction(
    gradient: f32,
    state: &mut Array<f32>,
    constants: &Sequence<f32>,
    #[comptime] rule: Rule,
    #[comptime] state_len: usize,
) -> f32 {
    let c0 = *constants.index(3usize);
    let c1 = *constants.index(4usize);
    let c2 = *constants.index(5usize);
    let c3 = *constants.index(6usize);
    let c4 = *constants.index(7usize);
    let c5 = *constants.index(8usize);
    let mut found = gradient;
    if comptime!(matches!(rule, Rule::Momentum { .. })) {
        state[0] = c0 * state[0] + gradient;
        found = state[0];
        if comptime!(rule == Rule::Momentum { nesterov: true }) {
            found = c0 * state[0] + gradient;
        }
    }
    if comptime!(rule == Rule::Adam) {
        state[0] = c0 * state[0] + c2 * gradient;
        state[1] = c1 * state[1] + c3 * (gradient * gradient);
        found = c4 * state[0] / (state[1].sqrt() + c5);
    }
    if comptime!(matches!(rule, Rule::Rmsprop { .. })) {
        state[0] = c0 * state[0] + c1 * (gradient * gradient);
        let mut variance = state[0];
        if comptime!(matches!(rule, Rule::Rmsprop { centered: true, .. })) {
            state[1] = c0 * state[1] + c1 * gradient;
            variance -= state[1] * state[1];
        }
        found = gradient / (variance.sqrt() + c2);
        if comptime!(matches!(rule, Rule::Rmsprop { momentum: true, .. })) {
            let buffer = comptime!(state_len - 1);
            state[buffer] = c3 * state[buffer] + found;
            found = state[buffer];
        }
    }
    if comptime!(rule == Rule::Adagrad) {
        state[0] = state[0] + gradient * gradient;
        found = gradient / (state[0].sqrt() + c0);
    }
    found
}
