//! What can go wrong with weights.

use std::path::PathBuf;

/// An error of this crate. Every message names the tensor or the file, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter of the network is not there.
    #[error("tensor `{name}` is missing")]
    MissingTensor {
        /// PyTorch's name of it.
        name: String,
    },
    /// A tensor that is no parameter of the network, or one that is there twice.
    #[error("tensor `{}` does not belong to this network", printable(name))]
    ExtraTensor {
        /// Its name.
        name: String,
    },
    /// A parameter has another shape.
    #[error("tensor `{name}` has shape {}, expected {expected:?}", printable(&format!("{found:?}")))]
    Shape {
        /// PyTorch's name of it.
        name: String,
        /// The shape in this network.
        expected: Vec<usize>,
        /// The shape found.
        found: Vec<usize>,
    },
    /// A parameter is of a type whose numbers are not all numbers of f32.
    #[error(
        "tensor `{}` holds {found}, expected F32, F16 or BF16: nothing is rounded here, so save it as one of them",
        printable(name)
    )]
    Dtype {
        /// Its name.
        name: String,
        /// The type found.
        found: String,
    },
    /// Numbers could not be read back from their device.
    #[error("cannot read from the device: {0}")]
    Device(String),
    /// Numbers that are no whole number of images.
    #[error("{found} numbers are no whole number of 32x32 images, which have 1024 each")]
    Images {
        /// How many numbers there are.
        found: usize,
    },
    /// The logits of an image are NaN or infinite.
    #[error(
        "image {image} has no prediction: its logits are not finite, so it or the weights hold NaN or huge numbers"
    )]
    NotFinite {
        /// Which of those that were asked about, from 0.
        image: usize,
    },
    /// A file does not hold the weights of this network.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with what it holds.
        source: Box<Error>,
    },
    /// A file is not of its format: cut short, or something else altogether.
    #[error("not a {format} file: {}", printable(reason))]
    Format {
        /// The format it should be of.
        format: &'static str,
        /// What the format's reader said.
        reason: String,
    },
    /// A file with the weights of several networks, none of which is the obvious one.
    #[error("holds several networks, under {}: save one of them alone", printable(&places.join(" and ")))]
    Ambiguous {
        /// What stands before the names of their tensors.
        places: Vec<String>,
    },
    /// A file much larger than any with the weights of this network. It would take many times its size of memory.
    #[error("has {found} bytes, expected {limit} at most: save the weights alone, which are 61706 numbers")]
    TooLarge {
        /// Bytes of the file.
        found: u64,
        /// Bytes that are read at most.
        limit: u64,
    },
    /// A file name whose extension is none of the formats.
    #[error("unknown weight format: expected a file name ending in {expected}")]
    UnknownFormat {
        /// The extensions of those that are written, or those that are read.
        expected: &'static str,
    },
    /// A format that is only read, or only written.
    #[error("{0}")]
    OneWay(&'static str),
    /// A file could not be put in its place.
    #[error("cannot write: {0}")]
    Write(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// What reading from a device said.
    pub(crate) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device(error.to_string())
    }
}

/// What comes from a file, as a part of one line: nothing in it that a terminal obeys, and not too long.
fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut rest = text.chars();
    let mut printable = String::new();
    for character in rest.by_ref().take(LONGEST) {
        match character {
            '\'' | '"' | '\\' => printable.push(character),
            _ => printable.extend(character.escape_debug()),
        }
    }
    if rest.next().is_some() {
        printable.push('…');
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_file_stays_on_its_line() {
        let error = Error::ExtraTensor { name: "a'b\n\u{1b}[31m".to_owned() };
        assert_eq!(error.to_string(), r"tensor `a'b\n\u{1b}[31m` does not belong to this network");
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let error = Error::ExtraTensor { name: "x".repeat(1 << 20) }.to_string();
        assert!(error.len() < 300 && error.contains("xx…`"), "{error}");
    }
}
