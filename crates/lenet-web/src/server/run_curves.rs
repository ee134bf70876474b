//! `GET /v1/run`: the measurements of a training so far.

use std::path::PathBuf;

use axum::extract::State;
use axum::http::StatusCode;
use lenet_report::run::Record;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::json::Json;
use super::problem::Problem;

/// Maximum size of `metrics.jsonl`.
const MOST_BYTES: u64 = 64 << 20;

/// The records of a run folder.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    name: String,
    records: Vec<Record>,
}

/// The handler.
pub(super) async fn records(State(folder): State<Option<PathBuf>>) -> Result<Json<Run>, Problem> {
    let Some(folder) = folder else {
        let help = "Start the server with --run and the folder of a training.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "the server follows no training", help));
    };
    let run =
        spawn_blocking(move || read(&folder)).await.map_err(|error| Problem::internal(error.to_string()))?;
    run.map(Json)
}

fn read(folder: &std::path::Path) -> Result<Run, Problem> {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let bytes = lenet_files::read(&folder.join("metrics.jsonl"), MOST_BYTES).map_err(|error| {
        let help = "The folder of a training has the file metrics.jsonl as soon as the training has begun.";
        Problem::new(StatusCode::NOT_FOUND, error.to_string(), help)
    })?;
    // The last line may be half written.
    let records =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    Ok(Run { name, records })
}
