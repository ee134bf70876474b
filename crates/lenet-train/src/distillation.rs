//! [`Distillation`]: the loss of a network that learns from the answers of another.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};
use lenet_backend::stock;

use crate::Error;

/// The distance of a network's answers to those of a teacher, a trained network or an ensemble, both softened by a temperature T:
///
/// T² · mean over the batch of Σⱼ pⱼ·(log pⱼ − log qⱼ), with p = softmax(teacher / T) and q = softmax(logits / T).
///
/// Its gradient with respect to the logits is T·(q − p) / batch; the factor T² keeps its size from falling with the temperature. It is
/// PyTorch's `T² * kl_div(log_softmax(logits / T), softmax(teacher / T), reduction="batchmean")`. (G. Hinton, O. Vinyals, J. Dean,
/// "Distilling the Knowledge in a Neural Network", 2015.)
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_train::Distillation;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let teacher = Tensor::<2>::from_floats([[4.0, 1.0, 0.0]], &device);
/// let logits = Tensor::<2>::from_floats([[2.0, 0.0, 0.0]], &device);
/// let loss = Distillation::new(2.0)?.forward(logits, teacher);
/// assert_eq!(loss.dims(), [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distillation {
    temperature: f32,
}

impl Distillation {
    /// A distillation at a `temperature`: 1 compares probabilities; above it, the classes that the teacher takes for unlikely count more.
    ///
    /// # Errors
    /// [`Error::Value`] if `temperature` is not a number above 0.
    pub fn new(temperature: f32) -> Result<Self, Error> {
        if !(temperature > 0.0 && temperature.is_finite()) {
            return Err(Error::value("Distillation::new", temperature, "a number above 0"));
        }
        Ok(Self { temperature })
    }

    /// The loss `[1]` of `logits` for those of the `teacher`, both `[batch, classes]`. No gradient flows to `teacher`, which may be on a
    /// device without autodiff.
    pub fn forward(self, logits: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
        stock(|| {
            let temperature = self.temperature;
            let teacher = teacher.to_device(&logits.device()).inner() / temperature;
            let distance = log_softmax(teacher.clone(), 1) - log_softmax(logits / temperature, 1);
            (softmax(teacher, 1) * distance).sum_dim(1).mean() * (temperature * temperature)
        })
    }
}
