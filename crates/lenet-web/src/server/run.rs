//! `GET /v1/run` and `/v1/run/weights`: the measurements of a training so far, and its newest weights.

use std::path::{Path, PathBuf};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use lenet_report::run::Record;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::json::Json;
use super::problem::Problem;
use super::run_weights::{self, Newest};

/// Maximum size of `metrics.jsonl`.
const MOST_BYTES: u64 = 64 << 20;

/// The records of a run folder.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    name: String,
    records: Vec<Record>,
    /// Which weights `/v1/run/weights` returns; `None` before the first checkpoint.
    weights: Option<Newest>,
}

/// The handler of the measurements.
pub(super) async fn records(State(folder): State<Option<PathBuf>>) -> Result<Json<Run>, Problem> {
    in_folder(folder, read).await.map(Json)
}

/// The handler of the weights: a safetensors file.
pub(super) async fn weights(State(folder): State<Option<PathBuf>>) -> Result<impl IntoResponse, Problem> {
    let bytes = in_folder(folder, |folder| {
        let help =
            "A training saves its first weights after its first epoch, or earlier with --checkpoint-every.";
        let missing = |error: String| Problem::new(StatusCode::NOT_FOUND, error, help);
        let newest = run_weights::newest(folder);
        let newest = newest.ok_or_else(|| missing("the training has saved no weights yet".to_owned()))?;
        run_weights::safetensors(folder, &newest).map_err(|error| missing(format!("{error:#}")))
    });
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes.await?))
}

/// Reads in the folder of `--run`, outside of the threads that serve connections.
async fn in_folder<T: Send + 'static>(
    folder: Option<PathBuf>,
    read: impl FnOnce(&Path) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let Some(folder) = folder else {
        let help = "Start the server with --run and the folder of a training.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "the server follows no training", help));
    };
    spawn_blocking(move || read(&folder)).await.map_err(|error| Problem::internal(error.to_string()))?
}

fn read(folder: &Path) -> Result<Run, Problem> {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let bytes = lenet_files::read(&folder.join("metrics.jsonl"), MOST_BYTES).map_err(|error| {
        let help = "The folder of a training has the file metrics.jsonl as soon as the training has begun.";
        Problem::new(StatusCode::NOT_FOUND, error.to_string(), help)
    })?;
    // The last line may be half written.
    let records =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    Ok(Run { name, records, weights: run_weights::newest(folder) })
}
