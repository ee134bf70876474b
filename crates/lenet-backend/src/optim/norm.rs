//! [`GlobalNorm`]: the norm of all gradients.

#[cfg(any(feature = "flex", feature = "ndarray"))]
use burn::tensor::Device;
use burn::tensor::Tensor;

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
#[cfg(feature = "gpu")]
use crate::cube::square_sum;
#[cfg(feature = "gpu")]
use crate::devices::cube;
#[cfg(feature = "gpu")]
use burn_cubecl::kernel::into_contiguous;

/// The Euclidean norm of several tensors, taken as one vector.
///
/// On a CPU backend the squares are added up in f64, in an order that depends only on the tensors' sizes.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::optim::GlobalNorm;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let mut norm = GlobalNorm::default();
/// norm.add(Tensor::<1>::from_floats([3.0], &device));
/// norm.add(Tensor::<2>::from_floats([[4.0, 0.0]], &device));
/// assert_eq!(norm.get().map(|norm| norm.into_scalar::<f32>()), Some(5.0));
/// # Ok::<(), lenet_backend::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct GlobalNorm {
    /// Sum of squares of the tensors on a CPU backend, and their device.
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    host: Option<(f64, Device)>,
    /// The tensors on a GPU.
    #[cfg(feature = "gpu")]
    gpu: Vec<burn_cubecl::tensor::CubeTensor>,
    /// Sum of squares of all other tensors, on their device.
    device: Option<Tensor<1>>,
}

impl GlobalNorm {
    /// Adds the squares of a tensor. Does not wait for the device.
    pub fn add<const D: usize>(&mut self, tensor: Tensor<D>) {
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        if let Some(square_sum) = in_place::square_sum_for(&tensor) {
            let (sum, _) = self.host.get_or_insert_with(|| (0.0, tensor.device()));
            *sum += square_sum(tensor);
            return;
        }
        #[cfg(feature = "gpu")]
        if cube::holds_beside(&tensor, self.gpu.first()) {
            self.gpu.push(into_contiguous(cube::unpack(tensor)));
            return;
        }
        self.add_squares(tensor.square().sum());
    }

    fn add_squares(&mut self, squares: Tensor<1>) {
        self.device = Some(match self.device.take() {
            Some(sum) => sum.to_device(&squares.device()).add(squares),
            None => squares,
        });
    }

    /// The norm, `[1]`, on the device of the tensors; `None` if no tensor was added.
    #[cfg_attr(not(feature = "gpu"), allow(unused_mut))]
    pub fn get(mut self) -> Option<Tensor<1>> {
        #[cfg(feature = "gpu")]
        if let Some(squares) = square_sum(&self.gpu) {
            self.add_squares(cube::pack(squares));
        }
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        if let Some((sum, device)) = self.host {
            let tensor = |number: f64| Tensor::from_data([number as f32], &device);
            return Some(match self.device {
                Some(others) => others.to_device(&device).add(tensor(sum)).sqrt(),
                None => tensor(sum.sqrt()),
            });
        }
        self.device.map(Tensor::sqrt)
    }
}
