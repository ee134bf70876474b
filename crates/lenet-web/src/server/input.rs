//! The images in the body of a request.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::time::timeout;

use super::images::{Document, MOST_IMAGES, PIXELS};
use super::problem::Problem;

/// Maximum number of bytes in a body: 1,024 images as JSON have at most 5 MB.
const MOST_BYTES: usize = 16 << 20;

const JSON: &str = "application/json";
/// A byte for each pixel.
const RAW: &str = "application/octet-stream";

const HELP: &str = "Send a PNG or JPEG file of one digit with its Content-Type, or application/json: {\"image\": I} or \
    {\"images\": [I, …]}, at most 1,024; I is 32 rows of 32 numbers (or 1,024 numbers) from 0, background, to 255, ink. \
    Or application/octet-stream: the same numbers as bytes, 1,024 for each image.";

/// What a request asks to read.
#[derive(Debug)]
pub(super) enum Input {
    /// Images of 32×32 pixels, one after another, from 0 (background) to 255 (ink).
    Pixels(Vec<u8>),
    /// The bytes of an image file.
    File(Vec<u8>),
}

/// Reads a body of bounded size in bounded time.
pub(super) async fn read(headers: &HeaderMap, body: Body, most_time: Duration) -> Result<Input, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if kind != JSON && kind != RAW && !kind.starts_with("image/") {
        let found =
            if kind.is_empty() { "no Content-Type".to_owned() } else { format!("the Content-Type {kind}") };
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("cannot read {found}"), HELP));
    }
    let bytes = bytes(headers, body, most_time).await?;
    match kind.as_str() {
        JSON => Ok(Input::Pixels(pixels(&bytes)?)),
        RAW => raw(bytes.into()).map(Input::Pixels),
        _ => Ok(Input::File(bytes.into())),
    }
}

async fn bytes(headers: &HeaderMap, body: Body, most_time: Duration) -> Result<axum::body::Bytes, Problem> {
    let too_large = || {
        let error = "the body has more than 16 MiB";
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            error,
            "Send fewer images in a request, or a smaller photograph.",
        )
    };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    match timeout(most_time, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_large(&error) => Err(too_large()),
        Ok(Err(error)) => {
            Err(Problem::bad_request(format!("the body ended early: {error}"), "Send the request again."))
        }
        Err(_) => {
            let error = format!("the body took longer than {} seconds", most_time.as_secs());
            Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                error,
                "Send the request again over a faster connection.",
            ))
        }
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.to_string().contains("length limit exceeded"))
}

/// The pixels of images, a byte each.
fn raw(pixels: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let images = pixels.len() / PIXELS;
    if pixels.len().is_multiple_of(PIXELS) && (1..=MOST_IMAGES).contains(&images) {
        return Ok(pixels);
    }
    let error =
        format!("expected 1,024 bytes for each of 1 to {MOST_IMAGES} images, found {} bytes", pixels.len());
    Err(Problem::bad_request(error, HELP))
}

/// The pixels of the images in a JSON document.
fn pixels(json: &[u8]) -> Result<Vec<u8>, Problem> {
    let document: Document =
        serde_json::from_slice(json).map_err(|error| Problem::bad_request(error.to_string(), HELP))?;
    document.pixels().ok_or_else(|| Problem::bad_request("expected either `image` or `images`", HELP))
}
