//! [`StateDict::random_with_edges`]: initial weights whose first filters are edge detectors.

use crate::StateDict;

/// Share of the usual random weights that remains in the first convolution.
const RANDOM: f32 = 0.3;
/// Factor of the edge detectors.
const EDGE: f32 = 0.25;
/// √3/2.
const SIN_60: f32 = 0.866_025_4;
/// Cosine and sine of 0°, 60°, … 300°: the direction in which the edge of each filter rises.
const DIRECTIONS: [[f32; 2]; 6] =
    [[1.0, 0.0], [0.5, SIN_60], [-0.5, SIN_60], [-1.0, 0.0], [-0.5, -SIN_60], [0.5, -SIN_60]];
/// e^(−1/4), the Gaussian window at distance 1.
const WINDOW_AT_1: f32 = 0.778_800_8;
/// The filters reach from −2 to 2 along both axes.
const REACH: i32 = 2;

impl StateDict {
    /// As [`random`](Self::random), but with the first filters of [`with_edges`](Self::with_edges).
    ///
    /// ```
    /// use lenet_model::StateDict;
    ///
    /// let state = StateDict::random_with_edges(42);
    /// let [left, right] = [10, 14].map(|place| state.parameters()[0].values[place]); // middle row, filter 0
    /// assert!(left < 0.0 && right > 0.0);
    /// ```
    pub fn random_with_edges(seed: u64) -> Self {
        Self::random(seed).with_edges()
    }

    /// Makes an edge detector with some noise of each random filter of the first convolution: `0.3 · random + 0.25 · exp(−(x² + y²)/4) · (cos(60° n) · x + sin(60° n) · y)` for filter
    /// `n` from 0 to 5, `x` to the right and `y` down from −2 to 2. The edge is the first order of a plane
    /// wave in a Gaussian window (a Gabor filter), as trained networks have it. A training that is short
    /// reaches a higher accuracy from here (`docs/recipes.md` of the workspace has figures).
    ///
    /// The bits are the same on every platform.
    pub fn with_edges(self) -> Self {
        let mut state = self;
        // The first parameter is `conv1.weight`: six filters of 5×5.
        let filters = state.parameters.iter_mut().take(1).flat_map(|conv1| conv1.values.chunks_exact_mut(25));
        for (filter, direction) in filters.zip(DIRECTIONS) {
            for (place, weight) in (0..).zip(filter) {
                let [x, y] = [place % 5 - REACH, place / 5 - REACH];
                *weight = RANDOM * *weight + EDGE * edge(direction, x, y);
            }
        }
        state
    }
}

/// The edge detector at (`x`, `y`).
fn edge([cos, sin]: [f32; 2], x: i32, y: i32) -> f32 {
    // A product of x² + y² factors: the exponential function of each platform rounds in its own way.
    let window: f32 = (0..x * x + y * y).map(|_| WINDOW_AT_1).product();
    window * (cos * x as f32 + sin * y as f32)
}
