//! The weights of a module in all processes: sent by process 0 at the start, compared at the end.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Shape, Tensor, TensorData};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Root};
use sha2::{Digest, Sha256};

/// `net` with the weights that process 0 has.
///
/// # Errors
/// A parameter is not of type f32.
pub fn broadcast<M: Module>(world: &SimpleCommunicator, net: M) -> Result<M, String> {
    let mut numbers = numbers(&net)?;
    world.process_at_rank(0).broadcast_into(&mut numbers[..]);
    Ok(net.map(&mut Replace(numbers.into_iter())))
}

/// SHA-256 of the weights, in the order of the module's fields.
///
/// # Errors
/// A parameter is not of type f32.
pub fn sha256<M: Module>(net: &M) -> Result<String, String> {
    let bytes: Vec<u8> = numbers(net)?.into_iter().flat_map(f32::to_le_bytes).collect();
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Checks that the weights of this process have the SHA-256 of those of process 0.
///
/// # Errors
/// They have another one: this process computed in another way.
pub fn check_same(world: &SimpleCommunicator, own: &str) -> Result<(), String> {
    let mut first = own.as_bytes().to_vec();
    world.process_at_rank(0).broadcast_into(&mut first[..]);
    let same = own.as_bytes() == first;
    same.then_some(()).ok_or_else(|| {
        "the weights differ from those of process 0: are the processors of one kind?".to_owned()
    })
}

/// All parameters in one vector.
fn numbers<M: Module>(net: &M) -> Result<Vec<f32>, String> {
    let mut collect = Collect(Ok(Vec::new()));
    net.visit(&mut collect);
    collect.0
}

struct Collect(Result<Vec<f32>, String>);

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Ok(numbers) = &mut self.0 else { return };
        match param.val().into_data().try_into_vec::<f32>() {
            Ok(more) => numbers.extend(more),
            Err(error) => self.0 = Err(format!("a parameter is not of type f32: {error:?}")),
        }
    }
}

struct Replace(std::vec::IntoIter<f32>);

impl ModuleMapper for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| {
            let shape: Shape = weight.shape();
            let numbers: Vec<f32> = self.0.by_ref().take(shape.num_elements()).collect();
            let length = numbers.len();
            let new = Tensor::<1>::from_data(TensorData::new(numbers, [length]), &weight.device());
            new.reshape::<D, _>(shape).set_require_grad(weight.is_require_grad())
        })
    }
}
