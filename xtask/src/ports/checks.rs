//! What a port shows: its tests pass, it trains to the same weights, and it catches planted bugs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::build::Built;
use super::targets::Port;
use crate::workspace::{root, target_folder};

/// Settings of the training, and the SHA-256 of its weights; a test of lenet-train has the same on this machine.
const SETTINGS: &str = "crates/lenet-train/tests/reproducible.toml";
const SHA256: &str = "crates/lenet-train/tests/reproducible.sha256";

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

/// Trains with `--reproducible` and compares the SHA-256 of the weights with the stored one.
pub fn weights(port: &Port, built: &Built) -> anyhow::Result<Result<String, String>> {
    let expected =
        std::fs::read_to_string(root().join(SHA256)).with_context(|| format!("cannot read {SHA256}"))?;
    let folder = target_folder()?.join("ports").join(format!("run-{}", port.name));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let mut command = emulated(port, &built.lenet_train);
    command.args(["--config", SETTINGS, "--quiet", "--threads=2", "--out"]).arg(&folder);
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the training of {} failed: see above", port.name);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let found =
        stdout.lines().find_map(|line| line.trim_end().strip_prefix("SHA-256 of model.safetensors: "));
    let found = found.context("the training printed no SHA-256")?;
    let short = found.get(..12).unwrap_or(found);
    Ok(if found == expected.trim_end() { Ok(short.to_owned()) } else { Err(format!("OTHER BITS: {found}")) })
}

/// Plants bugs in the kernels that the port selects.
pub fn mutants(port: &Port, built: &Built) -> anyhow::Result<Option<Result<String, String>>> {
    let (Some(pattern), Some(program)) = (port.mutants, &built.conformance) else { return Ok(None) };
    let mut command = emulated(port, program);
    let output =
        command.args(["mutate", "--subject=flex", "--name", pattern]).stderr(Stdio::inherit()).output()?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let planted = lines.lines().filter(|line| line.contains(r#""event":"mutant""#)).count();
    Ok(Some(match output.status.success() && planted > 0 {
        true => Ok(format!("{planted} caught")),
        false => Err(format!("FAILED: {}", lines.trim_end())),
    }))
}
