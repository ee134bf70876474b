//! What the benchmarks share: the devices and batch sizes they go through, and the digits they use.
//!
//! `cargo bench -p lenet-bench` runs the benchmarks, one topic a file beside this folder;
//! `cargo xtask bench-peers` runs the comparison with other frameworks, whose programs are in `peers/`.

pub mod digits;
pub mod protocol;
pub mod stopwatch;

use lenet_backend::{Backend, Device, Error, is_on_host, open};

/// That of the program `lenet-train`: whatever is measured here allocates as a training does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The batch sizes that everything is measured at.
pub const BATCHES: [usize; 5] = [1, 16, 64, 256, 1024];

/// The name and the device of each backend in this build.
///
/// # Errors
/// That of [`open`] for the first device that cannot be opened.
pub fn devices() -> Result<Vec<(Backend, Device)>, Error> {
    let compiled_in = Backend::ALL.iter().copied().filter(|backend| backend.is_compiled_in());
    compiled_in.map(|backend| Ok((backend, open(&backend.to_string().parse()?)?))).collect()
}

/// Waits until `device` has done what it was given: for nothing if its memory is this program's.
///
/// # Panics
/// If the device failed, for then there is nothing to measure.
pub fn wait_for(device: &Device) {
    if is_on_host(device) {
        return;
    }
    device.sync().unwrap_or_else(|error| panic!("the device failed: {error}"));
}
