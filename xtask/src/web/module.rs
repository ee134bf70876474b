//! The module: lenet-web compiled to WebAssembly, and its bindings.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::workspace::{first_line, root, target_folder, tool};

const TARGET: &str = "wasm32-unknown-unknown";
/// The name of the module's files, without their ends.
const NAME: &str = "lenet_web";

/// Compiles the module and writes it with its JavaScript to the folder `out`.
pub fn make(out: &Path) -> anyhow::Result<()> {
    let wasm_bindgen = wasm_bindgen()?;
    let module = compile()?;
    let mut bind = Command::new(&wasm_bindgen);
    bind.args(["--target", "web", "--no-typescript", "--remove-name-section", "--out-name", NAME]);
    bind.arg("--out-dir").arg(out).arg(&module);
    ensure!(bind.status()?.success(), "{} failed: see above", wasm_bindgen.to_string_lossy());
    Ok(())
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
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}")).env("RUSTC", tool("rustc", true));
    let linker = tool("wasm-ld", true);
    if linker.is_file() {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    ensure!(cargo.status().context("cannot start cargo")?.success(), "cargo failed: see above");
    Ok(target_folder.join(TARGET).join("web").join(format!("{NAME}.wasm")))
}

/// The compiler's flags: those of RUSTFLAGS, vectors, no operations beside the kernels, and in the messages of panics
/// file names that are short and the same on every machine.
fn flags() -> Vec<String> {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
    flags.extend(["-Ctarget-feature=+simd128", "--cfg=lenet_kernels_only"].map(str::to_owned));
    let registry = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let registry = registry.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folders = registry.map(|cargo| cargo.join("registry/src")).into_iter().chain([root()]);
    flags.extend(folders.map(|folder| format!("--remap-path-prefix={}=", folder.display())));
    flags
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
