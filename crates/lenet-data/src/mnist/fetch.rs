//! `MnistFiles::fetch`: downloads the files of a [`Source`] into the cache.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::client::Client;
use super::download::download;
use super::failure::Failure;
use super::store::store;
use super::{FILE_NAMES, FetchEvent, MnistFiles, Source, Timeouts, checksum};
use crate::Error;

/// Time between two attempts to take a lock that another process holds.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

impl MnistFiles {
    /// The files of `source` in a cache folder; downloads those that are missing or damaged. If all files are
    /// valid, nothing is written and no mirror is asked.
    ///
    /// The mirrors are tried in turn. Each continues where the one before stopped, and so does the next call
    /// if all fail. A downloaded file is decompressed and verified before it gets its name in the cache.
    /// Of several processes (or threads) that fetch into one folder, one works and the others wait for
    /// it.
    ///
    /// A proxy is taken from the environment (`HTTPS_PROXY`, `ALL_PROXY` and so on, except for the hosts in
    /// `NO_PROXY`). Mirrors are trusted by the certificates of the operating system, or by those in
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, so that a proxy may inspect TLS; by Mozilla's if the system
    /// has none.
    ///
    /// # Errors
    /// [`Error::Fetch`] with each mirror's reason if no mirror delivers a file; [`Error::Io`] if the folder
    /// cannot be read, written or locked, or if `SSL_CERT_FILE` is set and has no certificate.
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
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let _held_to_the_end = lock(folder, on_event)?;
        lenet_files::remove_temporary_files(folder).map_err(|error| Error::file(folder, error))?;
        let client = Client::new(timeouts)?;
        let files = Self::cached(folder, source);
        for ((name, path), sha256) in FILE_NAMES.iter().zip(&files.paths).zip(&source.sha256) {
            match checksum::verify(path, sha256) {
                Ok(()) => continue,
                Err(Error::Checksum { found, .. }) => on_event(FetchEvent::Corrupt { path, sha256: &found }),
                Err(Error::Io { reason, .. }) if reason.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            fetch_file(&client, &source.mirrors, name, path, sha256, on_event)?;
        }
        Ok(files)
    }
}

/// Takes the lock of `folder`, waiting for the process that holds it. The lock file stays, because removing
/// it would admit two processes: one with the removed file, one with a new file.
fn lock(folder: &Path, on_event: &mut dyn FnMut(FetchEvent<'_>)) -> Result<lenet_files::Lock, Error> {
    let path = folder.join("fetch.lock");
    let mut waiting = false;
    loop {
        match lenet_files::lock(&path).map_err(|error| Error::file(&path, error))? {
            Some(lock) => return Ok(lock),
            None if !waiting => on_event(FetchEvent::Waiting),
            None => thread::sleep(LOCK_INTERVAL),
        }
        waiting = true;
    }
}

/// Stores one file at `path`, from the first mirror that delivers it.
fn fetch_file(
    client: &Client,
    mirrors: &[String],
    name: &str,
    path: &Path,
    sha256: &str,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), Error> {
    let mut attempts = Vec::new();
    for mirror in mirrors {
        let url = format!("{}/{name}.gz", mirror.trim_end_matches('/'));
        match try_mirror(client, &url, path, sha256, on_event) {
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
    client: &Client,
    url: &str,
    path: &Path,
    sha256: &str,
    on_event: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), Failure> {
    let part = path.with_extension("gz.part");
    let resumed = download(client, url, &part, on_event)?;
    match store(&part, path, sha256) {
        // The bytes of the earlier attempt may come from a mirror with a different file: download all bytes
        // again.
        Err(Failure::Mirror(_)) if resumed => {
            download(client, url, &part, on_event)?;
            store(&part, path, sha256)
        }
        outcome => outcome,
    }
}
