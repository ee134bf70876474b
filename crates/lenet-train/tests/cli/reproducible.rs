//! `--reproducible`: the same bits on every processor. `cargo xtask ports` makes the same training on emulated ones.

use crate::scratch::{Ended, Scratch};

/// SHA-256 of the weights after a training with `tests/reproducible.toml`.
const WEIGHTS: &str = include_str!("../reproducible.sha256").trim_ascii_end();

#[track_caller]
fn train(scratch: &Scratch, run: &str, more: &[&str]) -> Ended {
    let settings = concat!("--config=", env!("CARGO_MANIFEST_DIR"), "/tests/reproducible.toml");
    let ended = scratch.run(&[&[settings, "--quiet", "--out", run], more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

fn hash(ended: &Ended) -> Option<&str> {
    ended.stdout.lines().find_map(|line| line.strip_prefix("SHA-256 of model.safetensors: "))
}

#[test]
fn the_weights_have_one_hash_on_every_processor_and_with_any_number_of_threads() {
    let scratch = Scratch::empty();
    for (run, threads) in [("one", "--threads=1"), ("two", "--threads=2")] {
        assert_eq!(hash(&train(&scratch, run, &[threads])), Some(WEIGHTS), "{threads}");
    }
}

#[test]
fn a_resumed_run_stays_reproducible() {
    let scratch = Scratch::empty();
    train(&scratch, "run", &["--checkpoint-every=7", "--keep=100"]);
    let ended = scratch.run(&["at", "run", "20", "--out=then"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = scratch.run(&["--resume=then"]);
    assert_eq!(hash(&ended), Some(WEIGHTS), "{}", ended.stderr);
    let kernels = scratch.manifest("then")["device"]["kernels"].as_str().unwrap_or_default().to_owned();
    assert!(kernels.starts_with("portable"), "{kernels}");
}

#[test]
fn a_gpu_is_refused() {
    let ended = Scratch::empty().run(&["--reproducible", "--device=wgpu"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("needs a CPU device"), "{}", ended.stderr);
}
