//! MNIST, or any data set published as the same four files: finds, verifies and reads them.
//!
//! The files are in a folder that the user names ([`MnistFiles::in_folder`]), in the cache
//! ([`MnistFiles::in_cache`]), or they are downloaded into the cache first (`MnistFiles::fetch`, with the
//! feature `download`).

use std::path::{Path, PathBuf};

use crate::{DigitSet, Error, idx};

mod checksum;
#[cfg(feature = "download")]
mod client;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "download")]
mod event;
#[cfg(feature = "download")]
mod failure;
#[cfg(feature = "download")]
mod fetch;
mod search;
mod source;
#[cfg(feature = "download")]
mod store;
#[cfg(feature = "download")]
mod timeouts;

#[cfg(feature = "download")]
pub use event::FetchEvent;
pub use source::Source;
#[cfg(feature = "download")]
pub use timeouts::Timeouts;

/// The names of the four files, without `.gz`: training images, training labels, test images, test labels.
pub const FILE_NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// A part of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Training (and validation) set: 60,000 digits in MNIST.
    Train,
    /// Test set: 10,000 digits in MNIST.
    Test,
}

/// The paths of the four files; [`load`](Self::load) reads them.
///
/// # Examples
/// ```
/// use lenet_data::mnist::{FILE_NAMES, MnistFiles, Split};
///
/// let folder = tempfile::tempdir()?;
/// let [images, labels, test_images, test_labels] = FILE_NAMES.map(|name| folder.path().join(name));
/// for path in [images, test_images] {
///     std::fs::write(path, [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 255, 0])?; // one image of 1x2
/// }
/// for path in [labels, test_labels] {
///     std::fs::write(path, [0, 0, 8, 1, 0, 0, 0, 1, 7])?;
/// }
///
/// let train = MnistFiles::in_folder(folder.path())?.load(Split::Train)?;
/// assert_eq!((train.image(0), train.label(0)), (&[255, 0][..], 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MnistFiles {
    /// In the order of [`FILE_NAMES`].
    paths: [PathBuf; 4],
    /// The SHA-256 of each file, if they come from a [`Source`].
    sha256: Option<[String; 4]>,
}

impl MnistFiles {
    /// The files of a folder, or else of the folder `raw` or `MNIST/raw` in it, where torchvision puts them.
    /// Each has its name in [`FILE_NAMES`], or that name with a dot before `idx`, with or without `.gz`
    /// (of these the first one that exists is taken), or is in a folder with its own name. The checksums
    /// are not compared, so the files may hold any images.
    ///
    /// # Errors
    /// [`Error::Missing`] naming each file that is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        search::in_folder(folder).map(|paths| Self { paths, sha256: None })
    }

    /// The files of `source` in a cache folder, each verified. Does not use the network.
    ///
    /// # Errors
    /// [`Error::Missing`] naming each file that is not there, [`Error::Checksum`] if a file differs from the
    /// published one, [`Error::Io`] if a file cannot be read.
    pub fn in_cache(folder: &Path, source: &Source) -> Result<Self, Error> {
        let files = Self::cached(folder, source);
        demand(folder, &files.paths)?;
        for (path, sha256) in files.paths.iter().zip(&source.sha256) {
            checksum::verify(path, sha256)?;
        }
        Ok(files)
    }

    /// Reads one split. Files of a [`Source`] are verified again, because they may have changed since.
    ///
    /// # Errors
    /// [`Error::Checksum`] as above, and the errors of [`idx::read`]. A split without images is an empty set.
    pub fn load(&self, split: Split) -> Result<DigitSet, Error> {
        let first = match split {
            Split::Train => 0,
            Split::Test => 2,
        };
        let (images, labels) = (&self.paths[first], &self.paths[first + 1]);
        if let Some(sha256) = &self.sha256 {
            checksum::verify(images, &sha256[first])?;
            checksum::verify(labels, &sha256[first + 1])?;
        }
        idx::read(images, labels)
    }

    /// The paths of the files, in the order of [`FILE_NAMES`].
    pub(crate) fn into_paths(self) -> [PathBuf; 4] {
        self.paths
    }

    /// The paths of the files of `source` in a cache folder, whether they exist or not.
    fn cached(folder: &Path, source: &Source) -> Self {
        let paths = FILE_NAMES.map(|name| folder.join(name));
        Self { paths, sha256: Some(source.sha256.clone()) }
    }
}

/// The default folder for downloaded files: `lenet/mnist` in the system's cache folder, such as `~/.cache`.
/// `None` if the system has no cache folder.
pub fn default_cache_dir() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("lenet").join("mnist"))
}

/// Checks that each of `paths` is a file.
fn demand(folder: &Path, paths: &[PathBuf; 4]) -> Result<(), Error> {
    let absent = FILE_NAMES.iter().zip(paths).filter(|(_, path)| !path.is_file());
    let files: Vec<String> = absent.map(|(name, _)| (*name).to_owned()).collect();
    if files.is_empty() { Ok(()) } else { Err(Error::Missing { folder: folder.into(), files, also: &[] }) }
}
