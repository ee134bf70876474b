//! The bytes of a checkpoint:
//!
//! ```text
//! magic 8 | version u32 | length of all u64 | length of header u32 | header, JSON | sections | SHA-256 of all before
//! ```
//!
//! Numbers are little-endian. Magic, version, length and sum keep their places in every version.

use std::io::Write;
use std::path::Path;

use burn_pack::AtomicFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Checkpoint, Header};
use crate::{CheckpointProblem, Error};

const MAGIC: &[u8; 8] = b"LENETCKP";
pub(super) const VERSION: u32 = 1;
/// Magic, version, length of all, length of the header.
const PREFIX: usize = 8 + 4 + 8 + 4;
const SUM: usize = 32;

#[derive(Serialize, Deserialize)]
struct Contents {
    header: Header,
    /// Name and length of each section.
    sections: Vec<(String, usize)>,
}

/// Writes `checkpoint` to its path: a reader sees the old file or the new one, never a part.
pub(super) fn write(checkpoint: &Checkpoint) -> Result<(), Error> {
    let path = &checkpoint.path;
    let io = |source| Error::Io { path: path.clone(), source };
    let problem = |error: burn_pack::Error| Error::Checkpoint {
        path: path.clone(),
        problem: CheckpointProblem::Write(error.to_string()),
    };
    let bytes = encode(checkpoint)?;
    let (scratch, mut file) = AtomicFile::create(path).map_err(problem)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io)?;
    drop(file);
    scratch.commit().map_err(problem)
}

fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let sections = checkpoint.sections.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect();
    let contents = Contents { header: checkpoint.header.clone(), sections };
    let header = serde_json::to_vec(&contents).map_err(|error| checkpoint.content(error))?;
    let content: usize = checkpoint.sections.iter().map(|(_, bytes)| bytes.len()).sum();
    let total = PREFIX + header.len() + content + SUM;

    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(total as u64).to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&header);
    for (_, section) in &checkpoint.sections {
        bytes.extend_from_slice(section);
    }
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    Ok(bytes)
}

/// Reads what [`write`] wrote; nothing but the sum is trusted before the sum is right.
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Checkpoint, Error> {
    let read = || {
        if !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) {
            return Err(CheckpointProblem::NotACheckpoint);
        }
        let found = bytes.len() as u64;
        let (Some(version), Some(total)) = (number::<4>(bytes, 8), number::<8>(bytes, 12)) else {
            return Err(CheckpointProblem::CutShort { expected: (PREFIX + SUM) as u64, found });
        };
        if found < total {
            return Err(CheckpointProblem::CutShort { expected: total, found });
        }
        let split = bytes.len().checked_sub(SUM).filter(|split| *split >= PREFIX);
        let (body, sum) = bytes.split_at(split.ok_or(CheckpointProblem::Damaged)?);
        if found != total || Sha256::digest(body)[..] != *sum {
            return Err(CheckpointProblem::Damaged);
        }
        if version != u64::from(VERSION) {
            return Err(CheckpointProblem::Version { found: version, expected: VERSION });
        }
        sections(path, body)
    };
    read().map_err(|problem| Error::Checkpoint { path: path.to_owned(), problem })
}

fn sections(path: &Path, body: &[u8]) -> Result<Checkpoint, CheckpointProblem> {
    let content = |reason: &str| CheckpointProblem::Content(reason.to_owned());
    let mut rest = &body[PREFIX..];
    let mut take = |length: usize| {
        let (part, after) = rest.split_at_checked(length).ok_or_else(|| content("lengths do not agree"))?;
        rest = after;
        Ok(part)
    };
    let length = number::<4>(body, 20).and_then(|length| usize::try_from(length).ok());
    let header = take(length.ok_or_else(|| content("no header"))?)?;
    let contents: Contents =
        serde_json::from_slice(header).map_err(|error| CheckpointProblem::Content(error.to_string()))?;
    let mut sections = Vec::with_capacity(contents.sections.len());
    for (name, length) in contents.sections {
        sections.push((name, take(length)?.to_vec()));
    }
    Ok(Checkpoint { path: path.to_owned(), header: contents.header, sections })
}

/// `N` bytes at `at` as a number.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + N)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
