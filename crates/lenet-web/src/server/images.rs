//! Images as JSON, read straight into pixels: nothing is allocated for a number.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

/// Number of pixels of an image.
pub(super) const PIXELS: usize = 32 * 32;
/// Maximum number of images in a request.
pub(super) const MOST_IMAGES: usize = 1024;

/// `{"image": I}` or `{"images": [I, …]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    image: Option<Image>,
    images: Option<Images>,
}

/// One image of 1,024 pixels.
struct Image(Vec<u8>);

/// Images, one after another.
struct Images(Vec<u8>);

impl Document {
    /// The pixels of all images, one after another; `None` unless there is exactly one of the two fields.
    pub(super) fn pixels(self) -> Option<Vec<u8>> {
        match (self.image, self.images) {
            (Some(Image(pixels)), None) | (None, Some(Images(pixels))) => Some(pixels),
            _ => None,
        }
    }
}

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
        let (start, mut items_read) = (self.0.len(), 0);
        while items.next_element_seed(Append { pixels: self.0, rows: true })?.is_some() {
            items_read += 1;
            if self.0.len() - start > PIXELS {
                break;
            }
        }
        let found = self.0.len() - start;
        let is_image = found == PIXELS && (items_read == PIXELS || items_read == 32);
        if is_image { Ok(()) } else { Err(A::Error::invalid_length(found, &self)) }
    }
}

/// Appends a number or, if `rows`, a row of 32.
struct Append<'a> {
    pixels: &'a mut Vec<u8>,
    rows: bool,
}

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = ();
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.rows {
            "a number from 0 to 255, or a row of 32 of them"
        } else {
            "a number from 0 to 255"
        })
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.pixels.push(u8::try_from(value).map_err(|_| out_of_range(value))?);
        Ok(())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        Err(out_of_range(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if !(0.0..=255.0).contains(&value) {
            return Err(out_of_range(value));
        }
        self.pixels.push(value.round() as u8);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        if !self.rows {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        }
        let start = self.pixels.len();
        while row.next_element_seed(Append { pixels: self.pixels, rows: false })?.is_some() {
            if self.pixels.len() - start > 32 {
                break;
            }
        }
        let found = self.pixels.len() - start;
        if found == 32 { Ok(()) } else { Err(A::Error::invalid_length(found, &"a row of 32 numbers")) }
    }
}

fn out_of_range<E: Error>(value: impl fmt::Display) -> E {
    E::custom(format!("{value} is not a number from 0 to 255"))
}
