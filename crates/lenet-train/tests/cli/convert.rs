//! `convert`: what comes out of it, and what it refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use lenet_model::{StateDict, weights};

use crate::scratch::{Ended, Scratch};

/// The folder of the files that PyTorch and ONNX wrote, and of the script that asks these packages.
fn interop(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/interop").join(name)
}

fn convert(scratch: &Scratch, from: &str, to: &str) -> Ended {
    scratch.run(&["convert", from, to])
}

/// A folder with some weights in `lenet.safetensors`.
fn with_weights() -> (Scratch, StateDict) {
    let (scratch, state) = (Scratch::empty(), StateDict::random(7));
    weights::write_state_dict(&state, &scratch.path("lenet.safetensors")).unwrap();
    (scratch, state)
}

#[test]
fn a_run_becomes_any_format_and_comes_back_as_it_was() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--quiet"]);
    let ended = convert(&scratch, "run", "lenet.bpk");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout, "lenet.bpk: 61,706 parameters from run/model.safetensors\n");
    assert_eq!(convert(&scratch, "lenet.bpk", "back.safetensors").code, Some(0));
    assert!(std::fs::read(scratch.path("back.safetensors")).unwrap() == scratch.weights("run"));
    assert_eq!(convert(&scratch, "run", "lenet.onnx").code, Some(0));
    assert!(std::fs::read(scratch.path("lenet.onnx")).unwrap().len() > 4 * 61_706);
}

#[test]
fn pytorchs_checkpoint_is_converted() {
    let scratch = Scratch::empty();
    let ended = convert(&scratch, interop("checkpoint.pt").to_str().unwrap(), "lenet.safetensors");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected = weights::read_state_dict(&interop("bfloat16.pt")).unwrap();
    assert!(weights::read_state_dict(&scratch.path("lenet.safetensors")).unwrap() == expected);
}

/// Refused in one line, with nothing changed.
#[track_caller]
fn refused(scratch: &Scratch, from: &str, to: &str, why: &str) {
    let before = scratch.names(".");
    let ended = convert(scratch, from, to);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(why), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert_eq!(scratch.names("."), before);
}

#[test]
fn formats_that_cannot_be_are_refused_with_the_reason() {
    let (scratch, _) = with_weights();
    refused(&scratch, "lenet.safetensors", "lenet.pt", "lenet.pt: PyTorch's format is only read here");
    refused(&scratch, "lenet.safetensors", "lenet.txt", ".safetensors, .bpk or .onnx");
    refused(&scratch, "lenet.onnx", "lenet.bpk", "lenet.onnx: ONNX is only written here");
    refused(&scratch, "lenet", "lenet.bpk", ".safetensors, .bpk, .pt or .pth");
    refused(&scratch, "absent.pt", "lenet.bpk", "absent.pt: ");
    refused(&scratch, ".", "lenet.bpk", "model.safetensors");
}

#[test]
fn checkpoints_of_other_programs_are_read_under_their_own_names() {
    let scratch = Scratch::empty();
    for name in ["last.ckpt", "best.pth.tar", "pytorch_model.bin", "NET.PT"] {
        std::fs::copy(interop("checkpoint.pt"), scratch.path(name)).unwrap();
        let ended = convert(&scratch, name, "lenet.safetensors");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let expected = weights::read_state_dict(&interop("bfloat16.pt")).unwrap();
        assert!(weights::read_state_dict(&scratch.path("lenet.safetensors")).unwrap() == expected);
    }
}

#[cfg(unix)]
#[test]
fn onto_a_link_the_file_that_it_leads_to_is_written() {
    let (scratch, state) = with_weights();
    std::fs::write(scratch.path("target.bpk"), "old").unwrap();
    std::os::unix::fs::symlink("target.bpk", scratch.path("link.bpk")).unwrap();
    assert_eq!(convert(&scratch, "lenet.safetensors", "link.bpk").code, Some(0));
    assert!(scratch.path("link.bpk").is_symlink());
    assert!(weights::read_state_dict(&scratch.path("target.bpk")).unwrap() == state);
}

#[test]
fn a_place_that_cannot_be_written_is_refused_with_its_name() {
    let (scratch, _) = with_weights();
    std::fs::create_dir(scratch.path("folder.bpk")).unwrap();
    refused(&scratch, "lenet.safetensors", "absent/lenet.bpk", "absent/lenet.bpk: cannot write: ");
    refused(&scratch, "lenet.safetensors", "folder.bpk", "folder.bpk: cannot write: ");
}

#[test]
fn a_file_is_not_written_over_itself() {
    let (scratch, state) = with_weights();
    std::fs::create_dir(scratch.path("folder")).unwrap();
    for to in ["lenet.safetensors", "./lenet.safetensors", "folder/../lenet.safetensors"] {
        refused(&scratch, "lenet.safetensors", to, "would be overwritten");
    }
    assert!(weights::read_state_dict(&scratch.path("lenet.safetensors")).unwrap() == state);
}

#[test]
fn weights_that_cannot_be_read_leave_the_old_file_alone() {
    let (scratch, state) = with_weights();
    let whole = std::fs::read(interop("checkpoint.pt")).unwrap();
    std::fs::write(scratch.path("cut.pt"), &whole[..whole.len() / 2]).unwrap();
    refused(&scratch, "cut.pt", "lenet.safetensors", "cut.pt: not a PyTorch file");
    assert!(weights::read_state_dict(&scratch.path("lenet.safetensors")).unwrap() == state);
}

/// Asks PyTorch, safetensors, ONNX and ONNX Runtime themselves, where `LENET_PYTHON` names a Python that has
/// them.
#[test]
fn the_packages_agree_if_they_are_there() {
    let Some(python) = std::env::var_os("LENET_PYTHON") else {
        eprintln!("skipped: LENET_PYTHON names no Python");
        return;
    };
    let script = [interop("round_trips.py"), env!("CARGO_BIN_EXE_lenet-train").into()];
    let ended: Ended =
        Command::new(python).args(script).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap().into();
    match ended.code {
        Some(0) => print!("{}", ended.stdout),
        Some(77) => eprintln!("skipped: {}", ended.stderr),
        _ => panic!("{}{}", ended.stdout, ended.stderr),
    }
}
