//! SHA-256 of files.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

/// Maximum size of a published file in bytes, compressed or decompressed. MNIST's largest has 9.9 MB and 47
/// MB.
#[cfg(feature = "download")]
pub(super) const LARGEST_FILE: u64 = 64 << 20;

/// Checks that the SHA-256 of the file at `path` is `expected`.
pub(super) fn verify(path: &Path, expected: &str) -> Result<(), Error> {
    // A file of the wrong size is reported by its checksum; no more than a buffer of it is in memory.
    let file = lenet_files::open(path, u64::MAX).map_err(|error| Error::file(path, error))?;
    let found = sha256(file).map_err(|error| Error::io(path, error))?;
    if found.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(Error::Checksum { path: path.into(), expected: expected.into(), found })
    }
}

/// SHA-256, in hexadecimal, of all bytes of `reader`.
pub(super) fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            Ok(n) => hash.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
