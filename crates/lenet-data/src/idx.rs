//! IDX, the file format of MNIST: read strictly, raw or gzip.
//!
//! A file is a header of big-endian 32-bit numbers (a magic number that holds the element type and the number
//! of dimensions, then the dimensions), followed by one byte per element, and nothing else. Zeros after the
//! end of a gzip stream are padding, as for `gzip` itself.
//! <http://yann.lecun.com/exdb/mnist/>, "File formats for the MNIST database".

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::gzip::Gzip;
use crate::{DigitSet, Error, SIDE};

/// Maximum size of a file in bytes, raw, compressed or decompressed: a million images of 32×32, 17 times
/// MNIST.
pub const LARGEST_FILE: u64 = (1 << 20) * (SIDE * SIDE) as u64 + 16;

/// Reads a file of images `[n, height, width]` and the file of their labels `[n]`. `n` may be 0.
///
/// Either file may be raw or gzip; its first bytes decide, not its name. Both headers are checked before any
/// pixel is read, then the labels are read, then the pixels, so that memory is allocated only for files that
/// fit together. A gzip stream is decompressed no further than its header says.
///
/// # Errors
/// - [`Error::Io`] if a file cannot be read or is not a regular file
/// - [`Error::Malformed`] if a file is not IDX, is shorter or longer than its header says or larger than
///   [`LARGEST_FILE`], if the images are empty or larger than 32×32, if a label is above 9, or if the two
///   files do not have the same `n`
pub fn read(images: &Path, labels: &Path) -> Result<DigitSet, Error> {
    read_with_classes(images, labels, 10)
}

/// Reads a file of images and the file of their labels as [`read`] does, with labels below `classes`, from 1 to
/// 256.
///
/// # Errors
/// As [`read`], with another limit of the labels.
pub fn read_with_classes(images: &Path, labels: &Path, classes: usize) -> Result<DigitSet, Error> {
    set(Array::open(images)?, Array::open(labels)?, classes)
}

/// Reads the bytes of a file of images and those of the file of their labels, each 0 to 9, as [`read`] does.
///
/// # Errors
/// As [`read`], naming the files `images` and `labels`.
pub fn from_bytes(images: &[u8], labels: &[u8]) -> Result<DigitSet, Error> {
    let (images, labels) = ((Path::new("images"), images), (Path::new("labels"), labels));
    set(Array::in_bytes(images)?, Array::in_bytes(labels)?, 10)
}

/// Checks that both files fit together before a pixel is read.
fn set(pixels: Array<'_, 3>, file: Array<'_, 1>, classes: usize) -> Result<DigitSet, Error> {
    let (images, labels) = (pixels.path, file.path);
    let [count, height, width] = pixels.sizes.map(|size| size as usize);
    if height == 0 || width == 0 {
        return Err(Error::malformed(images, "images of at least 1x1 pixel", format!("{height}x{width}")));
    }
    if height > SIDE || width > SIDE {
        let found = format!("larger ones: {height}x{width} do not fit {SIDE}x{SIDE}");
        return Err(Error::malformed(images, "images of at most 32x32 pixels", found));
    }
    pixels.check_size()?;
    if file.sizes != [pixels.sizes[0]] {
        let expected = format!("{count} labels, one for each image of {}", images.display());
        return Err(Error::malformed(labels, expected, file.sizes[0].to_string()));
    }
    file.check_size()?;
    let numbers = file.read()?;
    let wrong = numbers.iter().position(|&number| usize::from(number) >= classes);
    if let Some(index) = wrong {
        let (expected, found) = (format!("labels from 0 to {}", classes - 1), numbers[index]);
        return Err(Error::malformed(labels, expected, format!("{found} at index {index}")));
    }
    DigitSet::with_classes(pixels.read()?, numbers, [height, width], classes)
}

/// Reads a file of labels `[n]` alone.
///
/// # Errors
/// As [`read`].
pub(crate) fn labels(path: &Path) -> Result<Vec<u8>, Error> {
    let labels = Array::<1>::open(path)?;
    labels.check_size()?;
    labels.read()
}

/// An IDX file of bytes with `N` dimensions whose header was read.
struct Array<'a, const N: usize> {
    path: &'a Path,
    /// Reads what follows the header.
    reader: Box<dyn Read + 'a>,
    /// Upper bound on the number of bytes of the file, decompressed.
    capacity: u64,
    sizes: [u32; N],
}

