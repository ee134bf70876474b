//! Planted bugs: the proof that the ladder bites. Each must be caught, and by the rung that should catch it.
//!
//! A [`Plant`] replaces one function of a subject's [`Operations`]. They are mistakes that kernels, graphs of gradients
//! and optimizers do make.

mod gradients;
mod kill;
mod network;
mod operations;
mod optimizers;

use crate::{Operations, Rung};

pub use kill::Killing;

/// A planted bug.
#[derive(Clone, Copy)]
pub struct Plant {
    /// Its name.
    pub name: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// The first rung that must fail.
    pub rung: Rung,
    /// Plants it.
    pub plant: fn(&mut Operations),
}

/// All of them, by rung.
pub fn all() -> Vec<Plant> {
    let mut plants = [operations::PLANTS, gradients::PLANTS, network::PLANTS, optimizers::PLANTS].concat();
    plants.sort_by_key(|plant| plant.rung);
    plants
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique_and_there_are_many() {
        let mut names: Vec<&str> = super::all().iter().map(|plant| plant.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count >= 20);
    }
}
