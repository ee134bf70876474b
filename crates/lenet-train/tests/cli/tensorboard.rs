//! Event files, as TensorBoard itself reads them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::scratch::{Ended, Scratch};

/// Holds the event file of `run` to its metrics, where Python has `tensorboard`. `LENET_PYTHON` names another Python
/// than `python3`.
fn check(run: &Path) {
    let python = std::env::var_os("LENET_PYTHON").unwrap_or_else(|| "python3".into());
    if Command::new(&python).arg("--version").output().is_err() {
        eprintln!("skipped: there is no {}", python.display());
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hooks/check_tensorboard.py");
    let mut command = Command::new(python);
    command.arg(script).arg(run).env("PYTHONDONTWRITEBYTECODE", "1");
    let ended: Ended = command.output().unwrap().into();
    match ended.code {
        Some(0) => print!("{}", ended.stdout),
        Some(77) => eprintln!("skipped: {}", ended.stderr),
        _ => panic!("{}{}", ended.stdout, ended.stderr),
    }
}

/// A run that was ended after its last checkpoint but one has events that it writes once more when it is
/// resumed.
#[test]
fn its_own_reader_finds_every_number_once_also_after_a_resume() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--quiet", "--tensorboard", "--log-every=1", "--epochs=2"]);
    check(&scratch.path("run"));
    let length = || {
        scratch
            .names("run")
            .iter()
            .filter(|name| name.contains("tfevents"))
            .map(|name| fs::metadata(scratch.path("run").join(name)).unwrap().len())
            .sum::<u64>()
    };
    let whole = length();
    fs::remove_file(scratch.path("run/checkpoints/step-0000000008.ckpt")).unwrap();
    let ended = scratch.run(&["--resume", "run"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(length(), whole);
    check(&scratch.path("run"));
}
