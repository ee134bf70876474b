//! How many classes a data set has, and what they are called.

use std::path::{Path, PathBuf};

use crate::Error;

/// File with the names of the classes, one a line.
const NAMES: &str = "classes.txt";
/// Maximum size of that file in bytes.
const LARGEST_FILE: u64 = 64 << 10;
/// Maximum length of a name in bytes, as lenet-model's.
const LONGEST_NAME: usize = 100;
/// Maximum number of classes: a label is a byte.
pub(super) const MOST_CLASSES: usize = 256;
/// Number of classes of digits.
const DIGITS: usize = 10;

/// The file of names that belongs to `file`.
pub(super) fn names_file(file: &Path) -> PathBuf {
    file.with_file_name(NAMES)
}

/// Number of classes, and their names if they have any, of the training `labels` of `file`.
pub(super) fn of(file: &Path, labels: &[u8]) -> Result<(usize, Vec<String>), Error> {
    let path = names_file(file);
    if path.exists() {
        let names = read_names(&path)?;
        return Ok((names.len(), names));
    }
    let largest = labels.iter().copied().max().map_or(0, usize::from);
    let classes = DIGITS.max(largest + 1);
    let mut has_image = [false; MOST_CLASSES];
    labels.iter().for_each(|&label| has_image[usize::from(label)] = true);
    // Ten classes are digits, of which a small set may lack some.
    match has_image[..classes].iter().position(|has_image| !has_image).filter(|_| classes > DIGITS) {
        Some(empty) => {
            let expected = format!(
                "an image of each class, since there are labels up to {largest} (or the names of all classes in {})",
                path.display()
            );
            Err(Error::malformed(file, expected, format!("none of class {empty}")))
        }
        None => Ok((classes, Vec::new())),
    }
}

fn read_names(path: &Path) -> Result<Vec<String>, Error> {
    let bytes = lenet_files::read(path, LARGEST_FILE).map_err(|error| Error::file(path, error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::malformed(path, "names in UTF-8, one a line", "other bytes"))?;
    // Some editors put a byte-order mark at the beginning and empty lines at the end.
    let lines = text.trim_start_matches('\u{feff}').trim_end().lines();
    let names: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    if names.is_empty() || names.len() > MOST_CLASSES {
        return Err(Error::malformed(path, format!("1 to {MOST_CLASSES} names"), names.len().to_string()));
    }
    for (index, name) in names.iter().enumerate() {
        let in_line = |found: String| format!("{found} in line {}", index + 1);
        check_name(path, name, in_line(format!("{name:?}")))?;
        if names[..index].contains(name) {
            return Err(Error::malformed(
                path,
                "a name for each class",
                in_line(format!("{name:?} once more")),
            ));
        }
    }
    Ok(names)
}

/// Checks that a name is fit to print; an error says what was `found`.
pub(super) fn check_name(path: &Path, name: &str, found: String) -> Result<(), Error> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        let expected = format!("class names of 1 to {LONGEST_NAME} bytes without control characters");
        return Err(Error::malformed(path, expected, found));
    }
    Ok(())
}
