//! One HTTP request whose body is appended to a file, so that the next request can continue from there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ureq::Body;
use ureq::http::StatusCode;

use super::FetchEvent;
use super::checksum::LARGEST_FILE;
use super::client::Client;
use super::failure::Failure;
use crate::Error;

/// Downloads `url` into the file `part`, requesting only the bytes that it does not hold yet; returns whether
/// bytes of an earlier attempt were kept.
pub(super) fn download(
    client: &Client,
    url: &str,
    part: &Path,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<bool, Failure> {
    let io_error = |error| Error::io(part, error);
    let mut file = open_to_append(part).map_err(io_error)?;
    let present = file.seek(SeekFrom::End(0)).map_err(io_error)?;

    let mut request = client.get(url);
    if present > 0 {
        request = request.header("Range", format!("bytes={present}-"));
    }
    let failed = |reason: String| Failure::Mirror(client.explain(url, reason));
    let response = request.call().map_err(|error| failed(error.to_string()))?;
    match response.status() {
        // The missing bytes, if the mirror is right; the checksum decides later.
        StatusCode::PARTIAL_CONTENT => {
            receive(response.into_body(), url, present, &mut file, part, on_event)?;
            Ok(present > 0)
        }
        // The whole file: the mirror does not support ranges, or no range was requested.
        StatusCode::OK => {
            file.set_len(0).and_then(|()| file.rewind()).map_err(io_error)?;
            receive(response.into_body(), url, 0, &mut file, part, on_event)?;
            Ok(false)
        }
        // The mirror's file is not longer than `part`. The second request has no range and cannot end here
        // again.
        StatusCode::RANGE_NOT_SATISFIABLE if present > 0 => {
            file.set_len(0).map_err(io_error)?;
            download(client, url, part, on_event)
        }
        status => Err(failed(format!("HTTP status {status}"))),
    }
}

/// Opens `part` for writing or creates it. A symbolic link is refused: writing through it would change
/// another file.
fn open_to_append(part: &Path) -> io::Result<File> {
    match part.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => OpenOptions::new().write(true).open(part),
        Ok(_) => Err(io::Error::other("expected a regular file, found a link, folder or special file")),
        // `create_new` follows no link, either.
        Err(error) if error.kind() == io::ErrorKind::NotFound => File::create_new(part),
        Err(error) => Err(error),
    }
}

/// Appends a body to `file`, which already holds `bytes` bytes.
fn receive(
    body: Body,
    url: &str,
    mut bytes: u64,
    file: &mut File,
    part: &Path,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), Failure> {
    let total = body.content_length().map(|length| bytes.saturating_add(length));
    on_event(FetchEvent::Started { url, resumed_at: bytes, total });
    let mut reader = body.into_with_config().limit(LARGEST_FILE.saturating_sub(bytes)).reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut buffer).map_err(|error| Failure::Mirror(error.to_string()))?;
        if n == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..n]).map_err(|error| Error::io(part, error))?;
        bytes += n as u64;
        on_event(FetchEvent::Progress { bytes, total });
    }
}
