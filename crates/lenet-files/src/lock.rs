//! [`Lock`]: a lock that one program holds at a time.

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

/// Takes the lock on the file `path` without waiting. `None` if another process, or another [`Lock`] of this
/// process, holds it. The file is empty; it is created if it does not exist, and never removed.
///
/// The lock is advisory (`flock`, `LockFileEx`): it excludes only programs that take it, too. If the file is
/// removed while the lock is held, another process can lock a new file at the same path.
///
/// # Errors
/// [`Error::NotAFile`] if `path` is a link, a folder or a special file, [`Error::Io`] if the file cannot be
/// made or the file system has no locks.
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
