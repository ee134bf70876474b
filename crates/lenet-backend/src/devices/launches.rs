//! [`launches`]: which kernels a piece of work launches on a GPU.

use std::sync::{Arc, Mutex, PoisonError};

use cubecl::config::TypeNameFormatLevel;
use cubecl::config::type_name_format;
use cubecl::logging::{LaunchObservation, LaunchObserver};

/// Runs `work` and returns its result, and the names of the kernels that this process launches meanwhile, in order.
/// On a GPU each launch costs time, whatever the kernel does. Copies and reads are no launches.
///
/// One observation at a time: another one that starts meanwhile takes the launches over until it ends.
pub fn launches<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let names = Arc::new(Names::default());
    let observation = LaunchObservation::new(names.clone());
    let result = work();
    drop(observation);
    let names = std::mem::take(&mut *names.0.lock().unwrap_or_else(PoisonError::into_inner));
    (result, names.into_iter().map(|name| type_name_format(name, TypeNameFormatLevel::Short)).collect())
}

#[derive(Default)]
struct Names(Mutex<Vec<&'static str>>);

impl LaunchObserver for Names {
    fn launched(&self, kernel: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(kernel);
    }
}
