//! `MnistFiles::fetch`: brings the cache to what a [`Source`] published.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::download::{Failure, download};
use super::store::store;
use super::{FILE_NAMES, MnistFiles, Source, checksum};
use crate::Error;

impl MnistFiles {
    /// The files of `source` in a cache folder, after those that are missing or damaged were downloaded.
    /// If all are there, nothing is written and no mirror is asked.
    ///
    /// Mirrors are tried in turn, each going on where the one before stopped; so does the next call if all
    /// failed. What arrives is decompressed, verified, and only then renamed to its name in the cache.
    /// Of several processes (or threads) that fetch into one folder, one works and the others wait for it.
    ///
    /// # Errors
    /// [`Error::Fetch`] with each mirror's reason if none gave a file; [`Error::Io`] if the folder cannot
    /// be read, written or locked.
    ///
    /// # Examples
    /// ```no_run
    /// use lenet_data::mnist::{MnistFiles, Source, Split, Timeouts, default_cache_dir};
    ///
    /// let cache = default_cache_dir().ok_or("name a folder for the cache")?;
    /// let files = MnistFiles::fetch(&cache, &Source::mnist(), Timeouts::default(), &mut |event| {
    ///     eprintln!("{event:?}");
    /// })?;
    /// assert_eq!(files.load(Split::Train)?.len(), 60_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fetch(
        folder: &Path,
        source: &Source,
        timeouts: Timeouts,
        on_event: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Self, Error> {
        if let Ok(files) = Self::in_cache(folder, source) {
            return Ok(files);
        }
        fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        let _held_to_the_end = lock(folder, on_event)?;
        let agent = timeouts.agent();
        let files = Self::cached(folder, source);
        for ((name, path), sha256) in FILE_NAMES.iter().zip(&files.paths).zip(&source.sha256) {
            match checksum::verify(path, sha256) {
                Ok(()) => continue,
                Err(Error::Checksum { found, .. }) => on_event(FetchEvent::Corrupt { path, sha256: &found }),
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            fetch_file(&agent, &source.mirrors, name, path, sha256, on_event)?;
        }
        Ok(files)
    }
}

/// What happens while files are fetched, for a bar or a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchEvent<'a> {
    /// Another process is fetching into this folder: waiting for it to end.
    Waiting,
    /// A file of the cache is not the one that was published, and will be fetched again.
    Corrupt {
        /// The file.
        path: &'a Path,
        /// Its sum.
        sha256: &'a str,
    },
    /// A mirror has begun to send a file.
    Started {
        /// The address.
        url: &'a str,
        /// How many bytes of it an earlier try had left.
        resumed_at: u64,
        /// How many bytes it has in all, if the mirror says.
        total: Option<u64>,
    },
    /// More of that file has arrived.
    Progress {
        /// How many bytes are there, with those of an earlier try.
        bytes: u64,
        /// How many it has in all, if the mirror says.
        total: Option<u64>,
    },
    /// A mirror failed; the next one is tried.
    Rejected {
        /// The address.
        url: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file is in the cache now.
    Stored {
        /// The file.
        path: &'a Path,
    },
}

/// How long to wait for a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For its address to be found, and then for it to be connected to.
    pub connect: Duration,
    /// For the next bytes to arrive.
    pub stall: Duration,
}

impl Default for Timeouts {
    /// 5 seconds to connect, 15 for the next bytes.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), stall: Duration::from_secs(15) }
    }
}

impl Timeouts {
    fn agent(self) -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(self.connect))
            .timeout_connect(Some(self.connect))
            .timeout_per_read(Some(self.stall))
            .build()
            .into()
    }
}

/// Makes this the only process that fetches into `folder`, until the returned file is closed. The system
/// closes it when a process dies, and the file stays behind: deleting it would let two in.
fn lock(folder: &Path, on_event: &mut dyn FnMut(FetchEvent<'_>)) -> Result<File, Error> {
    let path = folder.join("fetch.lock");
    let io_error = |source| Error::io(&path, source);
    let file = File::create(&path).map_err(io_error)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_event(FetchEvent::Waiting);
            file.lock().map_err(io_error)?;
        }
        Err(TryLockError::Error(source)) => return Err(io_error(source)),
    }
    Ok(file)
}

/// Gets one file from the first mirror that has it.
fn fetch_file(
    agent: &ureq::Agent,
    mirrors: &[String],
    name: &str,
    path: &Path,
    sha256: &str,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), Error> {
    let mut attempts = Vec::new();
    for mirror in mirrors {
        let url = format!("{}/{name}.gz", mirror.trim_end_matches('/'));
        match try_mirror(agent, &url, path, sha256, on_event) {
            Ok(()) => {
                on_event(FetchEvent::Stored { path });
                return Ok(());
            }
            Err(Failure::Local(error)) => return Err(error),
            Err(Failure::Mirror(reason)) => {
                on_event(FetchEvent::Rejected { url: &url, reason: &reason });
                attempts.push((url, reason));
            }
        }
    }
    Err(Error::Fetch { file: name.into(), attempts })
}

/// Downloads a file from one address and stores it at `path`.
fn try_mirror(
    agent: &ureq::Agent,
    url: &str,
    path: &Path,
    sha256: &str,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), Failure> {
    let part = path.with_extension("gz.part");
    let resumed = download(agent, url, &part, on_event)?;
    match store(&part, path, sha256) {
        // The earlier piece may be from a mirror with other bytes, so this one is asked for all of them.
        Err(Failure::Mirror(_)) if resumed => {
            download(agent, url, &part, on_event)?;
            store(&part, path, sha256)
        }
        outcome => outcome,
    }
}
