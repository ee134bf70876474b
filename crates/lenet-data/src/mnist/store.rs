//! The way of a downloaded file into the cache.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use burn_pack::AtomicFile;

use super::checksum;
use super::download::{Failure, MAX_BYTES};
use crate::{Error, idx};

/// Decompresses, verifies and renames what was downloaded. `part` is removed unless the fault is ours.
pub(super) fn store(part: &Path, path: &Path, sha256: &str) -> Result<(), Failure> {
    let outcome = unpack(part, sha256).and_then(|bytes| Ok(replace(path, &bytes)?));
    if !matches!(outcome, Err(Failure::Local(_))) {
        fs::remove_file(part).map_err(|source| Error::io(part, source))?;
    }
    outcome
}

/// The decompressed bytes, if they are those with the sum `sha256`.
fn unpack(part: &Path, sha256: &str) -> Result<Vec<u8>, Failure> {
    let (reader, _) = idx::open(part)?;
    let mut bytes = Vec::new();
    let found = reader.take(MAX_BYTES).read_to_end(&mut bytes).and_then(|_| checksum::sha256(&bytes[..]));
    match found {
        Ok(found) if found.eq_ignore_ascii_case(sha256) => Ok(bytes),
        Ok(found) => Err(Failure::Mirror(format!("expected SHA-256 {sha256}, found {found}"))),
        Err(error) => Err(Failure::Mirror(format!("expected gzip, found {error}"))),
    }
}

/// Writes a file so that at any moment either the old one or the new one is there, whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: burn_pack::Error| Error::io(path, io::Error::other(error.to_string()));
    let (scratch, mut file) = AtomicFile::create(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| Error::io(path, source))?;
    drop(file);
    scratch.commit().map_err(failed)
}
