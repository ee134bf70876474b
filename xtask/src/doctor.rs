//! `doctor`: lists which commands this machine can run and what to install for the others.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::machine::Machine;
use crate::peers::environment::installed_tcmalloc;
use crate::workspace::{first_line, root, target_folder};

/// Lists which commands this machine can run and what to install for the others. Builds and changes nothing.
///
/// Exit codes: 0, the workspace can be built and tested; 1, a requirement is missing.
#[derive(clap::Args)]
pub struct Args {}

/// A tool or resource, found or missing.
struct Finding {
    what: &'static str,
    /// The commands or features that use it.
    serves: &'static str,
    found: Result<String, &'static str>,
    needed: bool,
}

/// Inspects the machine and prints the findings.
pub fn run(_: &Args) -> ExitCode {
    let findings = findings();
    println!("{}\n", Machine::here());
    print!("{}", render(&findings));
    ExitCode::from(u8::from(findings.iter().any(|finding| finding.needed && finding.found.is_err())))
}

fn findings() -> Vec<Finding> {
    let needed = |what, serves, found, remedy| finding(what, serves, found, remedy, true);
    let useful = |what, serves, found, remedy| finding(what, serves, found, remedy, false);
    vec![
        needed("Rust", "everything", rust(), "install 1.92 or newer from https://rustup.rs"),
        needed("C compiler", "downloads (TLS)", version(&["cc", "clang", "gcc", "cl"]), C_COMPILER),
        needed("disk", "10 GB for the build of all backends", disk(), "free 10 GB where target/ is"),
        useful("vectors", "the fast kernels", vectors(), "none needed: the portable kernels run anywhere"),
        useful("GPU driver", "the backend wgpu", gpu_driver(), GPU_DRIVER),
        useful("git", "the commit in manifests and reports", version(&["git"]), "install git"),
        useful("Python", "bench-peers, the round trips of weights", version(&["python3"]), PYTHON),
        useful("Python packages", "the round trips of weights", packages(), PACKAGES),
        useful(
            "C++ compiler",
            "PyTorch's compiled step in bench-peers",
            version(&["c++", "g++"]),
            CPP_COMPILER,
        ),
        useful(
            "Chromium",
            "cargo xtask pages, web --check",
            version(&["chromium", "chromium-browser"]),
            CHROMIUM,
        ),
        useful("tcmalloc", "PyTorch and JAX at their best in bench-peers", tcmalloc(), TCMALLOC),
    ]
}

fn finding(
    what: &'static str,
    serves: &'static str,
    found: Option<String>,
    remedy: &'static str,
    needed: bool,
) -> Finding {
    Finding { what, serves, found: found.ok_or(remedy), needed }
}

fn render(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { what, serves, found, needed } in findings {
        let (mark, rest) = match found {
            Ok(found) => ("ok     ", found.clone()),
            Err(remedy) if *needed => ("MISSING", format!("needed for {serves}: {remedy}")),
            Err(remedy) => ("absent ", format!("only for {serves}: {remedy}")),
        };
        let _ = writeln!(text, "{mark}  {what:<15}  {rest}"); // Writing to a string cannot fail.
    }
    let has = |what| findings.iter().any(|finding| finding.what == what && finding.found.is_ok());
    text += "\nwhat can run here\n";
    for (can, command) in [
        (has("Rust") && has("C compiler"), "cargo test --workspace"),
        (has("Rust") && has("C compiler"), "cargo xtask test-backends --allow-missing wgpu"),
        (has("GPU driver"), "cargo xtask test-backends"),
        (has("Python"), "cargo xtask bench-peers"),
    ] {
        let _ = writeln!(text, "{}  {command}", if can { "yes" } else { "no " });
    }
    text
}

const C_COMPILER: &str = if cfg!(target_os = "macos") {
    "xcode-select --install"
} else if cfg!(windows) {
    "install the Visual Studio Build Tools"
} else {
    "apt install build-essential, dnf install gcc, or the like"
};
const CPP_COMPILER: &str =
    if cfg!(target_os = "linux") { "apt install g++, or the like" } else { C_COMPILER };
