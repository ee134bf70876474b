//! Fetching from mirrors that are good, bad, slow and absent.

use std::fs::{self, File, TryLockError};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lenet_data::Error;
use lenet_data::mnist::{FILE_NAMES, FetchEvent, MnistFiles, Source, Split, Timeouts};

use crate::fixture::{gzip, mnist_folder, store_tiny_files, tiny_files, tiny_source};
use crate::server::{Reply, Server};

/// The file that most tests leave to be fetched: the first.
const NAME: &str = FILE_NAMES[0];

#[test]
fn an_empty_cache_is_filled() {
    let server = Server::start(tiny_files().map(|bytes| Reply::Ranged(gzip(&bytes))).into());
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("a").join("b");

    let files = fetch(&cache, &[&server]).0.unwrap();

    assert_eq!(files.load(Split::Train).unwrap().len(), 9);
    assert_eq!(files.load(Split::Test).unwrap().len(), 4);
    let paths: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, FILE_NAMES.map(|name| format!("/{name}.gz")));
    let mut expected = FILE_NAMES.map(str::to_owned).to_vec();
    expected.push("fetch.lock".into());
    expected.sort();
    assert_eq!(names_in(&cache), expected);
}

#[test]
fn mnist_itself_is_fetched() {
    let Some(folder) = mnist_folder() else { return };
    let packed = FILE_NAMES.map(|name| fs::read(folder.join(format!("{name}.gz"))).unwrap());
    let server = Server::start(packed.map(Reply::Ranged).into());
    let source = Source::new(vec![server.url], Source::mnist().sha256);
    let cache = tempfile::tempdir().unwrap();
    let files = MnistFiles::fetch(cache.path(), &source, timeouts(), &mut |_| {}).unwrap();
    assert_eq!(files.load(Split::Test).unwrap().len(), 10_000);
}

#[test]
fn a_full_cache_asks_no_mirror_and_writes_nothing() {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[]);
    let server = Server::start(vec![Reply::Status(500)]);
    let (outcome, events) = fetch(cache.path(), &[&server]);
    assert!(outcome.is_ok());
    assert!(server.requests().is_empty() && events.is_empty());
    assert_eq!(names_in(cache.path()).len(), FILE_NAMES.len());
}

#[test]
fn progress_ends_at_the_total() {
    let body = gzip(&tiny_files()[0]);
    let server = Server::start(vec![Reply::Ranged(body.clone())]);
    let (outcome, events) = fetch(cache_without_one_file().path(), &[&server]);
    assert!(outcome.is_ok());
    let last = events.iter().rfind(|event| event.starts_with("Progress")).unwrap();
    assert_eq!(*last, format!("Progress {{ bytes: {0}, total: Some({0}) }}", body.len()));
    assert!(events.last().unwrap().starts_with("Stored"));
}

#[test]
fn a_file_with_another_sum_is_refused_and_the_next_mirror_is_asked() {
    let bad = Server::start(vec![Reply::Ranged(gzip(b"something else"))]);
    let good = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);
    let cache = cache_without_one_file();
    let (outcome, events) = fetch(cache.path(), &[&bad, &good]);
    assert!(outcome.is_ok());
    assert_eq!(good.ranges(), [None], "nothing of the bad file is kept");
    let sum = &tiny_source(&[]).sha256[0];
    assert!(events.iter().any(|e| e.starts_with("Rejected") && e.contains(&bad.url) && e.contains(sum)));
}

#[test]
fn a_file_with_another_sum_is_never_left_behind() {
    let bad = Server::start(vec![Reply::Ranged(gzip(b"something else"))]);
    let cache = cache_without_one_file();
    assert!(fetch(cache.path(), &[&bad]).0.is_err());
    assert!(!names_in(cache.path()).iter().any(|name| name.starts_with(NAME)));
}

#[test]
fn broken_gzip_is_refused() {
    let mut body = gzip(&tiny_files()[0]);
    body.truncate(body.len() - 4);
    let server = Server::start(vec![Reply::Ranged(body)]);
    let message = fetch(cache_without_one_file().path(), &[&server]).0.unwrap_err().to_string();
    assert!(message.contains("expected gzip"), "{message}");
}

