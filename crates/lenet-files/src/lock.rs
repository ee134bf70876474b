//! One program at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::Error;

/// The lock on a file, held until it is dropped or the process ends, by whatever cause.
#[derive(Debug)]
#[must_use = "the lock is released when it is dropped"]
pub struct Lock {
    // Closing the file releases the lock.
    _file: File,
}

/// Takes the lock on `path`, an empty file that is made if it is not there and never removed. `None` if another
/// process, or another [`Lock`] of this one, holds it. Does not wait.
///
/// The lock is advisory (`flock`, `LockFileEx`): it keeps out those that ask for it.
///
/// # Errors
/// [`Error::NotAFile`] if there is something else at `path`, [`Error::Io`] if the file cannot be made or the file
/// system has no locks.
pub fn lock(path: &Path) -> Result<Option<Lock>, Error> {
    let io = |source| Error::io("lock", path, source);
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::NotAFile { path: path.to_owned(), found: "a link, folder or special file" });
        }
        _ => {}
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}
