//! Checkpoints that were cut short or damaged, and folders that cannot be written.

use std::fs;
use std::path::Path;

use lenet_train::{Checkpoint, CheckpointProblem, Checkpoints, Error, OptimizerKind};

use crate::run::Run;

/// A folder with checkpoints after steps 1, 2 and 3.
fn stopped() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    Run::new(folder.path(), OptimizerKind::Sgd).stop_at(3).fit().unwrap();
    let newest = fs::read(newest(folder.path())).unwrap();
    (folder, newest)
}

fn newest(folder: &Path) -> std::path::PathBuf {
    folder.join("checkpoints/step-0000000003.ckpt")
}

fn problem(path: &Path, bytes: &[u8]) -> CheckpointProblem {
    fs::write(path, bytes).unwrap();
    match Checkpoint::load(path) {
        Err(Error::Checkpoint { path: named, problem }) => {
            assert_eq!(named, path);
            problem
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkpoint_cut_short_is_told() {
    let (folder, bytes) = stopped();
    for length in [0, 1, 7, 8, 12, 23, 24, 100, bytes.len() / 2, bytes.len() - 33, bytes.len() - 1] {
        let problem = problem(&newest(folder.path()), &bytes[..length]);
        assert!(matches!(problem, CheckpointProblem::CutShort { .. }), "{length}: {problem}");
    }
}

#[test]
fn one_flipped_bit_is_told_wherever_it_is() {
    let (folder, bytes) = stopped();
    let path = newest(folder.path());
    let beginning = 0..400; // magic, version, lengths and the beginning of the header
    let middle = (400..bytes.len() - 32).step_by(bytes.len() / 100);
    let end = bytes.len() - 32..bytes.len();
    for place in beginning.chain(middle).chain(end) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        let problem = problem(&path, &damaged);
        let expected = match place {
            0..8 => matches!(problem, CheckpointProblem::NotACheckpoint),
            12..20 => matches!(problem, CheckpointProblem::Damaged | CheckpointProblem::CutShort { .. }),
            _ => matches!(problem, CheckpointProblem::Damaged),
        };
        assert!(expected, "bit in byte {place}: {problem}");
    }
}

#[test]
fn bytes_after_the_end_are_told() {
    let (folder, mut bytes) = stopped();
    bytes.push(0);
    assert_eq!(problem(&newest(folder.path()), &bytes), CheckpointProblem::Damaged);
}

#[test]
fn something_else_is_not_a_checkpoint() {
    let (folder, _) = stopped();
    assert_eq!(problem(&newest(folder.path()), b"{\"a\": 1}"), CheckpointProblem::NotACheckpoint);
}

#[test]
fn an_older_checkpoint_stands_in_for_a_damaged_one_which_is_told() {
    let (folder, bytes) = stopped();
    fs::write(newest(folder.path()), &bytes[..bytes.len() - 5]).unwrap();
    let latest = Checkpoints::latest(folder.path().join("checkpoints")).unwrap();
    assert_eq!(latest.checkpoint.unwrap().step(), 2);
    let [skipped] = &latest.skipped[..] else { panic!("{:?}", latest.skipped) };
    assert!(skipped.to_string().contains("step-0000000003.ckpt: cut short"), "{skipped}");
}

#[test]
fn a_folder_without_checkpoints_has_no_latest() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let latest = Checkpoints::latest(path).unwrap();
        assert!(latest.checkpoint.is_none() && latest.skipped.is_empty());
    }
}

#[test]
fn the_last_few_and_the_best_are_kept_and_leftovers_removed() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = folder.path().join("checkpoints");
    fs::create_dir_all(&checkpoints).unwrap();
    fs::write(checkpoints.join("step-0000000001.ckpt.123-0.tmp"), "half").unwrap();
    fs::write(checkpoints.join("mine.txt"), "not ours").unwrap();
    Run::new(folder.path(), OptimizerKind::Sgd).fit().unwrap();
    let names =
        fs::read_dir(&checkpoints).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let expected = ["best.ckpt", "mine.txt"].map(str::to_owned);
    let steps = [8, 9, 10].map(|step| format!("step-{step:010}.ckpt"));
    assert_eq!(names, [&expected[..], &steps].concat());
}

/// A file in the way of the folder stands for whatever keeps a folder from being written: tests may run as
/// root, whom no permission stops.
#[test]
fn a_folder_that_cannot_be_made_ends_the_fit_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("checkpoints"), "in the way").unwrap();
    let error = Run::new(folder.path(), OptimizerKind::Sgd).fit().unwrap_err();
    assert!(error.to_string().contains("checkpoints"), "{error}");
}

/// A folder in which nobody, root included, can make a file.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_ends_the_fit_with_an_error() {
    let error = Run::new(Path::new("/proc/self"), OptimizerKind::Sgd).fit().unwrap_err();
    assert!(error.to_string().starts_with("/proc/self/"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_became_read_only_keeps_its_checkpoints() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, _) = stopped();
    let checkpoints = folder.path().join("checkpoints");
    let allow = |mode| fs::set_permissions(&checkpoints, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    if fs::write(checkpoints.join("probe"), "").is_ok() {
        return eprintln!("skipped: permissions do not stop this user");
    }
    let error = Run::new(folder.path(), OptimizerKind::Sgd).latest().fit().unwrap_err();
    assert!(matches!(&error, Error::Checkpoint { .. } | Error::Io { .. }), "{error}");
    assert_eq!(Checkpoints::latest(&checkpoints).unwrap().checkpoint.unwrap().step(), 3);
    allow(0o755); // so that the folder can be removed
}

#[test]
fn the_best_checkpoint_stands_in_when_all_others_are_damaged() {
    let folder = tempfile::tempdir().unwrap();
    Run::new(folder.path(), OptimizerKind::Sgd).stop_at(7).fit().unwrap();
    let checkpoints = folder.path().join("checkpoints");
    for step in [5, 6, 7] {
        fs::write(checkpoints.join(format!("step-{step:010}.ckpt")), "damaged").unwrap();
    }
    let latest = Checkpoints::latest(&checkpoints).unwrap();
    assert_eq!((latest.checkpoint.unwrap().step(), latest.skipped.len()), (5, 3));
}

/// A file that cannot be read may be whole: an older one must not take its place unnoticed.
#[test]
fn a_checkpoint_that_cannot_be_read_is_an_error() {
    let (folder, _) = stopped();
    fs::create_dir(folder.path().join("checkpoints/step-0000000009.ckpt")).unwrap();
    let error = Checkpoints::latest(folder.path().join("checkpoints")).unwrap_err();
    assert!(error.to_string().contains("step-0000000009.ckpt is a folder"), "{error}");
}