#[test]
fn a_file_that_arrives_decompressed_is_taken() {
    let server = Server::start(vec![Reply::Ranged(tiny_files()[0].clone())]);
    assert!(fetch(cache_without_one_file().path(), &[&server]).0.is_ok());
}

#[test]
fn a_cut_connection_is_resumed_where_it_broke() {
    let body = gzip(&tiny_files()[0]);
    let server = Server::start(vec![Reply::Cut(body.clone(), 500), Reply::Ranged(body.clone())]);
    let cache = cache_without_one_file();

    let (outcome, events) = fetch(cache.path(), &[&server, &server]);

    assert_eq!(server.ranges(), [None, Some("bytes=500-".into())]);
    assert_eq!(outcome.unwrap().load(Split::Train).unwrap().len(), 9);
    assert_eq!(fs::read(cache.path().join(NAME)).unwrap(), tiny_files()[0]);
    let resumed = format!("resumed_at: 500, total: Some({})", body.len());
    assert!(events.iter().any(|e| e.starts_with("Started") && e.contains(&resumed)), "{events:?}");
    assert!(!names_in(cache.path()).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn the_next_call_goes_on_where_the_last_one_failed() {
    let body = gzip(&tiny_files()[0]);
    let server = Server::start(vec![Reply::Cut(body.clone(), 300), Reply::Ranged(body)]);
    let cache = cache_without_one_file();
    assert!(fetch(cache.path(), &[&server]).0.is_err());
    assert!(fetch(cache.path(), &[&server]).0.is_ok());
    assert_eq!(server.ranges(), [None, Some("bytes=300-".into())]);
}

#[test]
fn a_mirror_that_ignores_ranges_is_believed() {
    let body = gzip(&tiny_files()[0]);
    let server = Server::start(vec![Reply::Cut(body.clone(), 500), Reply::Whole(body)]);
    let cache = cache_without_one_file();
    assert!(fetch(cache.path(), &[&server, &server]).0.is_ok());
    assert_eq!(fs::read(cache.path().join(NAME)).unwrap(), tiny_files()[0]);
}

#[test]
fn a_piece_that_is_no_beginning_is_thrown_away() {
    let body = gzip(&tiny_files()[0]);
    let beyond_the_end = vec![0; body.len()];
    let other_bytes = vec![0; 100];
    for piece in [beyond_the_end, other_bytes] {
        let cache = cache_without_one_file();
        fs::write(cache.path().join(format!("{NAME}.gz.part")), &piece).unwrap();
        let server = Server::start(vec![Reply::Ranged(body.clone()), Reply::Ranged(body.clone())]);
        assert!(fetch(cache.path(), &[&server]).0.is_ok());
        assert_eq!(server.ranges(), [Some(format!("bytes={}-", piece.len())), None]);
    }
}

#[test]
fn a_piece_longer_than_the_file_leaves_no_tail() {
    let body = gzip(&tiny_files()[0]);
    let cache = cache_without_one_file();
    fs::write(cache.path().join(format!("{NAME}.gz.part")), vec![0; body.len() + 1]).unwrap();
    let server = Server::start(vec![Reply::Whole(body)]);
    assert!(fetch(cache.path(), &[&server]).0.is_ok());
}

#[test]
fn a_redirect_is_followed_with_its_range() {
    let body = gzip(&tiny_files()[0]);
    let store = Server::start(vec![Reply::Ranged(body.clone())]);
    let mirror =
        Server::start(vec![Reply::Cut(body, 500), Reply::Redirect(format!("{}elsewhere", store.url))]);
    assert!(fetch(cache_without_one_file().path(), &[&mirror, &mirror]).0.is_ok());
    assert_eq!(store.requests()[0].path, "/elsewhere");
    assert_eq!(store.ranges(), [Some("bytes=500-".into())]);
}

#[test]
fn a_mirror_without_the_file_is_passed_over() {
    let bad = Server::start(vec![Reply::Status(404)]);
    let good = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);
    let (outcome, events) = fetch(cache_without_one_file().path(), &[&bad, &good]);
    assert!(outcome.is_ok());
    assert!(events.iter().any(|e| e.contains("Rejected") && e.contains("404")), "{events:?}");
}

#[test]
fn a_mirror_that_stops_sending_is_given_up() {
    let body = gzip(&tiny_files()[0]);
    let slow = Server::start(vec![Reply::Silence, Reply::Stall(body.clone(), 400)]);
    let good = Server::start(vec![Reply::Ranged(body)]);
    let mirrors = [&slow, &slow, &good].map(|server| server.url.clone());
    let short = timeouts().with_stall(Duration::from_millis(300));

    let (outcome, events) = fetch_within(short, cache_without_one_file().path(), &mirrors);

    assert!(outcome.is_ok());
    assert_eq!(good.ranges(), [Some("bytes=400-".into())]);
    let timeouts = events.iter().filter(|e| e.starts_with("Rejected") && e.contains("timeout"));
    assert_eq!(timeouts.count(), 2, "{events:?}");
}

/// A byte from time to time is no reason to wait for ever.
#[test]
fn a_mirror_that_trickles_is_given_up() {
    let body = gzip(&tiny_files()[0]);
    let slow = Server::start(vec![Reply::Trickle(body.clone(), Duration::from_millis(20))]);
    let good = Server::start(vec![Reply::Ranged(body)]);
    let mirrors = [&slow, &good].map(|server| server.url.clone());
    let short = timeouts().with_total(Duration::from_millis(500));

    let (outcome, events) = fetch_within(short, cache_without_one_file().path(), &mirrors);

    assert!(outcome.is_ok());
    assert!(events.iter().any(|e| e.starts_with("Rejected") && e.contains("timeout")), "{events:?}");
    assert_ne!(good.ranges(), [None], "the bytes that came are kept");
}

/// A link in the cache leads to a file that a download must not change.
#[cfg(unix)]
#[test]
fn links_in_the_cache_are_not_followed() {
    for name in [format!("{NAME}.gz.part"), "fetch.lock".to_owned()] {
        let cache = cache_without_one_file();
        let other = cache.path().join("other");
        fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, cache.path().join(&name)).unwrap();
        let server = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);
        let (outcome, _) = fetch(cache.path(), &[&server]);
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(&name) && error.contains("expected a regular file"), "{error}");
        assert_eq!(fs::read(&other).unwrap(), b"precious", "{name}");
    }
}

