//! [`Problem`]: an error as JSON, which says what was expected and what to do.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::json::Json;

/// The answer to a request that cannot be served: a status, and `{"error": …, "help": …}`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    error: String,
    help: &'static str,
}

#[derive(Serialize)]
struct Body {
    error: String,
    help: &'static str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: impl Into<String>, help: &'static str) -> Self {
        Self { status, error: error.into(), help }
    }

    /// The request is understood, but its content is wrong.
    pub(super) fn bad_request(error: impl Into<String>, help: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, help)
    }

    /// The fault is the server's.
    pub(super) fn internal(error: impl Into<String>) -> Self {
        let help = "This is a fault of the server. Its log may say more.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error, help)
    }

    /// The answer to a known path with another method.
    pub(super) async fn wrong_method() -> Self {
        let help = "GET /v1/openapi.json lists the routes and their methods.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this route has another method", help)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Body { error: self.error, help: self.help })).into_response();
        // The rest of a body that was not read would be taken for the next request.
        if matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        }
        response
    }
}
