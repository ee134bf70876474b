//! MNIST, or any set that is published as the same four files: found, verified and read.
//!
//! The files are in a folder that the user names ([`MnistFiles::in_folder`]), in the cache
//! ([`MnistFiles::in_cache`]), or fetched into it first (`MnistFiles::fetch`, with the feature `download`).

use std::path::{Path, PathBuf};

use crate::{DigitSet, Error, idx};

mod checksum;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "download")]
mod fetch;
mod source;
#[cfg(feature = "download")]
mod store;

#[cfg(feature = "download")]
pub use fetch::{FetchEvent, Timeouts};
pub use source::Source;

/// The names of the four files, without `.gz`: images and labels to train on, images and labels to test on.
pub const FILE_NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// Which part of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train (and to validate) on: 60,000 digits.
    Train,
    /// To test on, once: 10,000 digits.
    Test,
}

/// The four files, found but not read yet.
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
    /// The sums that the files must have, if they are those of a [`Source`].
    sha256: Option<[String; 4]>,
}

impl MnistFiles {
    /// The files of a folder, each under its name of [`FILE_NAMES`] or that name with `.gz` (the plain
    /// name wins). They may hold any images: no checksum is demanded.
    ///
    /// # Errors
    /// [`Error::Missing`] naming each file that is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        let paths = FILE_NAMES.map(|name| {
            let plain = folder.join(name);
            if plain.is_file() { plain } else { folder.join(format!("{name}.gz")) }
        });
        demand(folder, &paths, |name| format!("{name} or {name}.gz"))?;
        Ok(Self { paths, sha256: None })
    }

    /// The files of `source` in a cache folder, each verified. Never touches the network.
    ///
    /// # Errors
    /// [`Error::Missing`] naming each file that is not there, [`Error::Checksum`] if one is not the file
    /// that `source` published, [`Error::Io`] if one cannot be read.
    pub fn in_cache(folder: &Path, source: &Source) -> Result<Self, Error> {
        let files = Self::cached(folder, source);
        demand(folder, &files.paths, str::to_owned)?;
        for (path, sha256) in files.paths.iter().zip(&source.sha256) {
            checksum::verify(path, sha256)?;
        }
        Ok(files)
    }

    /// Reads one split. Files of a [`Source`] are verified again: hours may lie between two splits.
    ///
    /// # Errors
    /// [`Error::Checksum`] as above, and the errors of [`idx::read`].
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

    /// Where the files of `source` are, or will be, in a cache folder.
    fn cached(folder: &Path, source: &Source) -> Self {
        let paths = FILE_NAMES.map(|name| folder.join(name));
        Self { paths, sha256: Some(source.sha256.clone()) }
    }
}

/// The folder that downloads are kept in unless the user names another: `lenet/mnist` in the system's
/// folder for caches, such as `~/.cache`. `None` if the system has no such folder.
pub fn default_cache_dir() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("lenet").join("mnist"))
}

/// An error unless each of `paths` is a file; `describe` says what was looked for under a name.
fn demand(folder: &Path, paths: &[PathBuf; 4], describe: impl Fn(&str) -> String) -> Result<(), Error> {
    let absent = FILE_NAMES.iter().zip(paths).filter(|(_, path)| !path.is_file());
    let files: Vec<String> = absent.map(|(name, _)| describe(name)).collect();
    if files.is_empty() { Ok(()) } else { Err(Error::Missing { folder: folder.into(), files }) }
}
