//! The images in the body of a request.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use tokio::time::timeout;

use super::problem::Problem;

/// Number of pixels of an image.
pub(super) const PIXELS: usize = 32 * 32;
/// Maximum number of images in a request.
pub(super) const MOST_IMAGES: usize = 1024;
/// Maximum number of bytes in a body: 1,024 images as JSON have at most 5 MB.
const MOST_BYTES: usize = 16 << 20;

const HELP: &str = "Send a PNG or JPEG file of one digit with its Content-Type, or application/json: {\"image\": I} or \
    {\"images\": [I, …]}, at most 1,024; I is 32 rows of 32 numbers (or 1,024 numbers) from 0, background, to 255, ink.";

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
    if kind != "application/json" && !kind.starts_with("image/") {
        let found = if kind.is_empty() { "no Content-Type".to_owned() } else { format!("the Content-Type {kind}") };
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("cannot read {found}"), HELP));
    }
    let bytes = bytes(headers, body, most_time).await?;
    if kind == "application/json" { Ok(Input::Pixels(pixels(&bytes)?)) } else { Ok(Input::File(bytes.into())) }
}

async fn bytes(headers: &HeaderMap, body: Body, most_time: Duration) -> Result<axum::body::Bytes, Problem> {
    let too_large = || {
        let error = "the body has more than 16 MiB";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error, "Send fewer images in a request, or a smaller photograph.")
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    match timeout(most_time, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_large(&error) => Err(too_large()),
        Ok(Err(error)) => Err(Problem::bad_request(format!("the body ended early: {error}"), "Send the request again.")),
        Err(_) => {
            let error = format!("the body took longer than {} seconds", most_time.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, error, "Send the request again over a faster connection."))
        }
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("length limit exceeded"))
}

/// The pixels of the images in a JSON document.
fn pixels(json: &[u8]) -> Result<Vec<u8>, Problem> {
    let document: Document =
        serde_json::from_slice(json).map_err(|error| Problem::bad_request(error.to_string(), HELP))?;
    match (document.image, document.images) {
        (Some(Image(pixels)), None) | (None, Some(Images(pixels))) => Ok(pixels),
        _ => Err(Problem::bad_request("expected either `image` or `images`", HELP)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    image: Option<Image>,
    images: Option<Images>,
}

/// One image of 1,024 pixels.
struct Image(Vec<u8>);

/// Images, one after another.
struct Images(Vec<u8>);

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pixels = Vec::with_capacity(PIXELS);
        AppendImage(&mut pixels).deserialize(deserializer)?;
        Ok(Self(pixels))
    }
}

impl<'de> Deserialize<'de> for Images {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Images;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a list of 1 to {MOST_IMAGES} images")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut images: A) -> Result<Images, A::Error> {
                let mut pixels = Vec::new();
                while images.next_element_seed(AppendImage(&mut pixels))?.is_some() {
                    if pixels.len() > MOST_IMAGES * PIXELS {
                        return Err(A::Error::invalid_length(pixels.len() / PIXELS, &self));
                    }
                }
                if pixels.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Images(pixels)) }
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// Appends an image: 32 rows of 32 numbers, or 1,024 numbers.
struct AppendImage<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for AppendImage<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AppendImage<'_> {
    type Value = ();
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an image: 32 rows of 32 numbers, or 1,024 numbers")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (start, mut count) = (self.0.len(), 0);
        while items.next_element_seed(Item(self.0))?.is_some() {
            count += 1;
            if count > PIXELS || self.0.len() - start > PIXELS {
                break;
            }
        }
        let found = self.0.len() - start;
        if found == PIXELS && (count == PIXELS || count == 32) { Ok(()) } else { Err(A::Error::invalid_length(found, &self)) }
    }
}

/// A number of an image, or a row of 32.
struct Item<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = ();
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number from 0 to 255, or a row of 32 of them")
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        let pixel = u8::try_from(value).map_err(|_| E::custom(format!("{value} is not a number from 0 to 255")))?;
        self.0.push(pixel);
        Ok(())
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        Err(E::custom(format!("{value} is not a number from 0 to 255")))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        if !(0.0..=255.0).contains(&value) {
            return Err(E::custom(format!("{value} is not a number from 0 to 255")));
        }
        self.0.push(value.round() as u8);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        let start = self.0.len();
        while let Some(value) = row.next_element::<f64>()? {
            Item(self.0).visit_f64(value)?;
            if self.0.len() - start > 32 {
                break;
            }
        }
        let found = self.0.len() - start;
        if found == 32 { Ok(()) } else { Err(A::Error::invalid_length(found, &"a row of 32 numbers")) }
    }
}
