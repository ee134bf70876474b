//! Learning-rate schedules.
//!
//! Powers and cosines are those of the crate libm: the last bit of the system's differs from one system to another.

use serde::{Deserialize, Serialize};

/// The learning rate as a function of the step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Schedule {
    /// Constant.
    Constant {
        /// The learning rate.
        learning_rate: f64,
    },
    /// Multiplied by a factor after every `every` steps, as PyTorch's `StepLR`.
    Step {
        /// Learning rate of the first step.
        initial: f64,
        /// Number of steps between two multiplications.
        every: u64,
        /// Factor.
        factor: f64,
    },
    /// Multiplied by a factor every step, as PyTorch's `ExponentialLR`.
    Exponential {
        /// Learning rate of the first step.
        initial: f64,
        /// Factor of each further step.
        factor: f64,
    },
    /// From `initial` down to `last` along half a cosine over all steps, as PyTorch's `CosineAnnealingLR`.
    Cosine {
        /// Learning rate of the first step.
        initial: f64,
        /// Learning rate that the step after the last one would have.
        last: f64,
    },
    /// Up to a peak and down to almost nothing, along cosines, as PyTorch's `OneCycleLR` with its defaults:
    /// from peak / 25 over the first 30 % of the steps to the peak, then to peak / 250,000. (L. N. Smith and
    /// N. Topin, "Super-convergence", 2017.)
    OneCycle {
        /// The highest learning rate.
        peak: f64,
    },
    /// Linear warm-up to a peak, then linearly to 0. Over `w` = `warm_up_share` · all steps, rounded, the rates
    /// are peak · 1/w, 2/w, … 1; the step after the last one would have 0. PyTorch's `SequentialLR` of two
    /// `LinearLR`.
    WarmUpLinear {
        /// The highest learning rate.
        peak: f64,
        /// Share of all steps that warm up, in 0..=1.
        warm_up_share: f64,
    },
    /// Linear warm-up as in [`WarmUpLinear`](Self::WarmUpLinear), then along half a cosine to 0. PyTorch's
    /// `SequentialLR` of `LinearLR` and `CosineAnnealingLR`.
    WarmUpCosine {
        /// The highest learning rate.
        peak: f64,
        /// Share of all steps that warm up, in 0..=1.
        warm_up_share: f64,
    },
}

impl Schedule {
    /// Whether the learning rate of a step depends on the number of all steps. If not, a training can be
    /// resumed with more epochs, and is the same as if it had had them from the beginning.
    pub fn depends_on_total(self) -> bool {
        match self {
            Self::Constant { .. } | Self::Step { .. } | Self::Exponential { .. } => false,
            Self::Cosine { .. } | Self::OneCycle { .. } => true,
            Self::WarmUpLinear { .. } | Self::WarmUpCosine { .. } => true,
        }
    }

    /// The learning rate of step `step`, counted from 0, of `total` steps.
    ///
    /// ```
    /// use lenet_train::Schedule;
    ///
    /// let schedule = Schedule::OneCycle { peak: 0.1 };
    /// let [first, top, last] = [0, 2, 9].map(|step| schedule.learning_rate(step, 10));
    /// assert_eq!(top, 0.1);
    /// assert!((first / top - 1.0 / 25.0).abs() < 1e-12 && (last / top - 1.0 / 250_000.0).abs() < 1e-12);
    /// ```
    pub fn learning_rate(self, step: u64, total: u64) -> f64 {
        match self {
            Self::Constant { learning_rate } => learning_rate,
            Self::Step { initial, every, factor } => {
                initial * libm::pow(factor, (step / every.max(1)) as f64)
            }
            Self::Exponential { initial, factor } => initial * libm::pow(factor, step as f64),
            Self::Cosine { initial, last } => anneal(initial, last, step as f64 / total as f64),
            Self::OneCycle { peak } => {
                let (initial, last) = (peak / 25.0, peak / 25.0 / 1e4);
                let top = 0.3 * total as f64 - 1.0;
                let end = total as f64 - 1.0;
                let step = step as f64;
                if step <= top {
                    anneal(initial, peak, step / top)
                } else {
                    anneal(peak, last, (step - top) / (end - top))
                }
            }
            Self::WarmUpLinear { peak, warm_up_share } => match phase(step, total, warm_up_share) {
                Phase::WarmUp(share) => peak * share,
                Phase::Decay(share) => peak * (1.0 - share),
            },
            Self::WarmUpCosine { peak, warm_up_share } => match phase(step, total, warm_up_share) {
                Phase::WarmUp(share) => peak * share,
                Phase::Decay(share) => anneal(peak, 0.0, share),
            },
        }
    }
}

/// Position of a step in a schedule with warm-up, as a share of its phase.
enum Phase {
    /// Above 0, up to 1.
    WarmUp(f64),
    /// From 0 to below 1.
    Decay(f64),
}

/// The phase of step `step` of `total`, of which `warm_up_share` warm up.
fn phase(step: u64, total: u64, warm_up_share: f64) -> Phase {
    // The conversion saturates.
    let warm_up = ((warm_up_share * total as f64).round() as u64).min(total);
    if step < warm_up {
        Phase::WarmUp((step + 1) as f64 / warm_up as f64)
    } else {
        Phase::Decay((step - warm_up) as f64 / (total - warm_up).max(1) as f64)
    }
}

/// From `start` to `end` along half a cosine, as `share` goes from 0 to 1.
fn anneal(start: f64, end: f64, share: f64) -> f64 {
    end + (start - end) / 2.0 * (1.0 + libm::cos(std::f64::consts::PI * share))
}
