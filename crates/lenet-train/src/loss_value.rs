//! [`LossValue`]: the loss of a batch, read back on demand.

use std::cell::OnceCell;

use burn::tensor::Tensor;

use crate::Error;

/// A loss that stays on its device until its number is read.
#[derive(Debug)]
pub struct LossValue {
    tensor: Tensor<1>,
    value: OnceCell<f32>,
}

impl LossValue {
    /// Takes a loss `[1]` without autodiff.
    pub fn new(tensor: Tensor<1>) -> Self {
        Self { tensor, value: OnceCell::new() }
    }

    /// The number. **Waits for the device** the first time it is called.
    ///
    /// # Errors
    /// [`Error::Device`] if the device failed.
    pub fn get(&self) -> Result<f32, Error> {
        if let Some(value) = self.value.get() {
            return Ok(*value);
        }
        let value = match self.on_host() {
            Some(value) => value,
            None => {
                let value = self.tensor.clone().try_into_scalar::<f32>();
                value.map_err(|error| Error::Device(error.to_string()))?
            }
        };
        Ok(*self.value.get_or_init(|| value))
    }

    /// The loss on its device, `[1]`. Does not wait.
    pub fn tensor(&self) -> Tensor<1> {
        self.tensor.clone()
    }

    /// The number, if reading it waits for no device.
    pub(crate) fn on_host(&self) -> Option<f32> {
        lenet_backend::number(&self.tensor)
    }
}
