//! The workspace: its folders, its programs and its commit.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

/// Paths of the programs that cargo built, by name.
pub struct Programs(HashMap<String, PathBuf>);

impl Programs {
    /// Builds the programs of the whole workspace. A subset of the packages would have other features, for
    /// which cargo compiles Burn again.
    pub fn build(profile: &str) -> anyhow::Result<Self> {
        cargo_build(&root(), &["--workspace", "--exclude", "xtask", "--bins", "--profile", profile])
    }

    /// Runs `cargo build` with `args` in the root.
    pub fn build_with(args: &[&str]) -> anyhow::Result<Self> {
        cargo_build(&root(), args)
    }

    /// Builds candle's program, a separate workspace, into a separate target folder.
    pub fn build_candle() -> anyhow::Result<Self> {
        let target = target_folder()?.join("peers/candle");
        let target = target.to_string_lossy();
        cargo_build(&root().join("benches/peers/candle"), &["--release", "--locked", "--target-dir", &target])
    }

    /// The path of the program `name`.
    pub fn path(&self, name: &str) -> anyhow::Result<&Path> {
        self.0.get(name).map(PathBuf::as_path).with_context(|| format!("cargo built no program `{name}`"))
    }
}

fn cargo_build(folder: &Path, args: &[&str]) -> anyhow::Result<Programs> {
    let mut command = cargo();
    command.current_dir(folder).arg("build").args(args).arg("--message-format=json-render-diagnostics");
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo build failed in {}: see above", folder.display());
    let messages = String::from_utf8_lossy(&output.stdout);
    let program = |line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, message["executable"].as_str()?.into()))
    };
    Ok(Programs(messages.lines().filter_map(program).collect()))
}

/// The folder that has the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    // `cargo run` sets the variable to the folder of this package, whose parent is the root.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "xtask".into(), PathBuf::from);
    package.join("..").canonicalize().unwrap_or_else(|_| ".".into())
}

/// Cargo's target folder.
pub fn target_folder() -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.current_dir(root()).args(["metadata", "--no-deps", "--format-version=1"]);
    let metadata: Value = serde_json::from_slice(&command.output()?.stdout)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata named no target folder")?.into())
}

/// Creates a folder, with its parents, if it does not exist.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Removes a folder with all that it has, if it exists.
pub fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The commit, with `-dirty` if a file differs from it.
pub fn commit() -> String {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]);
    first_line(&mut git).unwrap_or_else(|| "unknown".into())
}

/// The first line that a command prints; `None` if the command fails.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned())
}

/// `cargo` or `rustc`: for another architecture that of LENET_TOOLCHAIN, if it is set, else the one in use.
pub fn tool(name: &str, cross: bool) -> PathBuf {
    match std::env::var_os("LENET_TOOLCHAIN") {
        Some(folder) if cross => Path::new(&folder).join("bin").join(name),
        _ => std::env::var_os(name.to_uppercase()).map_or_else(|| name.into(), PathBuf::from),
    }
}

/// The cargo in use.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_profile_is_the_documented_one() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let profile = manifest.split("[profile.release]\n").nth(1).unwrap();
        let profile: Vec<&str> = profile.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(profile, ["lto = \"fat\"", "codegen-units = 1"], "docs/install.md and ARCHITECTURE.md");
        assert!(!manifest.contains("[profile.release.package"), "every crate has level 3");
    }
}
