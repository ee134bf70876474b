//! Losses of a classifier: the value and the gradient of the logits in one pass.
//!
//! The samples' losses are added up in f64, in their order.

/// How the logits of a sample are judged.
#[derive(Clone, Copy, Debug)]
pub enum Judge<'a> {
    /// −Σⱼ wⱼ·tⱼ·log softmax(z)ⱼ with the target t = (1 − smoothing)·one-hot(label) + smoothing/classes; the mean counts
    /// each sample as the weight w of its label. No weights are weights of 1.
    CrossEntropy {
        /// A share from 0 to 1.
        smoothing: f32,
        /// One for each class.
        weights: Option<&'a [f32]>,
    },
    /// Mean over the classes of (z − one-hot(label))².
    SquaredError,
}

/// The mean loss of `logits` `[B, C]` for `labels` `[B]`; `gradient` `[B, C]` is overwritten.
///
/// A label that is no class, a NaN among the logits, and an empty batch make the loss NaN.
///
/// # Panics
/// If a slice does not have its length.
pub fn loss(judge: Judge, logits: &[f32], labels: &[i64], gradient: &mut [f32]) -> f32 {
    assert_eq!(logits.len(), gradient.len(), "gradient");
    let classes = logits.len() / labels.len().max(1);
    assert_eq!(logits.len(), classes * labels.len(), "labels");
    let total = match judge {
        Judge::CrossEntropy { weights: Some(weights), .. } => {
            assert_eq!(weights.len(), classes, "class weights");
            labels
                .iter()
                .filter_map(|label| Some(f64::from(*weights.get(usize::try_from(*label).ok()?)?)))
                .sum()
        }
        Judge::CrossEntropy { weights: None, .. } => labels.len() as f64,
        Judge::SquaredError => logits.len() as f64,
    };
    let scale = (1.0 / total) as f32;
    let mut sum = 0.0;
    let rows = logits.chunks_exact(classes.max(1)).zip(gradient.chunks_exact_mut(classes.max(1)));
    for (&label, (logits, gradient)) in labels.iter().zip(rows) {
        sum += match usize::try_from(label) {
            Ok(label) if label < classes => match judge {
                Judge::CrossEntropy { smoothing, weights } => {
                    cross_entropy(smoothing, weights, scale, logits, label, gradient)
                }
                Judge::SquaredError => squared_error(scale, logits, label, gradient),
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
        *power = (z - largest).exp();
        sum += *power;
    }
    let log_sum = sum.ln();
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
