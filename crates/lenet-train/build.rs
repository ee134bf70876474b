//! Passes the commit of the source to the program, for the manifest of a run. Reads nothing outside the
//! package unless the package lies in a git checkout of its own repository, and never fails: without a
//! commit, the manifest has none.

use std::path::Path;
use std::process::Command;

/// The package's folder in its repository, as git writes it.
const FOLDER: &str = "crates/lenet-train/";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = commit_of_package().or_else(commit_of_checkout).unwrap_or_default();
    println!("cargo::rustc-env=LENET_GIT_COMMIT={commit}");
}

/// In a published package, the commit that cargo recorded when it packed the package.
fn commit_of_package() -> Option<String> {
    let file = Path::new(".cargo_vcs_info.json");
    let text = std::fs::read_to_string(file).ok()?;
    println!("cargo::rerun-if-changed={}", file.display());
    let commit = text.split("\"sha1\"").nth(1)?.split('"').nth(1)?;
    is_commit(commit).then(|| commit.to_owned())
}

/// In a git checkout, its HEAD. A package in the repository of somebody else, such as a vendored one, has
/// none.
fn commit_of_checkout() -> Option<String> {
    if git(&["rev-parse", "--show-prefix"])? != FOLDER || git(&["ls-files", "Cargo.toml"])? != "Cargo.toml" {
        return None;
    }
    // Git appends a line to this file with each commit and checkout. A file that does not exist would run
    // this script before every build.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"]).filter(|commit| is_commit(commit))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
