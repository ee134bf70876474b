//! [`Format`]: the file formats of weights.

use std::path::Path;

/// A file format of weights. The table of the [module](super) says which can be read and which can be
/// written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// safetensors, with PyTorch's names and layouts.
    Safetensors,
    /// Burn's own burnpack.
    Burnpack,
    /// A file of `torch.save`.
    Pytorch,
    /// The whole network as an ONNX graph.
    Onnx,
}

impl Format {
    /// The format of a file name, by its extension in upper or lower case: `.safetensors`, `.bpk`, `.pt`,
    /// `.pth` or `.onnx`; `None` for any other. It decides what is written. What is read, the content
    /// decides: [`Format::from_content`].
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "safetensors" => Some(Self::Safetensors),
            "bpk" => Some(Self::Burnpack),
            "pt" | "pth" => Some(Self::Pytorch),
            "onnx" => Some(Self::Onnx),
            _ => None,
        }
    }

    /// The format of a file's content, by the first bytes of it, whatever the file is called; `None` if no
    /// format begins like this. The rest of the content is not checked.
    ///
    /// ```
    /// use lenet_model::StateDict;
    /// use lenet_model::weights::{self, Format};
    ///
    /// let bytes = weights::to_bytes(&StateDict::random(42), Format::Burnpack)?;
    /// assert_eq!(Format::from_content(&bytes), Some(Format::Burnpack));
    /// assert_eq!(Format::from_content(b"some text"), None);
    /// # Ok::<(), lenet_model::Error>(())
    /// ```
    pub fn from_content(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'N', b'R', b'U', b'B', ..] => Some(Self::Burnpack),
            _ if is_safetensors(bytes) => Some(Self::Safetensors),
            _ if is_pytorch(bytes) => Some(Self::Pytorch),
            // The fields ir_version, a small number, and producer_name.
            [0x08, version, 0x12, ..] if *version < 0x80 => Some(Self::Onnx),
            _ => None,
        }
    }
}

/// A safetensors file begins with the length of its header in 8 bytes, and the header with a brace.
fn is_safetensors(bytes: &[u8]) -> bool {
    const LONGEST_HEADER: u64 = 100_000_000;
    let length = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length <= LONGEST_HEADER) && bytes.get(8) == Some(&b'{')
}

/// `torch.save` writes a zip archive; before version 1.6 pickles, of protocol 2 and above or of protocol 0,
/// the first of which is a number; before version 0.1.10 a tar archive.
fn is_pytorch(bytes: &[u8]) -> bool {
    const PROTOCOL_0: &[u8] = b"L119547037146038801333356";
    let begins = |with: &[u8]| bytes.starts_with(with);
    begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || begins(b"\x80") || begins(PROTOCOL_0) || is_tar(bytes)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}
