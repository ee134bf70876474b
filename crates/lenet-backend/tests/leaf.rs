//! `Updates::add_leaf`: the steps of a parameter that stays one leaf of the graph of gradients.

#![cfg(feature = "flex")]
// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::backend::{Autodiff, Flex};
use burn::tensor::{Device, Tensor};
use lenet_backend::open;
use lenet_backend::optim::{LeafMemory, Update, UpdateRule, Updates, update};
use proptest::prelude::*;

const RULES: [UpdateRule; 4] = [
    UpdateRule::Sgd { momentum: 0.0 },
    UpdateRule::Nesterov { momentum: 0.9 },
    UpdateRule::Adam { betas: [0.9, 0.999], epsilon: 1e-8 },
    UpdateRule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.9, centered: true },
];

fn device() -> Device {
    open(&"flex".parse().unwrap()).unwrap().autodiff()
}

/// A leaf, and what its optimizer keeps.
struct Parameter {
    leaf: Tensor<1>,
    memory: LeafMemory,
    steps: usize,
}

impl Parameter {
    fn new(numbers: &[f32]) -> Self {
        let leaf = Tensor::from_floats(numbers, &device()).require_grad();
        Self { leaf, memory: LeafMemory::default(), steps: 0 }
    }

    /// A step on the loss Σ x³ / 3, whose gradient is x².
    fn step(self, rule: UpdateRule) -> Self {
        let Self { leaf, mut memory, steps } = self;
        let update = Update::new(rule, steps + 1, 0.01);
        let cubes = leaf.clone() * leaf.clone() * leaf.clone();
        let gradient = leaf.grad(&(cubes / 3.0).sum().backward()).unwrap();
        let leaf = Updates::default().add_leaf(update, leaf, gradient, &mut memory);
        Self { leaf, memory, steps: steps + 1 }
    }

    fn numbers(&self) -> Vec<f32> {
        numbers(&self.leaf)
    }

    /// Burn's number of the leaf in its graph.
    fn id(&self) -> u64 {
        self.leaf.clone().try_into_primitive::<Autodiff<Flex>>().unwrap().id().value
    }
}

fn numbers(tensor: &Tensor<1>) -> Vec<f32> {
    tensor.clone().into_data().try_to_vec().unwrap()
}

#[test]
fn from_the_first_step_on_the_leaf_stays_the_same_one() {
    let mut parameter = Parameter::new(&[1.0, -2.0, 3.0]).step(RULES[1]);
    let id = parameter.id();
    for _ in 0..3 {
        parameter = parameter.step(RULES[1]);
        assert_eq!(parameter.id(), id);
        assert!(parameter.leaf.is_require_grad());
    }
}

#[test]
fn a_copy_of_the_parameter_keeps_its_numbers() {
    let mut parameter = Parameter::new(&[1.0, -2.0, 3.0]).step(RULES[0]).step(RULES[0]);
    let (kept, before) = (parameter.leaf.clone(), parameter.numbers());
    for _ in 0..3 {
        parameter = parameter.step(RULES[0]);
    }
    assert_eq!(numbers(&kept), before);
    assert_ne!(parameter.numbers(), before);
}

#[test]
fn numbers_that_were_read_out_stay_as_they_are() {
    let parameter = Parameter::new(&[1.0, 2.0]).step(RULES[0]).step(RULES[0]);
    let (inner, before) = (parameter.leaf.clone().inner(), parameter.numbers());
    let parameter = parameter.step(RULES[0]);
    let data = inner.into_data();
    let parameter = parameter.step(RULES[0]);
    assert_eq!(data.try_to_vec::<f32>().unwrap(), before);
    assert_ne!(parameter.numbers(), before);
}

#[test]
fn memory_of_another_parameter_is_not_written() {
    let first = Parameter::new(&[1.0, 2.0]).step(RULES[0]);
    let second = Parameter::new(&[5.0, 6.0]).step(RULES[0]);
    let before = first.numbers();
    let mixed = Parameter { memory: first.memory, ..second }.step(RULES[0]);
    assert_eq!(numbers(&first.leaf), before);
    assert_eq!(mixed.numbers(), Parameter::new(&[5.0, 6.0]).step(RULES[0]).step(RULES[0]).numbers());
}

#[test]
fn the_memory_of_a_leaf_that_was_transposed_is_not_written() {
    let device = device();
    let (update, mut memory) = (Update::new(RULES[0], 1, 1.0), LeafMemory::default());
    let leaf = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device).require_grad();
    let gradient = Tensor::<2>::from_floats([[0.0, 0.0], [0.0, 1.0]], &device.clone().inner());
    let leaf = Updates::default().add_leaf(update, leaf, gradient, &mut memory);
    let leaf = Tensor::from_inner(leaf.inner().transpose()).require_grad(); // [[1, 3], [2, 3]]
    let gradient = Tensor::<2>::from_floats([[0.0, 1.0], [0.0, 0.0]], &device.inner());
    let leaf = Updates::default().add_leaf(update, leaf, gradient, &mut memory);
    assert_eq!(leaf.into_data().try_to_vec::<f32>().unwrap(), [1.0, 2.0, 2.0, 3.0]);
}

proptest! {
    /// Of any length, with a copy that lives through any of the steps, and with memory that is made anew after any of them.
    #[test]
    fn the_numbers_are_those_of_the_steps_of_a_plain_tensor(
        start in prop::collection::vec(-2.0f32..2.0, 1..100),
        rule in prop::sample::select(&RULES[..]),
        keeps in prop::collection::vec(any::<(bool, bool)>(), 5),
    ) {
        let mut parameter = Parameter::new(&start);
        let (mut plain, mut state) = (Tensor::<1>::from_floats(&start[..], &device().inner()), Vec::new());
        for (step, (keep, restored)) in keeps.into_iter().enumerate() {
            let kept = keep.then(|| parameter.leaf.clone());
            parameter = parameter.step(rule);
            drop(kept);
            let leaf = Tensor::from_inner(plain.clone()).require_grad();
            let cubes = leaf.clone() * leaf.clone() * leaf.clone();
            let gradient = leaf.grad(&(cubes / 3.0).sum().backward()).unwrap();
            (plain, state) = update(Update::new(rule, step + 1, 0.01), plain, gradient, state);
            prop_assert_eq!(parameter.numbers(), numbers(&plain));
            let state = state.iter().map(numbers).collect::<Vec<_>>();
            prop_assert_eq!(parameter.memory.state::<1>().iter().map(numbers).collect::<Vec<_>>(), state);
            if restored {
                parameter.memory = LeafMemory::with_state(parameter.memory.state::<1>());
            }
        }
    }
}
