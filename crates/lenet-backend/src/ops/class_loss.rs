//! [`ClassLoss`]: a loss of a classifier with its settings.

use std::sync::Arc;

/// A loss with its settings.
#[derive(Clone, Debug)]
pub(crate) enum ClassLoss {
    CrossEntropy { smoothing: f32, weights: Option<Arc<[f32]>> },
    SquaredError,
}

impl ClassLoss {
    /// Whether class weights, if there are any, are one for each class.
    pub fn fits(&self, classes: usize) -> bool {
        !matches!(self, Self::CrossEntropy { weights: Some(weights), .. } if weights.len() != classes)
    }
}
