//! The hooks that come with the crate.

mod accumulate;
mod clip;
mod csv;
mod dead_relus;
mod ema;
mod finite_guard;
mod json_lines;
mod layer_norms;
mod log_file;
mod max_time;
mod overfit_one_batch;
mod plateau;
#[cfg(feature = "progress")]
mod progress;
mod rate_range_test;
mod state;
mod step_times;
mod tensor_board;
mod trace;

pub use accumulate::Accumulate;
pub use clip::{ClipGradNorm, ClipGradValue};
pub use csv::Csv;
pub use dead_relus::DeadRelus;
pub use ema::Ema;
pub use finite_guard::FiniteGuard;
pub use json_lines::JsonLines;
pub use layer_norms::LayerNorms;
pub use max_time::MaxTime;
pub use overfit_one_batch::OverfitOneBatch;
pub use plateau::{EarlyStopping, ReduceOnPlateau};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use rate_range_test::RateRangeTest;
pub use step_times::StepTimes;
pub use tensor_board::TensorBoard;
pub use trace::{Trace, TraceFirst, TraceLast};
