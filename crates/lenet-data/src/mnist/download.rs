//! One HTTP request whose answer is appended to a file, so that the next one can go on from there.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use ureq::Body;
use ureq::http::StatusCode;

use super::fetch::FetchEvent;
use crate::Error;

/// No file of a set may be longer, compressed or not. MNIST's longest are 9.9 MB and 47 MB.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Why one mirror did not give a file.
pub(super) enum Failure {
    /// The mirror's fault: the next one may do better.
    Mirror(String),
    /// Ours, such as a full disk: no mirror will do better.
    Local(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}

/// Downloads `url` into the file `part`, asking only for what it does not hold yet; returns whether it
/// held anything that was kept.
pub(super) fn download(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<bool, Failure> {
    let io_error = |source| Error::io(part, source);
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(part);
    let mut file = open.map_err(io_error)?;
    let present = file.seek(SeekFrom::End(0)).map_err(io_error)?;

    let mut request = agent.get(url);
    if present > 0 {
        request = request.header("Range", format!("bytes={present}-"));
    }
    let response = request.call().map_err(|error| Failure::Mirror(error.to_string()))?;
    match response.status() {
        // The rest, or so the mirror says: the checksum will tell.
        StatusCode::PARTIAL_CONTENT => {
            receive(response.into_body(), url, present, &mut file, part, on_event)?;
            Ok(present > 0)
        }
        // The whole file: the mirror does not do ranges, or none was asked for.
        StatusCode::OK => {
            file.set_len(0).and_then(|()| file.rewind()).map_err(io_error)?;
            receive(response.into_body(), url, 0, &mut file, part, on_event)?;
            Ok(false)
        }
        // Nothing follows what is there. The second request asks for no range and cannot end here.
        StatusCode::RANGE_NOT_SATISFIABLE if present > 0 => {
            file.set_len(0).map_err(io_error)?;
            download(agent, url, part, on_event)
        }
        status => Err(Failure::Mirror(format!("HTTP status {status}"))),
    }
}

/// Appends a body to `file`, which holds `bytes` bytes already.
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
    let mut reader = body.into_with_config().limit(MAX_BYTES.saturating_sub(bytes)).reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut buffer).map_err(|error| Failure::Mirror(error.to_string()))?;
        if n == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..n]).map_err(|source| Error::io(part, source))?;
        bytes += n as u64;
        on_event(FetchEvent::Progress { bytes, total });
    }
}
