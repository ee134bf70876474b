//! Kinds of files that are often found where weights are expected.

use crate::Error;

/// Refuses a file that is recognisably something else, with what it is and what to do.
///
/// # Errors
/// [`Error::NotWeights`].
pub(super) fn check(bytes: &[u8]) -> Result<(), Error> {
    let refused = |found, remedy| Err(Error::NotWeights { found, remedy });
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if begins(b"version https://git-lfs.github.com/spec/") {
        return refused("a Git LFS pointer", "fetch the file that it stands for with `git lfs pull`");
    }
    if begins(b"<!doctype html") || begins(b"<html") {
        return refused("an HTML page", "download the file itself, not the page about it");
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return refused("a gzip file", "decompress it first");
    }
    Ok(())
}
