//! The server's interface, held to its OpenAPI document by schemathesis, a program that makes requests from such a document.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::server::Server;
use crate::workspace::{Programs, remove_folder, root, target_folder};

/// Makes the images that a schema cannot describe.
const HOOKS: &str = "crates/lenet-web/tests/interface.py";
/// Requests of each kind.
const EXAMPLES: &str = "50";

/// Tries a server that follows a short training. Without schemathesis says so.
///
/// # Errors
/// An answer that is not in the document, or a valid request that is refused.
pub fn check(programs: &Programs, folder: &Path) -> anyhow::Result<()> {
    let version = Command::new("schemathesis").arg("--version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        println!("interface not tested: schemathesis is not installed: pip install schemathesis pillow");
        return Ok(());
    }
    let run = train(programs)?;
    let server = Server::start(programs, folder, &[OsStr::new("--run"), run.as_os_str()])?;
    // The page with the run has a question mark behind it.
    let root_address = server.address.trim_end_matches("?run");
    let mut schemathesis = Command::new("schemathesis");
    schemathesis.arg("run").arg(format!("{root_address}v1/openapi.json"));
    schemathesis
        .args(["--max-examples", EXAMPLES, "--no-color"])
        .env("SCHEMATHESIS_HOOKS", root().join(HOOKS));
    // Its own files go there.
    schemathesis.current_dir(target_folder()?);
    let status = schemathesis.status().context("cannot start schemathesis")?;
    ensure!(status.success(), "the server does not keep to its OpenAPI document: see above");
    Ok(())
}

/// The folder of a training of a few steps, which the routes of a run answer from.
fn train(programs: &Programs) -> anyhow::Result<std::path::PathBuf> {
    let run = target_folder()?.join("web-visit").join("run");
    remove_folder(&run)?;
    let mut train = Command::new(programs.path("lenet-train")?);
    train.args(["--data", "synthetic", "--max-steps", "20", "--quiet", "--out"]).arg(&run);
    ensure!(train.status().context("cannot start lenet-train")?.success(), "lenet-train failed");
    Ok(run)
}
