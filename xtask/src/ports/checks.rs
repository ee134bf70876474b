//! What a port shows: its tests and the conformance ladder pass, it trains to the same weights, and the ladder catches planted bugs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::build::Built;
use super::targets::Port;
use crate::workspace::{Programs, remove_folder, root, target_folder};

/// Settings of the training whose weights must have the same bits everywhere; a test of lenet-train has their SHA-256.
const SETTINGS: &str = "crates/lenet-train/tests/reproducible.toml";
/// Number of steps of the training on a port.
const STEP: &str = "20";

/// Tests that start their own program once more, which an emulator cannot do.
const STARTS_A_PROGRAM: [&str; 2] =
    ["where_no_thread_can_be_started", "an_optimizer_of_burn_whose_default_device"];

/// A program of the port, started in the root of the workspace.
fn emulated(port: &Port, program: &Path) -> Command {
    let mut command = Command::new(port.emulator[0]);
    command.args(&port.emulator[1..]).arg(program).current_dir(root()).stdin(Stdio::null());
    command.env("WINEDEBUG", "-all"); // Wine's own remarks.
    command
}

/// Runs the tests, and returns the number of programs that passed, in words.
pub fn tests(port: &Port, built: &Built) -> anyhow::Result<Result<String, String>> {
    let mut failed = Vec::new();
    for (package, program) in &built.tests {
        let mut command = emulated(port, program);
        command.arg("--quiet").args(STARTS_A_PROGRAM.iter().flat_map(|name| ["--skip", name]));
        if program.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("resume-")) {
            command.arg("files::"); // The other tests of checkpoints train for minutes under emulation.
        }
        command.current_dir(root().join("crates").join(package));
        let passed =
            command.status().with_context(|| format!("cannot start {}", port.emulator[0]))?.success();
        if !passed {
            failed.push(program.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    let count = built.tests.len();
    Ok(if failed.is_empty() {
        Ok(format!("{count} programs"))
    } else {
        Err(format!("FAILED: {}", failed.join(", ")))
    })
}

/// A run with `--reproducible` on this machine, and its weights after [`STEP`].
pub struct Reference {
    folder: PathBuf,
    weights: Vec<u8>,
}

impl Reference {
    /// Trains on this machine.
    pub fn train() -> anyhow::Result<Self> {
        let programs = Programs::build_with(&["--workspace", "--exclude", "xtask", "--bin", "lenet-train"])?;
        let (program, folder) = (programs.path("lenet-train")?, target_folder()?.join("ports/reproducible"));
        remove_folder(&folder)?;
        let mut train = Command::new(program);
        train
            .args(["--config", SETTINGS, "--quiet", "--out"])
            .arg(&folder)
            .current_dir(root())
            .stdout(Stdio::null());
        ensure!(train.status()?.success(), "the training on this machine failed: see above");
        let weights = weights_after_step(Command::new(program).current_dir(root()), &folder, "this machine")?;
        Ok(Self { folder, weights })
    }
}

/// The weights of the run in `folder` after [`STEP`], trained once more by `program`. The test set, which takes longer than
/// such a training under emulation, is left out.
fn weights_after_step(program: &mut Command, folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let out = folder.with_file_name(format!("after-step-{name}"));
    remove_folder(&out)?;
    program.arg("at").arg(folder).args([STEP, "--out"]).arg(&out).stdout(Stdio::null());
    ensure!(program.status()?.success(), "the training on {name} failed: see above");
    let file = out.join("model.safetensors");
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Trains as this machine did, and compares the weights: every number, and the metadata.
pub fn weights(port: &Port, built: &Built, reference: &Reference) -> anyhow::Result<Result<String, String>> {
    let weights = weights_after_step(&mut emulated(port, &built.lenet_train), &reference.folder, port.name)?;
    Ok(if weights == reference.weights { Ok("same bits".into()) } else { Err("OTHER BITS".into()) })
}

/// Runs the short conformance ladder, and returns the number of its checks that passed, in words.
pub fn ladder(port: &Port, built: &Built) -> anyhow::Result<Option<Result<String, String>>> {
    let Some(events) = conformance(port, built, &["run", "--subject=flex", "--quick"])? else {
        return Ok(None);
    };
    let end = events.last().context("the ladder printed nothing")?;
    Ok(Some(match (end["pass"].as_u64(), end["fail"].as_u64()) {
        (Some(pass), Some(0)) if pass > 0 => Ok(format!("{pass} checks")),
        _ => Err(format!("FAILED: {end}")),
    }))
}

/// Plants bugs in the vectors that the port selects, and returns the number of those that the ladder caught, in words.
pub fn mutants(port: &Port, built: &Built) -> anyhow::Result<Option<Result<String, String>>> {
    let Some(events) = conformance(port, built, &["mutate", "--subject=flex", "--name=simd-*"])? else {
        return Ok(None);
    };
    let statuses: Vec<_> = events.iter().filter_map(|event| event["status"].as_str()).collect();
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    // A bug in an operation that no network uses cannot be caught.
    let (caught, expected) = (count("killed"), statuses.len() - count("unused"));
    Ok(Some(match caught == expected && caught > 0 {
        true => Ok(format!("{caught} caught")),
        false => Err(format!("FAILED: {caught} of {expected} caught")),
    }))
}

/// What the port's lenet-conformance prints; `None` if the ladder is not run there.
fn conformance(port: &Port, built: &Built, args: &[&str]) -> anyhow::Result<Option<Vec<Value>>> {
    let (true, Some(program)) = (port.ladder, &built.conformance) else { return Ok(None) };
    let output = emulated(port, program).args(args).stderr(Stdio::inherit()).output()?;
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(Some(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()))
}
