//! Digits for measurements: MNIST if it is on this machine, otherwise synthetic digits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lenet_data::mnist::{MnistFiles, Source, Split, default_cache_dir};
use lenet_data::{DigitSet, Error, synthetic};

/// The source of the digits.
pub enum Digits {
    /// MNIST, or files with its names.
    Mnist(MnistFiles),
    /// No files were found; digits are drawn.
    Synthetic,
}

impl Digits {
    /// Looks for MNIST in the folder that `LENET_DATA_DIR` names, otherwise in the cache of `lenet-train`.
    /// Does not use the network.
    ///
    /// # Errors
    /// [`Error::Missing`] if `LENET_DATA_DIR` is set to a folder without the four files.
    pub fn find() -> Result<Self, Error> {
        // An empty variable is one that is not set.
        let folder = std::env::var_os("LENET_DATA_DIR").filter(|folder| !folder.is_empty());
        if let Some(folder) = folder.map(PathBuf::from) {
            return MnistFiles::in_folder(&folder).map(Self::Mnist);
        }
        let cached =
            default_cache_dir().and_then(|cache| MnistFiles::in_cache(&cache, &Source::mnist()).ok());
        Ok(cached.map_or(Self::Synthetic, Self::Mnist))
    }

    /// Reads or draws one split. Synthetic splits have the sizes of MNIST's.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn load(&self, split: Split) -> Result<DigitSet, Error> {
        match (self, split) {
            (Self::Mnist(files), split) => files.load(split),
            (Self::Synthetic, Split::Train) => synthetic::digits(0, 0..60_000),
            (Self::Synthetic, Split::Test) => synthetic::digits(0, 60_000..70_000),
        }
    }

    /// Name of the source, for reports.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Mnist(_) => "MNIST",
            Self::Synthetic => "synthetic digits",
        }
    }
}

/// Writes a data set as two IDX files (see [`lenet_data::idx`]).
///
/// # Errors
/// If a file cannot be written.
pub fn write_idx(set: &DigitSet, images: &Path, labels: &Path) -> io::Result<()> {
    let header = |sizes: &[usize]| {
        let magic = 0x0800 | sizes.len() as u32;
        let words = [magic].into_iter().chain(sizes.iter().map(|&size| size as u32));
        words.flat_map(u32::to_be_bytes).collect::<Vec<u8>>()
    };
    let mut bytes = header(&[set.len(), set.height(), set.width()]);
    (0..set.len()).for_each(|index| bytes.extend_from_slice(set.image(index)));
    fs::write(images, bytes)?;
    fs::write(labels, [header(&[set.len()]), set.labels().to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use lenet_data::idx;

    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let [images, labels] = ["images", "labels"].map(|name| folder.path().join(name));
        let set = synthetic::digits(0, 0..12).unwrap();
        write_idx(&set, &images, &labels).unwrap();
        assert_eq!(idx::read(&images, &labels).unwrap(), set);
    }
}
