//! The file format of a checkpoint:
//!
//! ```text
//! magic 8 | version u32 | length of all u64 | length of header u32 | header, JSON | sections | SHA-256 of all before
//! ```
//!
//! Numbers are little-endian. Magic, version, length and SHA-256 keep their offsets in every version.

use std::cmp::Ordering;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Checkpoint, Header};
use crate::{CheckpointProblem, Error};

const MAGIC: &[u8; 8] = b"LENETCKP";
pub(super) const VERSION: u32 = 1;
/// Length of magic, version, total length and header length.
const PREFIX: usize = 8 + 4 + 8 + 4;
const SUM: usize = 32;
/// Limit of the size of a checkpoint that is read.
const MOST_BYTES: u64 = 1 << 36;

#[derive(Serialize, Deserialize)]
struct Contents {
    header: Header,
    /// Name and length of each section.
    sections: Vec<(String, usize)>,
}

/// Writes `checkpoint` to its path atomically.
pub(super) fn write(checkpoint: &Checkpoint) -> Result<(), Error> {
    Ok(lenet_files::write(&checkpoint.path, &encode(checkpoint)?)?)
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

/// Reads the file at `path`. Its beginning is checked first, so that a large file of another kind is not
/// read.
pub(super) fn read(path: &Path) -> Result<Checkpoint, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = lenet_files::open(path, MOST_BYTES)?;
    let mut bytes = Vec::new();
    file.by_ref().take(PREFIX as u64).read_to_end(&mut bytes).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if bytes.starts_with(MAGIC)
        && let Some(total) = number::<8>(&bytes, 12)
    {
        let problem = match total.cmp(&length) {
            Ordering::Greater => CheckpointProblem::CutShort { expected: total, found: length },
            Ordering::Less => CheckpointProblem::Damaged,
            Ordering::Equal => {
                file.take(length.saturating_sub(PREFIX as u64)).read_to_end(&mut bytes).map_err(io)?;
                return decode(path, &bytes);
            }
        };
        return Err(Error::Checkpoint { path: path.to_owned(), problem });
    }
    decode(path, &bytes)
}

/// Decodes the bytes of [`write`]. Only the SHA-256 is trusted before it is verified.
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

/// Little-endian number in the `N` bytes from offset `at`.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + N)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
