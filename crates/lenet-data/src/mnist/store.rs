//! Moves a downloaded file into the cache.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::checksum::{self, LARGEST_FILE};
use super::failure::Failure;
use crate::{Error, idx};

/// Decompresses `part`, verifies it and writes it to `path`. Removes `part` unless the fault is this
/// machine's.
pub(super) fn store(part: &Path, path: &Path, sha256: &str) -> Result<(), Failure> {
    let outcome = unpack(part, sha256).and_then(|bytes| {
        lenet_files::write(path, &bytes).map_err(|error| Error::file(path, error))?;
        Ok(())
    });
    if !matches!(outcome, Err(Failure::Local(_))) {
        fs::remove_file(part).map_err(|error| Error::io(part, error))?;
    }
    outcome
}

/// The decompressed bytes, if their checksum is `sha256`.
fn unpack(part: &Path, sha256: &str) -> Result<Vec<u8>, Failure> {
    let (reader, _) = idx::open(part, LARGEST_FILE)?;
    let mut bytes = Vec::new();
    let found = reader.take(LARGEST_FILE).read_to_end(&mut bytes).and_then(|_| checksum::sha256(&bytes[..]));
    match found {
        Ok(found) if found.eq_ignore_ascii_case(sha256) => Ok(bytes),
        Ok(found) => Err(Failure::Mirror(format!("expected SHA-256 {sha256}, found {found}"))),
        Err(error) => Err(Failure::Mirror(format!("expected gzip, found {error}"))),
    }
}
