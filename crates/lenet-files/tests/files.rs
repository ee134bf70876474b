//! What callers rely on: whole files, limits, regular files only, one holder of a lock.

use std::fs;

use lenet_files::Error;

#[test]
fn a_file_is_replaced_whole_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    lenet_files::write(&path, b"old").unwrap();
    lenet_files::write(&path, b"new and longer").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new and longer");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_write_that_fails_leaves_the_old_content_and_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    fs::create_dir_all(path.join("inside")).unwrap(); // A folder in the way of the rename.
    let error = lenet_files::write(&path, b"new").unwrap_err();
    assert!(error.to_string().contains("cannot write"), "{error}");
    assert!(path.join("inside").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn temporary_files_of_killed_writers_are_removed_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    for name in [".model.writing-17-0", "model", ".model.writing-notes", "a.writing-1-1"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    lenet_files::remove_temporary_files(folder.path()).unwrap();
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".model.writing-notes", "a.writing-1-1", "model"]);
}

#[test]
fn a_file_at_the_limit_is_read_and_one_byte_more_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("five");
    fs::write(&path, "12345").unwrap();
    assert_eq!(lenet_files::read(&path, 5).unwrap(), b"12345");
    let error = lenet_files::read(&path, 4).unwrap_err();
    assert!(matches!(error, Error::TooLarge { found: 5, limit: 4, .. }), "{error}");
}

#[test]
fn a_folder_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let error = lenet_files::read(folder.path(), 5).unwrap_err();
    assert!(error.to_string().ends_with("is a folder, expected a regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_fifo_and_a_device_are_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let error = lenet_files::open(&fifo, 5).unwrap_err();
    assert!(error.to_string().contains("is a FIFO"), "{error}");
    let error = lenet_files::open("/dev/zero".as_ref(), 5).unwrap_err();
    assert!(error.to_string().contains("is a device"), "{error}");
}

#[test]
fn a_lock_has_one_holder_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = lenet_files::lock(&path).unwrap();
    assert!(held.is_some());
    assert!(lenet_files::lock(&path).unwrap().is_none());
    drop(held);
    assert!(lenet_files::lock(&path).unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn a_lock_does_not_follow_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "precious").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert!(matches!(lenet_files::lock(&link).unwrap_err(), Error::NotAFile { .. }));
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}
