//! Your own images: a labelled data set in a folder, in one of the layouts that people have.
//!
//! | layout | files |
//! |---|---|
//! | IDX, as MNIST, Fashion-MNIST and KMNIST | `train-images-idx3-ubyte`, …: see [`MnistFiles::in_folder`](crate::mnist::MnistFiles::in_folder) |
//! | EMNIST | `emnist-letters-train-images-idx3-ubyte`, …; the other splits of EMNIST alike |
//! | CSV, as from Kaggle | `*train*.csv` and `*test*.csv`: the label, then the pixels of a square image; a header or none |
//! | images (feature `photo`) | `train/NAME/*.png` with optional `valid/NAME` and `test/NAME`; or `NAME/*.png` |
//!
//! IDX and CSV files may be gzip. A file `classes.txt` beside them names the classes, one a line, and says how
//! many there are. Without it the classes are ten or, if there is a larger label, as many as labels; of these
//! each needs an image.
//!
//! Where there is no test set, a fifth of the training images becomes one, always the same: of a CSV file
//! every fifth line; of each class of images the files with the smallest SHA-256 of `NAME/FILE`.
//!
//! Images of any size become 32×32 grey ones: the colours are weighted as in Rec. 709, larger images are
//! averaged over areas with their proportions preserved, all are centred, and an image with a light border is
//! inverted, so that the background is 0 as in MNIST.
//!
//! ```
//! use lenet_data::dataset::{Dataset, Part};
//!
//! let folder = tempfile::tempdir()?;
//! let row = |label: u8| format!("{label}{}\n", ",9".repeat(784));
//! std::fs::write(folder.path().join("train.csv"), (0..10).map(row).collect::<String>())?;
//!
//! let data = Dataset::find(folder.path())?;
//! let train = data.load(Part::Train)?;
//! assert_eq!((train.len(), train.classes(), train.width()), (8, 10, 28)); // the fifth and the tenth are for the test
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod classes;
mod csv;
mod emnist;
mod idx_files;
#[cfg(feature = "photo")]
mod images;

use std::path::{Path, PathBuf};

use crate::mnist::MnistFiles;
use crate::{DigitSet, Error};
use csv::CsvFiles;
use idx_files::IdxFiles;

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The images to train on.
    Train,
    /// The images to validate on during training; an empty set in most data sets.
    Valid,
    /// The images to test on.
    Test,
}

/// The files of a data set that were found in a folder; [`load`](Self::load) reads them.
#[derive(Clone, Debug)]
pub struct Dataset {
    layout: Layout,
}

#[derive(Clone, Debug)]
enum Layout {
    Idx(IdxFiles),
    Csv(CsvFiles),
    #[cfg(feature = "photo")]
    Images(images::ImageFiles),
}

impl Dataset {
    /// Finds the data set in `folder`. Of a folder with several splits of EMNIST, `folder/emnist-letters` (which
    /// need not exist) selects one.
    ///
    /// # Errors
    /// [`Error::Missing`] if the folder has no data set, or one with missing files; [`Error::Malformed`] if it
    /// has several, or a class without images, or if `folder` is a file; [`Error::Io`] if a folder cannot be read.
    pub fn find(folder: &Path) -> Result<Self, Error> {
        if let Some(files) = emnist::find(folder)? {
            return Ok(Self { layout: Layout::Idx(files) });
        }
        let missing = match MnistFiles::in_folder(folder) {
            Ok(files) => return Ok(Self { layout: Layout::Idx(IdxFiles::new(files.into_paths())) }),
            // One of the four files is there.
            Err(Error::Missing { folder, files, also }) if files.len() < 4 => {
                return Err(Error::Missing { folder, files, also });
            }
            Err(error) => error,
        };
        is_folder(folder)?;
        if let Some(files) = csv::find(folder)? {
            return Ok(Self { layout: Layout::Csv(files) });
        }
        #[cfg(feature = "photo")]
        if let Some(files) = images::find(folder)? {
            return Ok(Self { layout: Layout::Images(files) });
        }
        #[cfg(feature = "photo")]
        if let Some(error) = images::misplaced(folder) {
            return Err(error);
        }
        Err(missing)
    }

    /// The files of a part, in the order of the images that [`load`](Self::load) reads; `None` where an image has no
    /// file of its own.
    pub fn files(&self, part: Part) -> Option<Vec<PathBuf>> {
        match (&self.layout, part) {
            (Layout::Idx(_) | Layout::Csv(_), _) => None,
            #[cfg(feature = "photo")]
            (Layout::Images(files), part) => Some(files.files(part)),
        }
    }

    /// The files in the folders of the training classes that are passed over, because their names do not end as those of images.
    pub fn passed_over(&self) -> &[PathBuf] {
        match &self.layout {
            Layout::Idx(_) | Layout::Csv(_) => &[],
            #[cfg(feature = "photo")]
            Layout::Images(files) => files.others(),
        }
    }

    /// Reads one part, with [`Normalisation::MNIST`](crate::Normalisation::MNIST). A data set without validation
    /// images has an empty set of them, of the size 32×32.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read or is not a regular file, [`Error::Malformed`] with the file, what
    /// was expected and what was found.
    pub fn load(&self, part: Part) -> Result<DigitSet, Error> {
        match &self.layout {
            Layout::Idx(files) => files.load(part),
            Layout::Csv(files) => files.load(part),
            #[cfg(feature = "photo")]
            Layout::Images(files) => files.load(part),
        }
    }

    /// Whether the images were drawn like those of MNIST: to classify a photograph, find the digit or letter in it
    /// with `photo::read`. Otherwise the photograph as a whole is like them: `photo::read_whole`.
    ///
    /// It is so for IDX and CSV files without `classes.txt`, and for EMNIST.
    pub fn has_mnists_frame(&self) -> bool {
        match &self.layout {
            Layout::Idx(files) => files.has_mnists_frame(),
            Layout::Csv(files) => !files.names_file().is_file(),
            #[cfg(feature = "photo")]
            Layout::Images(_) => false,
        }
    }
}

/// Refuses a folder that does not exist, and a file.
fn is_folder(folder: &Path) -> Result<(), Error> {
    let found = std::fs::metadata(folder).map_err(|error| Error::io(folder, error))?;
    if found.is_dir() {
        return Ok(());
    }
    Err(Error::malformed(folder, "the folder that the images are in", "a file"))
}

/// The visible entries of a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::io(folder, error))?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The name of a file or folder; bytes that are not UTF-8 become U+FFFD.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
