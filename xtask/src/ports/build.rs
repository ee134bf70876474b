//! [`Built`]: the programs of a port.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::targets::{Cross, Port};
use crate::workspace::{root, target_folder, tool};

/// Integration tests by package: those that start no other program of the workspace, which an emulator cannot do.
const TESTS: [(&str, &[&str]); 6] = [
    ("lenet-threads", &["loops"]),
    ("lenet-backend", &["conv_net", "devices", "fused", "losses_and_updates"]),
    ("lenet-files", &["files"]),
    ("lenet-model", &["model"]),
    ("lenet-data", &["dataset", "loading", "mnist"]),
    ("lenet-train", &["resume"]),
];

/// Names of the integration tests of a package.
fn tests_of(package: &str) -> &'static [&'static str] {
    TESTS.iter().find(|(name, _)| *name == package).map_or(&[], |(_, tests)| tests)
}

/// The programs of a port.
pub struct Built {
    /// Test programs, each with its package.
    pub tests: Vec<(String, PathBuf)>,
    /// The program `lenet-train`.
    pub lenet_train: PathBuf,
    /// The program `lenet-conformance`.
    pub conformance: Option<PathBuf>,
}

/// Builds the programs of a port. For this machine's architecture they are those of `cargo test --workspace`, so that nothing is
/// compiled again.
pub fn build(port: &Port) -> anyhow::Result<Built> {
    let mut cargo = Command::new(tool("cargo", port.cross.is_some()));
    cargo.current_dir(root()).args(["test", "--no-run", "--message-format=json-render-diagnostics"]);
    match &port.cross {
        None => {
            cargo.arg("--workspace");
        }
        Some(cross) => for_target(&mut cargo, port, cross)?,
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo test --no-run failed for {}: see above", port.name);
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let tests: Vec<_> = messages.iter().filter_map(|message| test_program(message, port.tests)).collect();
    ensure!(!tests.is_empty(), "cargo built no test program for {}", port.name);
    let program = |name| messages.iter().find_map(|message| program(message, name));
    let lenet_train = program("lenet-train").context("cargo built no program `lenet-train`")?;
    Ok(Built { tests, lenet_train, conformance: program("lenet-conformance") })
}

/// Arguments and variables of a build for another target. lenet-conformance is there where the ladder runs. `cargo test`
/// builds the programs of a package for its integration tests, and only for them: with `--bin` it builds their unit tests.
fn for_target(cargo: &mut Command, port: &Port, Cross { triple, linker, .. }: &Cross) -> anyhow::Result<()> {
    let variable = triple.to_uppercase().replace('-', "_");
    cargo.args(["--profile=ports", "--target", triple, "--target-dir"]).arg(target_folder()?.join("ports"));
    cargo.args(port.tests.iter().map(|package| format!("--package={package}")));
    if !port.tests.contains(&"lenet-train") {
        cargo.args(["--package=lenet-train", "--test=resume"]);
    }
    if port.ladder {
        cargo.args([
            "--package=lenet-conformance",
            "--features=lenet-conformance/planted-bugs",
            "--test=program",
        ]);
    }
    let tests = port.tests.iter().flat_map(|package| tests_of(package));
    cargo.arg("--lib").args(tests.map(|name| format!("--test={name}")));
    cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), linker).env("RUSTC", tool("rustc", true));
    cargo.env(format!("CC_{}", triple.replace('-', "_")), linker);
    Ok(())
}

/// The package and the path of a test program of one of `packages`.
fn test_program(message: &Value, packages: &[&str]) -> Option<(String, PathBuf)> {
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let package = packages.iter().find(|package| folder.ends_with(package))?;
    let name = message["target"]["name"].as_str()?;
    let is_chosen = message["target"]["kind"][0] == "lib" || tests_of(package).contains(&name);
    let path = message["executable"].as_str()?.into();
    (is_chosen && message["profile"]["test"] == true).then(|| ((*package).to_owned(), path))
}

/// The path of the program `name`, if the message is about it.
fn program(message: &Value, name: &str) -> Option<PathBuf> {
    let is_program = message["target"]["name"] == name && message["profile"]["test"] == false;
    if is_program { Some(message["executable"].as_str()?.into()) } else { None }
}
