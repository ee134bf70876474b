//! The static folder with the page.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeDir;

use super::problem::Problem;

/// What a folder without the page says.
pub(super) const NOT_BUILT: &str =
    "The page is not built: run `cargo xtask web` and reload, or name its folder with --page.\n";

/// The page loads nothing from other hosts, and no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the files in `folder`; other paths are errors as JSON.
pub(super) fn service(folder: &Path) -> Router {
    let page = folder.to_owned();
    let missing = async move || {
        if is_built(&page) {
            let help = "GET / is the page, GET /v1/openapi.json lists the routes.";
            return Problem::new(StatusCode::NOT_FOUND, "there is no such file", help).into_response();
        }
        (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response()
    };
    let files = ServeDir::new(folder)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true);
    Router::new().fallback_service(files.fallback(get(missing)))
}

/// Whether the page is in `folder`.
pub(super) fn is_built(folder: &Path) -> bool {
    folder.join("index.html").is_file()
}

/// Adds the headers that keep the page to itself.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
