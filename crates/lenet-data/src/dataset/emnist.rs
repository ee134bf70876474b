//! EMNIST: recognised by its file names, because the files do not say that their images are transposed.
//!
//! G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters",
//! 2017. The names are those of the files `emnist-*-mapping.txt`.

use std::path::{Path, PathBuf};

use super::idx_files::{Emnist, IdxFiles};
use super::{entries, name_of};
use crate::Error;

/// Digits, capitals, and the small letters that look unlike their capitals.
const BALANCED: Emnist = Emnist { first_label: 0, names: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt" };

/// The splits by the word after `emnist-`.
const SPLITS: [(&str, Emnist); 6] = [
    ("balanced", BALANCED),
    ("bymerge", BALANCED),
    (
        "byclass",
        Emnist { first_label: 0, names: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" },
    ),
    ("letters", Emnist { first_label: 1, names: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" }),
    ("digits", Emnist { first_label: 0, names: "0123456789" }),
    ("mnist", Emnist { first_label: 0, names: "0123456789" }),
];

/// The files of the only split in a folder, or of the split that the last part of `named` selects in its
/// parent; `None` if there are no files of EMNIST.
pub(super) fn find(named: &Path) -> Result<Option<IdxFiles>, Error> {
    let selected = SPLITS.into_iter().find(|(split, _)| name_of(named) == format!("emnist-{split}"));
    let (folder, splits) = match selected {
        Some(split) if !named.exists() => (named.parent().unwrap_or(Path::new("")), vec![split]),
        _ => (named, SPLITS.to_vec()),
    };
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    if !folder.is_dir() {
        return Ok(None);
    }
    let files = entries(folder)?;
    let belongs = |file: &PathBuf, split: &str| name_of(file).starts_with(&format!("emnist-{split}-"));
    let is_there = |split: &&(&str, Emnist)| files.iter().any(|file| belongs(file, split.0));
    let mut found = splits.iter().filter(is_there);
    let Some((split, emnist)) = found.next() else { return Ok(None) };
    if let Some((other, _)) = found.next() {
        let expected =
            format!("one split of EMNIST, or its name: {}", folder.join("emnist-letters").display());
        return Err(Error::malformed(folder, expected, format!("the splits {split} and {other}")));
    }
    let names = [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "test-images-idx3-ubyte",
        "test-labels-idx1-ubyte",
    ];
    let names = names.map(|name| format!("emnist-{split}-{name}"));
    let paths = names.clone().map(|name| {
        let candidates = [folder.join(&name), folder.join(format!("{name}.gz"))];
        candidates.into_iter().find(|path| path.is_file())
    });
    let absent: Vec<String> =
        names.iter().zip(&paths).filter(|(_, path)| path.is_none()).map(|(name, _)| name.clone()).collect();
    match paths {
        [Some(a), Some(b), Some(c), Some(d)] => Ok(Some(IdxFiles::emnist([a, b, c, d], *emnist))),
        _ => Err(Error::Missing { folder: folder.to_owned(), files: absent, also: &[] }),
    }
}
