//! IDX, the format that MNIST is published in: read strictly, raw or gzip.
//!
//! A file is a header of big-endian 32-bit numbers (a magic that names the element type and the number
//! of dimensions, then the dimensions) followed by one byte an element, and nothing else.
//! <http://yann.lecun.com/exdb/mnist/>, "File formats for the MNIST database".

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::{DigitSet, Error};

/// Reads a file of images `[n, height, width]` and the file of their labels `[n]`.
///
/// Either may be raw or gzip: the first bytes tell, not the name. Memory is taken for what the files can
/// really hold, whatever their headers claim, and a gzip stream is inflated no further than its header says.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read; [`Error::Malformed`] if one is not IDX, is shorter or longer
/// than its header says, has a label above 9, or if the two do not agree on `n`.
pub fn read(images: &Path, labels: &Path) -> Result<DigitSet, Error> {
    let ([count, height, width], pixels) = read_array(images)?;
    if height == 0 || width == 0 {
        return Err(malformed(images, "images of at least 1x1 pixel", format!("{height}x{width}")));
    }
    let ([label_count], classes) = read_array(labels)?;
    if label_count != count {
        let expected = format!("{count} labels, one for each image of {}", images.display());
        return Err(malformed(labels, expected, label_count.to_string()));
    }
    if let Some(index) = classes.iter().position(|&class| class > 9) {
        let found = format!("{} at index {index}", classes[index]);
        return Err(malformed(labels, "labels from 0 to 9", found));
    }
    DigitSet::new(pixels, classes, height, width)
}

/// The dimensions and the elements of an IDX file of bytes with `N` dimensions.
fn read_array<const N: usize>(path: &Path) -> Result<([usize; N], Vec<u8>), Error> {
    let (mut reader, capacity) = open(path)?;
    let sizes = read_header(&mut reader, path)?;

    // `N` is at most 3, and three 32-bit factors fit into 128 bits.
    let claimed: u128 = sizes.iter().map(|&size| u128::from(size)).product();
    let expected = || {
        let sizes: Vec<String> = sizes.iter().map(u32::to_string).collect();
        format!("{claimed} bytes after the header ({})", sizes.join(" x "))
    };
    if claimed > u128::from(capacity) {
        return Err(malformed(path, expected(), format!("a file that holds {capacity} at most")));
    }

    let mut data = Vec::new();
    // Not above `capacity`, so it is a `u64`; on a 32-bit machine the reservation fails instead.
    let claimed = claimed as u64;
    data.try_reserve_exact(usize::try_from(claimed).unwrap_or(usize::MAX))
        .map_err(|source| Error::io(path, source.into()))?;
    reader.by_ref().take(claimed).read_to_end(&mut data).map_err(|source| broken(path, source))?;
    if (data.len() as u64) < claimed {
        return Err(malformed(path, expected(), data.len().to_string()));
    }
    // Asking for one byte more also has the gzip checksum compared.
    if reader.read(&mut [0]).map_err(|source| broken(path, source))? > 0 {
        return Err(malformed(path, expected(), "more"));
    }
    Ok((sizes.map(|size| size as usize), data))
}

/// Reads the magic of unsigned bytes in `N` dimensions, and returns the dimensions.
fn read_header<const N: usize>(reader: &mut impl Read, path: &Path) -> Result<[u32; N], Error> {
    let mut header = Vec::new();
    let length = 4 * (N + 1);
    reader.take(length as u64).read_to_end(&mut header).map_err(|source| broken(path, source))?;

    let (words, _) = header.as_chunks::<4>();
    let magic = 0x0800 | N as u32;
    if let Some(&found) = words.first().filter(|&&found| found != magic.to_be_bytes()) {
        let found = format!("{:#010x}", u32::from_be_bytes(found));
        return Err(malformed(path, format!("the IDX magic {magic:#010x}"), found));
    }
    let sizes = words.get(1..).and_then(|sizes| <[[u8; 4]; N]>::try_from(sizes).ok());
    let short = || malformed(path, format!("an IDX header of {length} bytes"), header.len().to_string());
    Ok(sizes.ok_or_else(short)?.map(u32::from_be_bytes))
}

/// The bytes of a file, inflated if they are gzip, and a bound on how many there can be.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn Read>, u64), Error> {
    let io_error = |source| Error::io(path, source);
    let file = File::open(path).map_err(io_error)?;
    let size = file.metadata().map_err(io_error)?.len();
    let mut reader = BufReader::with_capacity(1 << 16, file);
    if reader.fill_buf().map_err(io_error)?.starts_with(&[0x1f, 0x8b]) {
        // Deflate cannot do better than 1032:1, see "Maximum Compression Factor" at
        // <https://zlib.net/zlib_tech.html>.
        Ok((Box::new(MultiGzDecoder::new(reader)), size.saturating_mul(1032)))
    } else {
        Ok((Box::new(reader), size))
    }
}

/// What the gzip decoder objects to is a fault of the file; anything else is the system's.
fn broken(path: &Path, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            malformed(path, "a whole gzip stream", source.to_string())
        }
        _ => Error::io(path, source),
    }
}

fn malformed(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::Malformed { path: path.into(), expected: expected.into(), found: found.into() }
}
