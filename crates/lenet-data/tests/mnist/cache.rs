//! The cache without the network: verified at every use.

use std::fs;
use std::net::TcpListener;

use lenet_data::Error;
use lenet_data::mnist::{FILE_NAMES, MnistFiles, Split, default_cache_dir};

use crate::fixture::{store_tiny_files, tiny_source};

#[test]
fn sound_files_are_read() {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[]);
    let files = MnistFiles::in_cache(cache.path(), &tiny_source(&[])).unwrap();
    assert_eq!(files.load(Split::Train).unwrap().len(), 9);
    assert_eq!(files.load(Split::Test).unwrap().len(), 4);
}

#[test]
fn a_missing_file_is_named_and_no_mirror_is_asked() {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[FILE_NAMES[3]]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mirror = format!("http://{}/", listener.local_addr().unwrap());

    let message = MnistFiles::in_cache(cache.path(), &tiny_source(&[mirror])).unwrap_err().to_string();

    assert!(message.contains(&format!("no {};", FILE_NAMES[3])), "{message}");
    assert!(message.contains(cache.path().to_str().unwrap()), "{message}");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_damaged_file_is_named_with_both_sums() {
    let cache = tempfile::tempdir().unwrap();
    store_tiny_files(cache.path(), &[]);
    let path = cache.path().join(FILE_NAMES[0]);
    fs::write(&path, "").unwrap();
    let source = tiny_source(&[]);

    let message = MnistFiles::in_cache(cache.path(), &source).unwrap_err().to_string();

    let sum_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for part in [path.to_str().unwrap(), &source.sha256[0], sum_of_nothing] {
        assert!(message.contains(part), "{message} lacks {part}");
    }
}

#[test]
fn damage_between_finding_and_reading_is_noticed() {
    let splits = [Split::Train, Split::Train, Split::Test, Split::Test];
    for (name, split) in FILE_NAMES.iter().zip(splits) {
        let cache = tempfile::tempdir().unwrap();
        store_tiny_files(cache.path(), &[]);
        let files = MnistFiles::in_cache(cache.path(), &tiny_source(&[])).unwrap();
        let path = cache.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(files.load(split), Err(Error::Checksum { .. })), "{name}");
    }
}

#[test]
fn the_default_folder_is_among_the_user_s_caches() {
    if let Some(folder) = default_cache_dir() {
        assert!(folder.ends_with("lenet/mnist"));
        assert!(folder.starts_with(dirs::cache_dir().unwrap()));
    }
}
