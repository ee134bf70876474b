//! [`Source`]: the mirrors and checksums of a published data set.

/// A data set published as four files: its mirrors and its checksums.
///
/// The mirrors need not be trusted, because only bytes with the right checksum are used. Data sets with the
/// same file names (Fashion-MNIST, KMNIST) are other sources; give each its own cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// URLs of folders (`https://…` or `http://…`) that hold the files as `.gz`, tried in turn.
    pub mirrors: Vec<String>,
    /// SHA-256 of each *decompressed* file in hexadecimal, in the order of
    /// [`FILE_NAMES`](super::FILE_NAMES). (Two mirrors may compress a file differently.)
    pub sha256: [String; 4],
}

impl Source {
    /// A data set with these mirrors and checksums.
    pub fn new(mirrors: Vec<String>, sha256: [String; 4]) -> Self {
        Self { mirrors, sha256 }
    }

    /// MNIST, from mirrors that other projects rely on.
    pub fn mnist() -> Self {
        Self::new(MNIST_MIRRORS.map(str::to_owned).to_vec(), MNIST_SHA256.map(str::to_owned))
    }
}

/// The original site, yann.lecun.com, no longer serves the files:
/// <https://github.com/pytorch/pytorch/pull/164238>.
const MNIST_MIRRORS: [&str; 4] = [
    // The Common Visual Data Foundation's, used by Burn, JAX and TensorFlow:
    // https://github.com/cvdfoundation/mnist.
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    // PyTorch's, used by torchvision: https://github.com/pytorch/vision/pull/1940.
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    // Paderborn University's: https://github.com/fgnt/mnist.
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    // Apache SystemDS's: https://github.com/apache/systemds-website/pull/86.
    "https://systemds.apache.org/assets/datasets/mnist/",
];

const MNIST_SHA256: [&str; 4] = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];