const GPU_DRIVER: &str =
    "apt install mesa-vulkan-drivers (it has a software driver, too), or the vendor's driver";
const PYTHON: &str = "install Python 3.10 or newer";
const PACKAGES: &str = "pip install numpy onnx onnxruntime safetensors torch, and set LENET_PYTHON";
const CHROMIUM: &str = "apt install chromium, or the like";
const TCMALLOC: &str = "apt install libtcmalloc-minimal4";

/// The version of rustc, if it is at least the one that Cargo.toml requires.
fn rust() -> Option<String> {
    let version = first_line(Command::new("rustc").arg("--version").current_dir(root()))?;
    let mut numbers = version.split(' ').nth(1)?.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    ((major, minor) >= (1, 92)).then_some(version)
}

/// The version line of the first of these programs that is installed.
fn version(programs: &[&str]) -> Option<String> {
    programs.iter().find_map(|program| first_line(Command::new(program).arg("--version")))
}

/// Free space on the disk of target/, if it is sufficient. Not measured on Windows.
fn disk() -> Option<String> {
    if cfg!(windows) {
        return Some("not measured".into());
    }
    let target = target_folder().ok()?;
    let folder = target.ancestors().find(|folder| folder.is_dir())?;
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let kib: u64 =
        String::from_utf8_lossy(&output.stdout).lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let built = target.join("debug").is_dir();
    (built || kib >= 10 << 20).then(|| format!("{} GiB free", kib >> 20))
}

fn vectors() -> Option<String> {
    #[cfg(target_arch = "x86_64")]
    {
        let avx512 = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        return avx512.then_some("AVX-512").or(avx2.then_some("AVX2 with FMA")).map(str::to_owned);
    }
    #[allow(unreachable_code, reason = "reached on other processors")]
    cfg!(target_arch = "aarch64").then(|| "NEON".into())
}

/// Name of the GPU API. macOS has Metal and Windows DirectX 12; on other systems each Vulkan driver installs
/// a file that names it.
fn gpu_driver() -> Option<String> {
    if cfg!(target_os = "macos") {
        return Some("Metal".into());
    }
    if cfg!(windows) {
        return Some("DirectX 12".into());
    }
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let files = folders.iter().filter_map(|folder| Path::new(folder).read_dir().ok()).flatten().flatten();
    let names = files.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    (!names.is_empty())
        .then(|| format!("Vulkan: {} (cargo xtask test-backends --rung probe opens it)", names.join(", ")))
}

/// Versions of the Python packages, if all are installed. `LENET_PYTHON` names the interpreter.
fn packages() -> Option<String> {
    let python = std::env::var_os("LENET_PYTHON").unwrap_or_else(|| "python3".into());
    let look = "from importlib.metadata import version as v\n\
        print(', '.join(f'{p} {v(p)}' for p in ('numpy', 'onnx', 'onnxruntime', 'safetensors', 'torch')))";
    first_line(Command::new(python).args(["-c", look]))
}

fn tcmalloc() -> Option<String> {
    installed_tcmalloc().map(|path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(what: &'static str, found: Option<&str>, needed: bool) -> Finding {
        finding(what, "something", found.map(str::to_owned), "install it", needed)
    }

    #[test]
    fn what_is_needed_and_what_is_optional_read_differently() {
        let text = render(&[
            found("Rust", Some("rustc 1.95"), true),
            found("C compiler", None, true),
            found("Python", None, false),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok       Rust             rustc 1.95");
        assert_eq!(lines[1], "MISSING  C compiler       needed for something: install it");
        assert_eq!(lines[2], "absent   Python           only for something: install it");
    }

    #[test]
    fn a_command_can_run_if_what_it_needs_is_there() {
        let all = ["Rust", "C compiler", "GPU driver"].map(|what| found(what, Some("there"), false));
        let text = render(&all);
        assert!(
            text.contains("yes  cargo test --workspace") && text.contains("yes  cargo xtask test-backends\n")
        );
        assert!(text.contains("no   cargo xtask bench-peers"));
    }

    #[test]
    fn the_machine_that_runs_this_test_has_rust() {
        assert!(rust().is_some_and(|version| version.starts_with("rustc 1.")));
    }
}
