//! Atomic writes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Error;

/// Separates the name of a file from the number of its temporary file.
const MARK: &str = ".writing-";

/// Replaces the content of `path` by `bytes` atomically: a reader sees the whole old or the whole new
/// content, also after a crash.
///
/// Writes the bytes to a temporary file in the same folder, flushes it to the disk and renames it. The
/// permissions of an existing file are kept; a symbolic link is replaced by a file.
///
/// # Errors
/// [`Error::Io`]; the old file is unchanged, and the temporary file is removed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let io = |source| Error::io("write", path, source);
    let (temporary, file) = create_beside(path).map_err(io)?;
    let written = fill(file, path, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(source) = written {
        let _ = fs::remove_file(&temporary); // The first error is the cause; it is returned.
        return Err(io(source));
    }
    flush_folder(path).map_err(io)
}

/// Removes the temporary files that killed writers left in `folder`. No other program may write to the folder
/// at the same time: see [`lock`](crate::lock()).
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read or a file cannot be removed.
pub fn remove_temporary_files(folder: &Path) -> Result<(), Error> {
    let io = |source| Error::io("read", folder, source);
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if is_temporary(&path) {
            fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
        }
    }
    Ok(())
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.')
        && name
            .rsplit_once(MARK)
            .is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// Creates a temporary file in the folder of `path`. `create_new` does not follow existing links.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?;
    loop {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!("{MARK}{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed)));
        let temporary = path.with_file_name(temporary);
        match File::create_new(&temporary) {
            // Left by a killed process with the same id.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return file.map(|file| (temporary, file)),
        }
    }
}

/// Writes and flushes the file, so that errors that the system reports late occur before the rename.
fn fill(mut file: File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

/// Flushes the folder: without it, a power failure may undo the rename.
#[cfg(unix)]
fn flush_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder)?.sync_all() {
        // Some file systems cannot flush a folder.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        flushed => flushed,
    }
}

/// Other systems have no such call.
#[cfg(not(unix))]
fn flush_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
