//! Losses of a classifier: value, and gradient with respect to the logits, in one pass.
//!
//! The losses of the samples are added up in f64, in the order of the samples. Beside the portable kernels, whose
//! bits are the same on every machine, exp and ln are those of the crate libm; elsewhere they are the system's.

use super::simd::Isa;

/// The loss of a sample.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Criterion<'a> {
    /// −Σⱼ wⱼ·tⱼ·log softmax(z)ⱼ with the target t = (1 − smoothing)·one-hot(label) + smoothing/classes; the
    /// mean counts each sample as the weight w of its label. No weights are weights of 1.
    CrossEntropy {
        /// Share of the target that is spread over all classes, 0 to 1.
        smoothing: f32,
        /// One for each class.
        weights: Option<&'a [f32]>,
    },
    /// Mean over the classes of (z − one-hot(label))².
    SquaredError,
}

/// Returns the mean loss of `logits` `[B, C]` for `labels` `[B]`, and writes its gradient to `gradient` `[B,
/// C]`.
///
/// The loss is NaN if a label is not a class, if a logit is NaN, and if the batch is empty, with class
/// weights and without.
///
/// # Panics
/// If a slice does not have its length.
pub(crate) fn loss(
    isa: Isa,
    criterion: Criterion,
    logits: &[f32],
    labels: &[i64],
    gradient: &mut [f32],
) -> f32 {
    assert_eq!(logits.len(), gradient.len(), "gradient");
    if labels.is_empty() {
        assert!(logits.is_empty(), "labels");
        return f32::NAN; // The mean of nothing, as in PyTorch.
    }
    let classes = logits.len() / labels.len();
    assert_eq!(logits.len(), classes * labels.len(), "labels");
    let total = match criterion {
        Criterion::CrossEntropy { weights: Some(weights), .. } => {
            assert_eq!(weights.len(), classes, "class weights");
            labels
                .iter()
                .filter_map(|label| Some(f64::from(*weights.get(usize::try_from(*label).ok()?)?)))
                .sum()
        }
        Criterion::CrossEntropy { weights: None, .. } => labels.len() as f64,
        Criterion::SquaredError => logits.len() as f64,
    };
    let scale = (1.0 / total) as f32;
    let mut sum = 0.0;
    let rows = logits.chunks_exact(classes.max(1)).zip(gradient.chunks_exact_mut(classes.max(1)));
    for (&label, (logits, gradient)) in labels.iter().zip(rows) {
        sum += match usize::try_from(label) {
            Ok(label) if label < classes => match criterion {
                Criterion::CrossEntropy { smoothing, weights } => {
                    cross_entropy(isa, smoothing, weights, scale, logits, label, gradient)
                }
                Criterion::SquaredError => squared_error(scale, logits, label, gradient),
            },
            _ => {
                gradient.fill(f32::NAN);
                f64::NAN
            }
        };
    }
    (sum / total) as f32
}

/// The loss of one sample, and its gradient times `scale`: softmax(z)ₖ·Σⱼ wⱼ·tⱼ − wₖ·tₖ.
#[inline(always)]
fn cross_entropy(
    isa: Isa,
    smoothing: f32,
    weights: Option<&[f32]>,
    scale: f32,
    logits: &[f32],
    label: usize,
    gradient: &mut [f32],
) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (power, z) in gradient.iter_mut().zip(logits) {
        *power = if isa.is_portable() { libm::expf(z - largest) } else { (z - largest).exp() };
        sum += *power;
    }
    let log_sum = if isa.is_portable() { libm::logf(sum) } else { sum.ln() };
    let weight = |class: usize| weights.map_or(1.0, |weights| weights[class]);
    let share = smoothing / logits.len() as f32;
    let target = |class: usize| weight(class) * (share + if class == label { 1.0 - smoothing } else { 0.0 });
    let (mut loss, mut targets) = (0.0, 0.0);
    for (class, z) in logits.iter().enumerate() {
        let target = target(class);
        targets += target;
        // A target of zero times an infinite logarithm is zero.
        if target != 0.0 {
            loss += f64::from(target * (log_sum - (z - largest)));
        }
    }
    let of_power = scale * targets / sum;
    for (class, gradient) in gradient.iter_mut().enumerate() {
        *gradient = *gradient * of_power - scale * target(class);
    }
    loss
}

/// The sum of squares of one sample, and its gradient times `scale`.
#[inline(always)]
fn squared_error(scale: f32, logits: &[f32], label: usize, gradient: &mut [f32]) -> f64 {
    let mut loss = 0.0;
    for (class, (gradient, z)) in gradient.iter_mut().zip(logits).enumerate() {
        let error = z - f32::from(class == label);
        loss += f64::from(error * error);
        *gradient = 2.0 * scale * error;
    }
    loss
}
