//! Tells the program which commit and which Burn it is built from, for the manifest of a run.

use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new("../..");
    let git = Command::new("git").args(["rev-parse", "HEAD"]).output();
    let commit = git.ok().filter(|output| output.status.success());
    let commit = commit.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    println!("cargo::rustc-env=LENET_GIT_COMMIT={}", commit.trim());
    // Git appends a line here with each commit and checkout. Naming a file that is not there would run this
    // script before every build.
    let log = root.join(".git/logs/HEAD");
    if log.exists() {
        println!("cargo::rerun-if-changed={}", log.display());
    }

    let lock = root.join("Cargo.lock");
    let text = std::fs::read_to_string(&lock).unwrap_or_default();
    let version = text.split("name = \"burn\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    println!("cargo::rustc-env=LENET_BURN_VERSION={}", version.unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
    if lock.exists() {
        println!("cargo::rerun-if-changed={}", lock.display());
    }
}
