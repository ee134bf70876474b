//! [`stock`]: Burn's own operations, for what the kernels do not support.

/// Calls Burn's own operations. In a build with `--cfg lenet_kernels_only`, a page that computes in f32 on the CPU
/// alone, they are left out: most of the page's code would be for types and shapes that it does not have.
///
/// # Panics
/// In such a build.
#[inline]
pub fn stock<T>(operations: impl FnOnce() -> T) -> T {
    if cfg!(lenet_kernels_only) {
        #[allow(clippy::panic)] // As Burn's operations do on what they do not support.
        {
            panic!("this build has only the kernels of the CPU: expected tensors in f32, of matching shapes")
        }
    }
    operations()
}
