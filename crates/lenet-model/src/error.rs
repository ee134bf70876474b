//! What can go wrong with weights.

use std::path::{Path, PathBuf};

/// An error of this crate. Every message names the tensor or the file, what was expected and what was found.
///
/// A message contains its cause, so [`source`](std::error::Error::source) does not return the cause a second
/// time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of the network is missing.
    #[error("tensor `{name}` is missing")]
    MissingTensor {
        /// PyTorch's name of the parameter.
        name: String,
    },
    /// A tensor is not a parameter of the network, or occurs twice.
    #[error("tensor `{}` does not belong to this network", printable(name))]
    ExtraTensor {
        /// The name of the tensor.
        name: String,
    },
    /// A parameter has another shape.
    #[error("tensor `{name}` has shape {}, expected {expected:?}", printable(&format!("{found:?}")))]
    Shape {
        /// PyTorch's name of the parameter.
        name: String,
        /// The shape in this network.
        expected: Vec<usize>,
        /// The shape found.
        found: Vec<usize>,
    },
    /// A parameter has a number type that f32 cannot represent exactly.
    #[error(
        "tensor `{}` holds {found}, expected F32, F16 or BF16: nothing is rounded here, so save it as one of them",
        printable(name)
    )]
    Dtype {
        /// The name of the parameter.
        name: String,
        /// The type found.
        found: String,
    },
    /// A number of classes that no network has.
    #[error("{found} classes, expected 1 to {}", crate::MOST_CLASSES)]
    Classes {
        /// The number of classes.
        found: usize,
    },
    /// Networks that make no ensemble.
    #[error("no ensemble: {0}")]
    Ensemble(String),
    /// Metadata that do not belong to a network, or to this one.
    #[error("metadata: {}", printable(.0))]
    Metadata(String),
    /// Numbers could not be copied from a device to the host.
    #[error("cannot read from the device: {0}")]
    Device(String),
    /// The numbers or pixels are not a whole number of images.
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
        /// The index of the image in the call, from 0.
        image: usize,
    },
    /// A file could not be read as weights, or not be written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error without the path.
        reason: Box<Error>,
    },
    /// The content is not of its format: truncated, or something else.
    #[error("not a {format} file: {}", printable(reason))]
    Format {
        /// The expected format.
        format: &'static str,
        /// The message of the format's reader.
        reason: String,
    },
    /// A file holds several networks, and none of them is the obvious choice.
    #[error("holds several networks, under {}: save one of them alone", printable(&places.join(" and ")))]
    Ambiguous {
        /// The prefixes of the tensors' names.
        places: Vec<String>,
    },
    /// A file is much larger than any with weights of this network. Reading it could take many times its size
    /// of memory.
    #[error("has {found} bytes, expected {limit} at most: save the weights alone, which are 61706 numbers")]
    TooLarge {
        /// The size in bytes.
        found: u64,
        /// The maximum size in bytes.
        limit: u64,
    },
    /// The extension of a file to write belongs to no format.
    #[error("unknown weight format: expected a file name ending in {expected}")]
    UnknownFormat {
        /// The extensions of the formats that can be written.
        expected: &'static str,
    },
    /// The content of a file begins as no format does, and its extension belongs to none.
    #[error("not weights: expected the content of a {expected} file, found something else")]
    UnknownContent {
        /// The extensions of the formats that can be read.
        expected: &'static str,
    },
    /// A file does not exist, and its extension belongs to no format.
    #[error("no such file; weights are in {expected} files, or in the folder of a run")]
    NotFound {
        /// The extensions of the formats that can be read.
        expected: &'static str,
    },
    /// A file is of a kind that is often found in the place of weights.
    #[error("is {found}, not weights: {remedy}")]
    NotWeights {
        /// The kind of file, with its article.
        found: &'static str,
        /// How to get the weights.
        remedy: &'static str,
    },
    /// The format does not support the operation.
    #[error("{0}")]
    Unsupported(&'static str),
    /// A file could not be written.
    #[error("cannot write: {0}")]
    Write(Box<Error>),
    /// A path leads to a folder, a FIFO or a device.
    #[error("is {found}, expected a regular file")]
    NotAFile {
        /// The kind of thing found, with its article.
        found: &'static str,
    },
    /// The error of the operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// An error while numbers were read from a device.
    pub(crate) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device(error.to_string())
    }

    /// This error, about the file at `path`.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        Self::File { path: path.to_owned(), reason: Box::new(self) }
    }

    /// An error of lenet-files without the path, which [`Error::File`] adds.
    pub(crate) fn without_path(error: lenet_files::Error) -> Self {
        match error {
            lenet_files::Error::Io { reason, .. } => Self::Io(reason),
            lenet_files::Error::NotAFile { found, .. } => Self::NotAFile { found },
            lenet_files::Error::TooLarge { found, limit, .. } => Self::TooLarge { found, limit },
            other => Self::Io(std::io::Error::other(other.to_string())),
        }
    }
}

/// Text from a file as part of a line: control characters are escaped, and a long text is cut.
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
