//! `GET /metrics`: counters and latencies in the text format of Prometheus.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::problem::Problem;

/// Upper bounds of the latencies in seconds.
const BOUNDS: [f64; 10] = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1, 1.0, 10.0];

/// What the server has done since its start.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RouteAndStatus, Counter>,
    predictions: Counter,
    seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteAndStatus {
    route: String,
    status: u16,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("lenet");
        let requests = Family::<RouteAndStatus, Counter>::default();
        let predictions = Counter::default();
        let seconds = Histogram::new(BOUNDS);
        registry.register("requests", "Answered requests by route and status", requests.clone());
        registry.register("predictions", "Images that were classified", predictions.clone());
        let help = "Time from the head of a request to predict until its answer";
        registry.register_with_unit("predict", help, Unit::Seconds, seconds.clone());
        Self { registry, requests, predictions, seconds }
    }

    /// Counts classified images.
    pub(super) fn predicted(&self, images: usize) {
        self.predictions.inc_by(images as u64);
    }
}

/// Counts and times every request. Files of the page are one route, so that no request adds a label.
pub(super) async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("page", MatchedPath::as_str).to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    if route == "/v1/predict" {
        metrics.seconds.observe(started.elapsed().as_secs_f64());
    }
    let status = response.status().as_u16();
    metrics.requests.get_or_create(&RouteAndStatus { route, status }).inc();
    response
}

/// The handler.
pub(super) async fn text(State(metrics): State<Arc<Metrics>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}
