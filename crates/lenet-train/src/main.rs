//! The command line.

mod cli;

use std::process::ExitCode;

/// A step allocates and frees some hundred tensors. The system's allocator returns the large ones to the
/// system each time, and allocating them again cost a third of the time of a step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(std::env::args_os().collect()).unwrap_or_else(|error| {
        cli::print_error(&error);
        ExitCode::FAILURE
    })
}
