//! `POST /v1/predict`: the digits in images.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use lenet_data::photo;
use lenet_model::Classifier;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::answer::Answer;
use super::images::PIXELS;
use super::input::{self, Input};
use super::json::Json;
use super::metrics::Metrics;
use super::problem::Problem;

/// Up to this number of images are computed on the thread that serves the connection: handing them to another
/// one takes as long.
const AT_ONCE: usize = 8;
/// Image files that are decoded at the same time; the others wait.
const MOST_DECODING: usize = 8;

/// The network, and who may use the threads for long computations.
pub(super) struct Predictor {
    classifier: Classifier,
    decoding: Semaphore,
    /// Maximum time for a body.
    timeout: Duration,
}

impl Predictor {
    pub(super) fn new(classifier: Classifier, timeout: Duration) -> Self {
        Self { classifier, decoding: Semaphore::new(MOST_DECODING), timeout }
    }

    /// The predictions for images of 32×32 pixels.
    fn classify(&self, pixels: &[u8]) -> Result<Answer, Problem> {
        let predictions =
            self.classifier.classify_pixels(pixels).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Answer::new(predictions, &self.classifier))
    }

    /// The prediction for the digit in an image file, as `lenet-train predict` reads it.
    fn classify_file(&self, bytes: &[u8]) -> Result<Answer, Problem> {
        let name = Path::new("the image");
        let whole = self.classifier.metadata().whole_images;
        let pixels = if whole { photo::decode_whole(name, bytes) } else { photo::decode(name, bytes) };
        let help = "Send a PNG or JPEG image of one digit, dark on light or light on dark, with some paper around it.";
        let unread = |error: lenet_data::Error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string(), help)
        };
        self.classify(&pixels.map_err(unread)?)
    }
}

/// The handler.
pub(super) async fn predict(
    State((predictor, metrics)): State<(Arc<Predictor>, Arc<Metrics>)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answer>, Problem> {
    let answer = match input::read(&headers, body, predictor.timeout).await? {
        Input::Pixels(pixels) if pixels.len() <= AT_ONCE * PIXELS => predictor.classify(&pixels),
        Input::Pixels(pixels) => long(predictor, move |predictor| predictor.classify(&pixels)).await,
        Input::File(bytes) => long(predictor, move |predictor| predictor.classify_file(&bytes)).await,
    }?;
    metrics.predicted(answer.len());
    Ok(Json(answer))
}

/// Runs a computation of milliseconds outside of the threads that serve connections.
async fn long(
    predictor: Arc<Predictor>,
    work: impl FnOnce(&Predictor) -> Result<Answer, Problem> + Send + 'static,
) -> Result<Answer, Problem> {
    let busy = |_| Problem::internal("the server is about to end");
    let _turn = predictor.decoding.acquire().await.map_err(busy)?;
    let shared = Arc::clone(&predictor);
    spawn_blocking(move || work(&shared)).await.map_err(|error| Problem::internal(error.to_string()))?
}