impl<'a, const N: usize> Array<'a, N> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let (mut reader, capacity) = open(path, LARGEST_FILE)?;
        let sizes = read_header(&mut reader, path)?;
        Ok(Self { path, reader, capacity, sizes })
    }

    fn in_bytes((path, bytes): (&'a Path, &'a [u8])) -> Result<Self, Error> {
        let found = bytes.len() as u64;
        if found > LARGEST_FILE {
            return Err(Error::malformed(path, format!("at most {LARGEST_FILE} bytes"), found.to_string()));
        }
        let (mut reader, capacity) = content(bytes, found).map_err(|error| Error::io(path, error))?;
        let sizes = read_header(&mut reader, path)?;
        Ok(Self { path, reader, capacity, sizes })
    }

    /// Number of elements in the header. `N` is at most 3, and three 32-bit factors fit into 128 bits.
    fn claimed(&self) -> u128 {
        self.sizes.iter().map(|&size| u128::from(size)).product()
    }

    /// An error about the number of bytes after the header.
    fn wrong_length(&self, found: impl Into<String>) -> Error {
        let sizes = self.sizes.map(|size| size.to_string()).join(" x ");
        Error::malformed(self.path, format!("{} bytes after the header ({sizes})", self.claimed()), found)
    }

    /// Checks that the file can hold as many elements as its header says.
    fn check_size(&self) -> Result<(), Error> {
        let limit = self.capacity.min(LARGEST_FILE);
        if self.claimed() > u128::from(limit) {
            return Err(self.wrong_length(format!("a file that holds {limit} at most")));
        }
        Ok(())
    }

    /// Reads the elements, after [`check_size`](Self::check_size).
    fn read(mut self) -> Result<Vec<u8>, Error> {
        // A u64, because `check_size` compared it with one; on a 32-bit machine the reservation may fail.
        let claimed = self.claimed() as u64;
        let mut data = Vec::new();
        data.try_reserve_exact(usize::try_from(claimed).unwrap_or(usize::MAX))
            .map_err(|error| Error::io(self.path, error.into()))?;
        let broken = |error| broken(self.path, error);
        self.reader.by_ref().take(claimed).read_to_end(&mut data).map_err(broken)?;
        if (data.len() as u64) < claimed {
            return Err(self.wrong_length(data.len().to_string()));
        }
        // Reading one more byte also makes the decoder compare the gzip checksum.
        if self.reader.read(&mut [0]).map_err(broken)? > 0 {
            return Err(self.wrong_length("more"));
        }
        Ok(data)
    }
}

/// Reads the magic number of unsigned bytes in `N` dimensions, and returns the dimensions.
fn read_header<const N: usize>(reader: &mut impl Read, path: &Path) -> Result<[u32; N], Error> {
    let mut header = Vec::new();
    let length = 4 * (N + 1);
    reader.take(length as u64).read_to_end(&mut header).map_err(|error| broken(path, error))?;

    let (words, _) = header.as_chunks::<4>();
    let magic = 0x0800 | N as u32;
    if let Some(&found) = words.first().filter(|&&found| found != magic.to_be_bytes()) {
        let found = format!("{:#010x}", u32::from_be_bytes(found));
        return Err(Error::malformed(path, format!("the IDX magic {magic:#010x}"), found));
    }
    let sizes = words.get(1..).and_then(|sizes| <[[u8; 4]; N]>::try_from(sizes).ok());
    let short =
        || Error::malformed(path, format!("an IDX header of {length} bytes"), header.len().to_string());
    Ok(sizes.ok_or_else(short)?.map(u32::from_be_bytes))
}

/// Opens a regular file of at most `limit` bytes: returns its content, decompressed if it is gzip, and an
/// upper bound on the number of bytes of it.
pub(crate) fn open(path: &Path, limit: u64) -> Result<(Box<dyn Read>, u64), Error> {
    let io_error = |error| Error::io(path, error);
    let file = lenet_files::open(path, limit).map_err(|error| Error::file(path, error))?;
    let size = file.metadata().map_err(io_error)?.len();
    // The limit holds also for a file that grows while it is read.
    content(BufReader::with_capacity(1 << 16, file.take(limit)), size).map_err(io_error)
}

/// The content behind `reader`, which has `size` bytes, decompressed if it is gzip, and an upper bound on the
/// number of bytes of it.
fn content<'a>(mut reader: impl BufRead + 'a, size: u64) -> io::Result<(Box<dyn Read + 'a>, u64)> {
    if reader.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        // Deflate compresses at most 1032:1, see "Maximum Compression Factor" at
        // <https://zlib.net/zlib_tech.html>.
        Ok((Box::new(Gzip::new(reader)), size.saturating_mul(1032)))
    } else {
        Ok((Box::new(reader), size))
    }
}

/// An error of the gzip decoder means a malformed file; any other error comes from the operating system.
fn broken(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            Error::malformed(path, "a whole gzip stream", error.to_string())
        }
        _ => Error::io(path, error),
    }
}