#[test]
fn an_endless_file_is_given_up() {
    let server = Server::start(vec![Reply::Unannounced((64 << 20) + 1)]);
    let message = fetch(cache_without_one_file().path(), &[&server]).0.unwrap_err().to_string();
    assert!(message.contains("larger than request limit"), "{message}");
}

#[test]
fn the_error_lists_every_mirror_with_its_reason() {
    let absent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let missing = Server::start(vec![Reply::Status(404)]);
    let wrong = Server::start(vec![Reply::Ranged(gzip(b"something else"))]);
    let mirrors = [format!("http://{absent}"), missing.url.clone(), wrong.url.clone(), "nowhere".into()];

    let cache = cache_without_one_file();
    let error = fetch_within(timeouts(), cache.path(), &mirrors).0.unwrap_err();

    let message = error.to_string();
    let lines: Vec<&str> = message.lines().collect();
    assert!(matches!(error, Error::Fetch { .. }));
    assert!(lines[0].contains(NAME), "{message}");
    let reasons = ["refused", "404", "expected SHA-256", ""];
    assert_eq!(lines.len(), 1 + reasons.len(), "{message}");
    for ((line, mirror), reason) in lines[1..].iter().zip(&mirrors).zip(reasons) {
        assert!(
            line.contains(mirror.as_str()) && line.to_lowercase().contains(&reason.to_lowercase()),
            "{line}"
        );
    }
}

