//! [`Gzip`]: decompresses gzip streams, with padding after the last one.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::GzDecoder;

/// Decompresses one or more gzip streams in a row. Zeros may follow the last one: tapes and block devices pad
/// files with them, and `gzip` ignores them, too. Any other byte after the last stream is an error.
pub(crate) struct Gzip<R> {
    /// `None` after the end.
    stream: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { stream: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(stream) = &mut self.stream {
            let bytes = stream.read(buffer)?;
            if bytes > 0 || buffer.is_empty() {
                return Ok(bytes);
            }
            // The end of a stream, whose checksum was right.
            self.stream = match self.stream.take() {
                Some(stream) => next(stream.into_inner())?,
                None => None,
            };
        }
        Ok(0)
    }
}

/// The stream that begins here; `None` at the end of the file, after any padding.
fn next<R: BufRead>(mut reader: R) -> io::Result<Option<GzDecoder<R>>> {
    let mut is_padded = false;
    loop {
        let buffer = reader.fill_buf()?;
        let (length, zeros) = (buffer.len(), buffer.iter().take_while(|byte| **byte == 0).count());
        if length == 0 {
            return Ok(None);
        }
        is_padded |= zeros > 0;
        reader.consume(zeros);
        if zeros < length && is_padded {
            return Err(io::Error::new(ErrorKind::InvalidInput, "bytes after the padding of a gzip stream"));
        }
        if zeros < length {
            return Ok(Some(GzDecoder::new(reader)));
        }
    }
}
