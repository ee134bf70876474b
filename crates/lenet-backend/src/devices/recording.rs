//! [`record`]: work that a GPU records once and replays.

use std::marker::PhantomData;

use burn::backend::Cube;
use burn::tensor::{DType, Device, Int, Tensor};
use burn_cubecl::CubeDevice;
use cubecl::client::{Client, Graph};

use super::cube;
use crate::Error;

/// Work on a GPU that was recorded, and the tensors that it reads and writes.
///
/// The launches of the work are kept with the memory that they use. A replay launches them again: no operation is dispatched,
/// no graph of gradients is built and no kernel is looked up. New input is written into the memory of the old one, by
/// [`overwrite_floats`] and [`overwrite_integers`].
///
/// It stays on its thread: work of one thread on a GPU runs in its order, that of several does not.
pub struct Recording<T> {
    graph: Graph,
    state: T,
    stays_on_its_thread: PhantomData<*const ()>,
}

/// Records what `work` launches on `device`, and does not run it: the first [replay](Recording::replay) does.
///
/// `work` gets the tensors that it needs and returns those, and its results. It must have run before, so that its kernels are compiled, and
/// must neither copy numbers to the device nor read any back. It uses tensors of its argument and tensors that it makes, no others; to change
/// one for the next replay, it changes it in its memory, as [`Updates`](crate::optim::Updates) does.
///
/// # Errors
/// [`Error::CannotRecord`] if the device is no GPU with kernels of this crate that can record, or if `work` copies or reads. The tensors are
/// lost: `work` has returned tensors without numbers.
pub fn record<T>(device: &Device, state: T, work: impl FnOnce(T) -> T) -> Result<Recording<T>, Error> {
    let reason = "expected a device of wgpu, and a program without Burn's feature `fusion`";
    let Some(gpu @ CubeDevice::Wgpu(_)) = cube::on_gpu(device) else {
        return Err(Error::CannotRecord { reason: reason.into() });
    };
    let client = gpu.client();
    let explain = |error: &dyn std::fmt::Display| Error::CannotRecord { reason: error.to_string() };
    client.graph_prepare().map_err(|error| explain(&error))?;
    let window = Window(&client);
    client.start_capture().map_err(|error| explain(&error))?;
    let state = work(state);
    std::mem::forget(window);
    let graph = client.stop_capture().map_err(|error| explain(&error))?;
    Ok(Recording { graph, state, stays_on_its_thread: PhantomData })
}

/// Ends the recording if an error or a panic leaves it open.
struct Window<'a>(&'a Client);

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.0.stop_capture(); // What it says is of no use: another error is on its way.
    }
}

impl<T> Recording<T> {
    /// Runs the work once more, on the numbers that its tensors have now.
    ///
    /// # Errors
    /// [`Error::CannotRecord`] if the device refuses.
    pub fn replay(&mut self) -> Result<(), Error> {
        // SAFETY: wgpu's graph owns its buffers, and no other work gets memory on the pages that the recorded work has used: a replay
        // reads and writes memory that exists. Work that uses the same tensors is of this thread, as `self` is, so it comes before or after.
        let replayed = unsafe { self.graph.replay() };
        replayed.map_err(|error| Error::CannotRecord { reason: error.to_string() })
    }

    /// What the work has returned. The next replay changes the numbers of the tensors in it, and of their clones.
    pub fn state(&self) -> &T {
        &self.state
    }

    /// Ends the recording. What it returns is the caller's to use like any tensors.
    pub fn into_state(self) -> T {
        self.state
    }
}

/// Writes other numbers into the memory of a tensor that a [`Recording`] reads. All tensors that share the memory have them.
///
/// # Panics
/// If the tensor is not of f32 on a GPU, without autodiff and row-major, or has another number of numbers.
pub fn overwrite_floats<const D: usize>(tensor: &Tensor<D>, numbers: Vec<f32>) {
    assert!(cube::holds(tensor), "expected a tensor of f32 on a GPU, without autodiff");
    cube::overwrite(&cube::unpack(tensor.clone()), numbers);
}

/// As [`overwrite_floats`], for integers `[values]`.
///
/// # Panics
/// If the tensor is not of i32 on a GPU, or has another number of values.
#[allow(clippy::expect_used, reason = "the doc comment says so")]
pub fn overwrite_integers(tensor: &Tensor<1, Int>, values: &[i64]) {
    let on_gpu =
        tensor.clone().try_into_primitive::<Cube>().ok().filter(|_| cube::is_on_gpu(&tensor.device()));
    let on_gpu = cube::from_burn(on_gpu.expect("a tensor on a GPU"));
    assert!(on_gpu.dtype == DType::I32, "expected a tensor of i32, found {:?}", on_gpu.dtype);
    cube::overwrite(&on_gpu, values.iter().map(|value| *value as i32).collect());
}

impl<T> std::fmt::Debug for Recording<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("graph", &self.graph).finish_non_exhaustive()
    }
}
