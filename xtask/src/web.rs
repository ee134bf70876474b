//! `web`: makes the page of lenet-web, a folder that any file host can serve.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::workspace::{first_line, make_folder, root, target_folder, tool};

const TARGET: &str = "wasm32-unknown-unknown";
/// The name of the module's files, without their ends.
const NAME: &str = "lenet_web";
/// Files of the workspace that the page shows or uses as they are, and their names beside it: the colours and shapes of the
/// reports, and the code of the tour.
const SHARED: [(&str, &str); 2] =
    [("crates/lenet-report/src/style.css", "report.css"), ("examples/01_tutorial.rs", "tutorial.rs")];

/// Makes the page of lenet-web: compiles the libraries to WebAssembly, adds the page's own files, and prints the
/// sizes.
///
/// Needs the target (`rustup target add wasm32-unknown-unknown`) and the program `wasm-bindgen` in the version of
/// Cargo.lock. Without a network for rustup, set LENET_TOOLCHAIN to a folder with bin/cargo and bin/rustc of a
/// toolchain that has the target.
///
/// Exit codes: 0, the page is made, and with --check its results have the bits of the portable kernels; 1, not.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the page, which is made if it does not exist
    #[arg(long, value_name = "DIR", default_value = "target/web")]
    out: PathBuf,
    /// Also run the module in Node, and compare the hashes of its results with those of the portable kernels. Not
    /// done where there is no Node
    #[arg(long)]
    check: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let wasm_bindgen = wasm_bindgen()?;
    let module = compile()?;
    let out = root().join(&args.out);
    make_folder(&out)?;
    let mut bind = Command::new(&wasm_bindgen);
    bind.args([
        "--target",
        "web",
        "--no-typescript",
        "--remove-name-section",
        "--out-name",
        NAME,
        "--out-dir",
    ])
    .arg(&out)
    .arg(&module);
    ensure!(bind.status()?.success(), "{} failed: see above", wasm_bindgen.to_string_lossy());
    let page = root().join("crates/lenet-web/page");
    if page.is_dir() {
        copy(&page, &out)?;
    }
    for (from, to) in SHARED {
        fs::copy(root().join(from), out.join(to)).with_context(|| format!("cannot copy {from}"))?;
    }
    print_sizes(&out)?;
    if args.check && !check(&out)? {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Compiles the module and returns its path.
fn compile() -> anyhow::Result<PathBuf> {
    let library =
        first_line(Command::new(tool("rustc", true)).args(["--print", "target-libdir", "--target", TARGET]));
    ensure!(
        library.is_some_and(|path| Path::new(&path).is_dir()),
        "the toolchain cannot compile for {TARGET}: rustup target add {TARGET}, or set LENET_TOOLCHAIN"
    );
    let target_folder = target_folder()?.join("web-module");
    let mut cargo = Command::new(tool("cargo", true));
    cargo.current_dir(root()).args(["rustc", "--package=lenet-web", "--lib", "--crate-type=cdylib"]);
    cargo.args(["--profile=web", "--target", TARGET, "--target-dir"]).arg(&target_folder);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    cargo.env("RUSTFLAGS", format!("{flags} -C target-feature=+simd128")).env("RUSTC", tool("rustc", true));
    let linker = tool("wasm-ld", true);
    if linker.is_file() {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    ensure!(cargo.status().context("cannot start cargo")?.success(), "cargo failed: see above");
    Ok(target_folder.join(TARGET).join("web").join(format!("{NAME}.wasm")))
}

/// The program `wasm-bindgen` (or WASM_BINDGEN) in the version that Cargo.lock has of the crate: another one
/// does not understand the module.
fn wasm_bindgen() -> anyhow::Result<OsString> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let expected = locked(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    let program = std::env::var_os("WASM_BINDGEN").unwrap_or_else(|| "wasm-bindgen".into());
    let found = first_line(Command::new(&program).arg("--version").stderr(Stdio::null()));
    let install = format!("cargo install wasm-bindgen-cli --version ={expected}");
    match found.as_deref().and_then(|line| line.split_whitespace().nth(1)) {
        Some(version) if version == expected => Ok(program),
        Some(version) => {
            bail!("wasm-bindgen is version {version}, expected {expected} as in Cargo.lock: {install}")
        }
        None => bail!("there is no program wasm-bindgen: {install}, or set WASM_BINDGEN to its path"),
    }
}

/// The version of the package `name` in a Cargo.lock.
fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
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

/// Prints the size of every file, plain and as gzip sends it.
fn print_sizes(folder: &Path) -> anyhow::Result<()> {
    let (mut files, mut sums) = (Vec::new(), [0, 0]);
    find(folder, &mut files)?;
    for path in &files {
        let bytes = fs::read(path)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let sizes = [bytes.len(), gzip.finish()?.len()];
        sums = [sums[0] + sizes[0], sums[1] + sizes[1]];
        let name = path.strip_prefix(folder)?.display().to_string();
        println!("{name:<24} {:>9} {:>9}", sizes[0], sizes[1]);
    }
    println!("{:<24} {:>9} {:>9}  bytes, and compressed with gzip -9", "sum", sums[0], sums[1]);
    println!("page in {}", folder.display());
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() { find(&entry.path(), files)? } else { files.push(entry.path()) }
    }
    Ok(())
}

/// Prints the hashes of the module's results; names as in `lenet_web::engine::fingerprint`.
const IN_NODE: &str = "
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
const folder = process.env.LENET_PAGE;
const page = await import(pathToFileURL(folder + '/lenet_web.js'));
await page.default({ module_or_path: fs.readFileSync(folder + '/lenet_web_bg.wasm') });
console.log(page.fingerprint().join('\\n'));
";

/// Whether the module computes the bits that a test of lenet-web holds the portable kernels to.
fn check(out: &Path) -> anyhow::Result<bool> {
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", IN_NODE]).env("LENET_PAGE", out).stderr(Stdio::inherit());
    let Ok(output) = node.output() else {
        println!("not checked: there is no program node");
        return Ok(true);
    };
    ensure!(output.status.success(), "the module failed in Node: see above");
    let found = String::from_utf8_lossy(&output.stdout);
    let path = root().join("crates/lenet-web/tests/fingerprint.txt");
    let expected = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let differ: Vec<&str> =
        expected.lines().filter(|line| !found.lines().any(|found| found == *line)).collect();
    for line in &differ {
        println!("other bits than in Node: {line}");
    }
    if differ.is_empty() {
        println!(
            "{} results have the same bits in Node and with the portable kernels",
            expected.lines().count()
        );
    }
    Ok(differ.is_empty() && !expected.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_package_with_this_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \
                    \"wasm-bindgen\"\nversion = \"0.2.7\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.7"));
        assert_eq!(locked(lock, "wasm"), None);
    }
}
