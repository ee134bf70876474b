//! Reads of regular files up to a size limit.

use std::fs::{File, FileType, Metadata};
use std::io::Read;
use std::path::Path;

use crate::Error;

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open`]; [`Error::TooLarge`] also if the file grows beyond `limit` during the read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = open(path, limit)?;
    let mut bytes = Vec::new();
    let found = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let found = found.map_err(|source| Error::io("read", path, source))? as u64;
    if found > limit { Err(Error::TooLarge { path: path.to_owned(), found, limit }) } else { Ok(bytes) }
}

/// Opens a regular file of at most `limit` bytes for reading. Symbolic links are followed.
///
/// The kind of file is checked before it is opened, because opening a FIFO waits for a writer, and again on
/// the open file, because the path may lead elsewhere by then.
///
/// # Errors
/// [`Error::Io`] if the file cannot be opened, [`Error::NotAFile`] if it is a folder, FIFO, socket or device,
/// [`Error::TooLarge`] if it has more than `limit` bytes.
pub fn open(path: &Path, limit: u64) -> Result<File, Error> {
    let io = |source| Error::io("read", path, source);
    check(path, &std::fs::metadata(path).map_err(io)?, limit)?;
    let file = File::open(path).map_err(io)?;
    check(path, &file.metadata().map_err(io)?, limit)?;
    Ok(file)
}

fn check(path: &Path, metadata: &Metadata, limit: u64) -> Result<(), Error> {
    if !metadata.is_file() {
        return Err(Error::NotAFile { path: path.to_owned(), found: kind(metadata.file_type()) });
    }
    match metadata.len() {
        found if found > limit => Err(Error::TooLarge { path: path.to_owned(), found, limit }),
        _ => Ok(()),
    }
}

fn kind(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a FIFO";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return "a device";
        }
    }
    if file_type.is_dir() { "a folder" } else { "a special file" }
}
