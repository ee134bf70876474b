//! Every stored input, and thousands of inputs made of each by cutting and changing it, runs through its
//! reader.
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not cover their helper functions")]

use std::fs;
use std::path::Path;

use lenet_fuzz::{TARGETS, Target};

/// Inputs made of each stored one. `cargo xtask fuzz` runs many more, guided by coverage.
const CHANGED: u64 = 60;

#[test]
fn no_stored_or_changed_input_is_more_than_refused() {
    for (name, target) in TARGETS {
        let stored = stored(name);
        assert!(!stored.is_empty(), "corpus/{name} is empty");
        for bytes in &stored {
            target(bytes);
            for seed in 0..CHANGED {
                run_changed(target, bytes, seed);
            }
        }
    }
}

/// Cuts `bytes`, or changes a few of them, as `seed` says.
fn run_changed(target: Target, bytes: &[u8], seed: u64) {
    let mut state = seed;
    let mut random = |below: usize| {
        // Knuth's MMIX generator: the inputs are the same in every run.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below.max(1)
    };
    let mut bytes = bytes.to_vec();
    if random(3) == 0 {
        bytes.truncate(random(bytes.len()));
    }
    for _ in 0..random(8) {
        // Headers are at the beginning: they are hit more often than what follows.
        let reach = if random(2) == 0 { 64 } else { bytes.len() };
        let place = random(reach.min(bytes.len()));
        if let Some(byte) = bytes.get_mut(place) {
            *byte = [0, 255, byte.wrapping_add(1), *byte ^ 128, random(256) as u8][random(5)];
        }
    }
    target(&bytes);
}

fn stored(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}
