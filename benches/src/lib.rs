//! Devices, batch sizes and digits of the benchmarks.
//!
//! `cargo bench -p lenet-bench` runs the benchmarks in the parent folder, one topic per file.
//! `cargo xtask bench-peers` runs the comparison with other frameworks, whose programs are in `peers/`.

pub mod digits;
pub mod protocol;
pub mod stopwatch;

use lenet_backend::{Backend, Device, Error, is_on_host, open};

/// The allocator of the program `lenet-train`, so that benchmarks allocate as a training does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Batch sizes of all benchmarks.
pub const BATCHES: [usize; 5] = [1, 16, 64, 256, 1024];

/// Opens a device of each backend in this build.
///
/// # Errors
/// The error of [`open`] for the first device that cannot be opened.
pub fn devices() -> Result<Vec<(Backend, Device)>, Error> {
    let compiled_in = Backend::ALL.iter().copied().filter(|backend| backend.is_compiled_in());
    compiled_in.map(|backend| Ok((backend, open(&backend.to_string().parse()?)?))).collect()
}

/// Waits until `device` has finished its queue. A device that computes on the CPU has none.
///
/// # Panics
/// If the device failed: the measurement is void.
pub fn wait_for(device: &Device) {
    if is_on_host(device) {
        return;
    }
    device.sync().unwrap_or_else(|error| panic!("the device failed: {error}"));
}