#[test]
fn a_damaged_file_is_reported_and_replaced() {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[]);
    let path = cache.path().join(NAME);
    fs::write(&path, "damaged").unwrap();
    let server = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);

    let (outcome, events) = fetch(cache.path(), &[&server]);

    assert!(outcome.is_ok());
    assert!(events[0].starts_with("Corrupt") && events[0].contains(NAME), "{events:?}");
    assert_eq!(fs::read(&path).unwrap(), tiny_files()[0]);
    assert_eq!(server.requests().len(), 1, "the other three are sound");
}

#[test]
fn a_second_process_waits_for_the_first() {
    let cache = cache_without_one_file();
    let server = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);
    let first = File::create(cache.path().join("fetch.lock")).unwrap();
    first.lock().unwrap();

    thread::scope(|scope| {
        let (sender, waiting) = mpsc::channel();
        let second = scope.spawn(|| {
            let source = tiny_source(std::slice::from_ref(&server.url));
            MnistFiles::fetch(cache.path(), &source, timeouts(), &mut move |event| {
                if event == FetchEvent::Waiting {
                    sender.send(()).unwrap();
                }
            })
        });
        waiting.recv_timeout(Duration::from_secs(60)).unwrap();
        // Time enough to ask a mirror on the same machine, were it not waiting.
        thread::sleep(Duration::from_millis(50));
        // What the first one brings is not fetched again.
        store_tiny_files(cache.path(), &[]);
        drop(first);
        assert!(second.join().unwrap().is_ok());
    });
    assert!(server.requests().is_empty());
}

#[test]
fn the_cache_is_locked_while_a_file_arrives() {
    let cache = cache_without_one_file();
    let server = Server::start(vec![Reply::Ranged(gzip(&tiny_files()[0]))]);
    let source = tiny_source(std::slice::from_ref(&server.url));
    let mut locked = false;
    let outcome = MnistFiles::fetch(cache.path(), &source, timeouts(), &mut |event| {
        if matches!(event, FetchEvent::Progress { .. }) {
            let second = File::open(cache.path().join("fetch.lock")).unwrap();
            locked = matches!(second.try_lock(), Err(TryLockError::WouldBlock));
        }
    });
    assert!(outcome.is_ok() && locked);
}

#[test]
fn a_piece_that_cannot_be_written_is_not_the_mirror_s_fault() {
    let cache = cache_without_one_file();
    fs::create_dir(cache.path().join(format!("{NAME}.gz.part"))).unwrap();
    let server = Server::start(vec![Reply::Status(404)]);
    let (outcome, _) = fetch(cache.path(), &[&server]);
    assert!(matches!(outcome, Err(Error::Io { path, .. }) if path.ends_with(format!("{NAME}.gz.part"))));
}

#[test]
fn a_cache_that_cannot_be_written_is_not_the_mirrors_fault() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let server = Server::start(vec![Reply::Status(404)]);
    let (outcome, _) = fetch(&file.path().join("cache"), &[&server]);
    assert!(matches!(outcome, Err(Error::Io { .. })), "{outcome:?}");
    assert!(server.requests().is_empty());
}

/// Long enough for the busiest machine.
fn timeouts() -> Timeouts {
    let minute = Duration::from_secs(60);
    Timeouts::default().with_connect(minute).with_stall(minute)
}

/// Fetches the tiny files; also returns the events as `Debug` writes them.
fn fetch(cache: &Path, mirrors: &[&Server]) -> (Result<MnistFiles, Error>, Vec<String>) {
    let urls: Vec<String> = mirrors.iter().map(|server| server.url.clone()).collect();
    fetch_within(timeouts(), cache, &urls)
}

fn fetch_within(
    timeouts: Timeouts,
    cache: &Path,
    urls: &[String],
) -> (Result<MnistFiles, Error>, Vec<String>) {
    let mut events = Vec::new();
    let outcome = MnistFiles::fetch(cache, &tiny_source(urls), timeouts, &mut |event| {
        events.push(format!("{event:?}"));
    });
    (outcome, events)
}

/// A cache that lacks the file [`NAME`] only.
fn cache_without_one_file() -> tempfile::TempDir {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[NAME]);
    cache
}

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}
