//! Finds the four files of a data set in a folder, under the names and in the folders that people have them.

use std::path::{Path, PathBuf};

use super::FILE_NAMES;
use crate::Error;

/// The folders that are searched, relative to the one that is named.
const FOLDERS: [&str; 3] = ["", "raw", "MNIST/raw"];
/// Where else the files were looked for, for the error.
const ALSO: [&str; 4] = [
    "in raw",
    "in MNIST/raw",
    "with a dot in the name (train-images.idx3-ubyte)",
    "for EMNIST, CSV files and folders of images",
];

/// The paths of the four files, all in one of [`FOLDERS`].
///
/// # Errors
/// [`Error::Missing`] about the folder with the most of the files.
pub(super) fn in_folder(named: &Path) -> Result<[PathBuf; 4], Error> {
    let mut fewest: Option<(PathBuf, Vec<String>)> = None;
    for place in FOLDERS {
        let folder = if place.is_empty() { named.to_owned() } else { named.join(place) };
        let found = FILE_NAMES.map(|name| find(&folder, name));
        let absent = FILE_NAMES.iter().zip(&found).filter(|(_, path)| path.is_none());
        let absent: Vec<String> = absent.map(|(name, _)| format!("{name} or {name}.gz")).collect();
        if let [Some(a), Some(b), Some(c), Some(d)] = found {
            return Ok([a, b, c, d]);
        }
        if fewest.as_ref().is_none_or(|(_, fewest)| absent.len() < fewest.len()) {
            fewest = Some((folder, absent));
        }
    }
    let (folder, files) = fewest.unwrap_or_default();
    Err(Error::Missing { folder, files, also: &ALSO })
}

/// The file of this name in `folder`.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    let names = [name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")];
    let files = names.iter().map(|file| folder.join(file));
    // An archive unpacked into a folder with its own name.
    let nested = [name, &dotted].map(|name| folder.join(name).join(name));
    files.chain(nested).find(|path| path.is_file())
}
