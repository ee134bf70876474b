//! `pretrain`: makes the trained weights in lenet-model's package, with their provenance.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::machine::Machine;
use crate::workspace::{Programs, make_folder, remove_folder, root, target_folder};

/// Folder of the weights and of their provenance.
const PACKAGE: &str = "crates/lenet-model/pretrained";
const WEIGHTS: &str = "lenet.safetensors";
const PROVENANCE: &str = "provenance.json";
/// Settings that belong to this machine, or that change no number of the result.
const NOT_RECORDED: [&str; 9] =
    ["data", "offline", "threads", "checkpoint-every", "keep", "log-every", "csv", "tensorboard", "quiet"];

/// Trains on MNIST with the given flags of `lenet-train train`, tests the network on MNIST's test images, and
/// replaces the weights in lenet-model's package and their provenance.
///
/// MNIST is in the folder that LENET_DATA_DIR names, otherwise in the cache of lenet-train. Commit everything
/// first: the provenance names the commit.
#[derive(clap::Args)]
pub struct Args {
    /// Flags of `lenet-train train`: the recipe and the settings
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

/// Trains, tests, and writes both files.
pub fn run(args: &Args) -> anyhow::Result<()> {
    for flag in &args.flags {
        let name = flag.split('=').next().unwrap_or_default();
        if ["--data", "--out", "--resume", "--config"].contains(&name) {
            bail!("{name}: the provenance could not be repeated elsewhere; give the settings as flags");
        }
    }
    let commit = crate::workspace::commit();
    let run = target_folder()?.join("pretrain");
    remove_folder(&run)?;
    let programs = Programs::build_with(&["-p", "lenet-train"])?;
    let program = programs.path("lenet-train")?;
    let mut train = Command::new(program);
    train.arg("train").args(&args.flags).args(["--data", "mnist", "--out"]).arg(&run);
    ensure!(train.status().context("cannot start lenet-train")?.success(), "the training failed: see above");
    let test = Command::new(program).args(["eval", "--data", "mnist", "--json"]).arg(&run).output()?;
    ensure!(test.status.success(), "eval failed: {}", String::from_utf8_lossy(&test.stderr));

    let weights = read(&run.join("model.safetensors"))?;
    let provenance =
        provenance(&args.flags, &commit, &run, &weights, &serde_json::from_slice(&test.stdout)?)?;
    let package = root().join(PACKAGE);
    make_folder(&package)?;
    fs::write(package.join(WEIGHTS), weights)?;
    fs::write(package.join(PROVENANCE), serde_json::to_string_pretty(&provenance)? + "\n")?;
    println!("in {PACKAGE}: {WEIGHTS}, {PROVENANCE}");
    Ok(())
}

/// The provenance of the weights of `run`; `test` is the output of `eval --json`.
fn provenance(
    flags: &[String],
    commit: &str,
    run: &Path,
    weights: &[u8],
    test: &Value,
) -> anyhow::Result<Value> {
    let manifest: Value = serde_json::from_slice(&read(&run.join("manifest.json"))?)?;
    let settings = String::from_utf8(read(&run.join("run.toml"))?)?;
    let is_recorded = |line: &&str| {
        let key = line.split(" = ").next().unwrap_or_default();
        !line.starts_with('#') && !NOT_RECORDED.contains(&key)
    };
    let data = &manifest["data"];
    let command = format!("cargo xtask pretrain -- {}", flags.join(" "));
    Ok(json!({
        "format": 1,
        "command": command.trim_end(),
        "settings": settings.lines().filter(is_recorded).collect::<Vec<_>>(),
        "seed": manifest["settings"]["seed"],
        "commit": commit,
        "versions": { "lenet-train": manifest["versions"]["lenet_train"], "burn": manifest["versions"]["burn"] },
        "machine": machine(),
        "data": { "name": "MNIST", "sha256": data["sha256"], "train": data["train"], "valid": data["valid"] },
        "weights": { "file": WEIGHTS, "sha256": sha256(weights), "bytes": weights.len() },
        "test": { "images": test["images"], "accuracy": test["accuracy"], "loss": test["loss"] },
        "calibration": test["calibration"],
    }))
}

/// The part of the machine that decides the bits of the result: another instruction set rounds otherwise.
fn machine() -> String {
    let Machine { system, vectors, .. } = Machine::here();
    vectors.map_or(system.clone(), |vectors| format!("{system} with {vectors}"))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
