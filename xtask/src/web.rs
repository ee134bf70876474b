//! `web`: makes the page of lenet-web, a folder that any file host can serve.

mod bits;
mod interface;
mod module;
mod screen;
mod server;
mod sizes;
mod visit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::workspace::{Programs, make_folder, root};

/// Files of the workspace that the page shows or uses as they are, and their names beside it: the colours and shapes of the
/// reports, and the code of the tour.
const SHARED: [(&str, &str); 2] =
    [("crates/lenet-report/src/style.css", "report.css"), ("examples/01_tutorial.rs", "tutorial.rs")];

/// Makes the page of lenet-web: compiles the libraries to WebAssembly, adds the page's own files and compressed
/// copies, and prints the sizes.
///
/// Needs the target (`rustup target add wasm32-unknown-unknown`) and the program `wasm-bindgen` in the version of
/// Cargo.lock. Without a network for rustup, set LENET_TOOLCHAIN to a folder with bin/cargo and bin/rustc of a
/// toolchain that has the target.
///
/// Exit codes: 0, the page is made and, with --check, is right; 1, not.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the page, which is made if it does not exist
    #[arg(long, value_name = "DIR", default_value = "target/web")]
    out: PathBuf,
    /// Also compare the results of the module in Node and in Chromium with those of the portable kernels; visit the
    /// page in Chromium: draw, look at a number, train, export the weights and read them with lenet-train; and try the
    /// server's interface with schemathesis. What is not installed is said and not done
    #[arg(long)]
    check: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let out = root().join(&args.out);
    make_folder(&out)?;
    module::make(&out)?;
    let page = root().join("crates/lenet-web/page");
    copy(&page, &out)?;
    for (from, to) in SHARED {
        fs::copy(root().join(from), out.join(to)).with_context(|| format!("cannot copy {from}"))?;
    }
    sizes::compress(&out)?;
    println!("page in {}", out.display());
    if args.check {
        bits::in_node(&out)?;
        // With the features of the whole workspace: with others cargo compiles Burn again.
        let programs = Programs::build_with(&[
            "--workspace",
            "--exclude=xtask",
            "--bin=lenet-web",
            "--bin=lenet-train",
        ])?;
        visit::run(&programs, &out)?;
        interface::check(&programs, &out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies the files of a folder and of the folders in it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            make_folder(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
