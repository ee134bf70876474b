//! [`Format`]: the file formats of weights.

use std::path::Path;

/// A file format of weights. The table of the [module](super) says which can be read and which can be written.
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
    /// The format of a file name, by its extension: `.safetensors`, `.bpk`, `.pt`, `.pth` or `.onnx`; `None` for any other.
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "safetensors" => Some(Self::Safetensors),
            "bpk" => Some(Self::Burnpack),
            "pt" | "pth" => Some(Self::Pytorch),
            "onnx" => Some(Self::Onnx),
            _ => None,
        }
    }
}
