//! `ports`: runs the kernels' tests on emulated processors.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::workspace::{root, target_folder, tool};

/// Runs the kernels' tests on emulated processors, and prints what is missing for those that cannot be
/// emulated here.
///
/// Needs QEMU's user-mode emulators (`qemu-x86_64`, `qemu-aarch64`); for another architecture also its linker
/// and the standard library (`rustup target add aarch64-unknown-linux-gnu`). Without a network for rustup,
/// set LENET_TOOLCHAIN to a folder with bin/cargo and bin/rustc of a toolchain that has the library.
///
/// Exit codes: 0, every port that can run here passed; 1, tests failed, or with --all a port could not run.
#[derive(clap::Args)]
pub struct Args {
    /// Only this port (several: repeat it)
    #[arg(long = "port", value_name = "NAME")]
    ports: Vec<String>,
    /// Fail if a port cannot run on this machine
    #[arg(long)]
    all: bool,
}

/// An emulated processor.
struct Port {
    name: &'static str,
    /// The kernels that the processor selects.
    kernels: &'static str,
    emulator: &'static [&'static str],
    /// `None` if the architecture is this machine's, with another processor model.
    cross: Option<Cross>,
}

/// Requirements of another architecture.
struct Cross {
    triple: &'static str,
    linker: &'static str,
}

const PORTS: [Port; 3] = [
    Port {
        name: "x86-64-sse2",
        kernels: "portable",
        emulator: &["qemu-x86_64", "-cpu", "Nehalem"],
        cross: None,
    },
    Port {
        name: "x86-64-avx2",
        kernels: "AVX2",
        emulator: &["qemu-x86_64", "-cpu", "Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid"],
        cross: None,
    },
    Port {
        name: "aarch64",
        kernels: "NEON",
        emulator: &["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
        cross: Some(Cross { triple: "aarch64-unknown-linux-gnu", linker: "aarch64-linux-gnu-gcc" }),
    },
];

/// The packages whose tests run on each port: those with processor-specific instructions, or that depend on
/// the memory model.
const PACKAGES: [&str; 2] = ["lenet-threads", "lenet-backend"];

/// Runs the ports and prints a line for each.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    for name in &args.ports {
        ensure!(
            PORTS.iter().any(|port| port.name == name),
            "there is no port `{name}`, only {}",
            PORTS.map(|port| port.name).join(", ")
        );
    }
    let mut failed = false;
    for port in
        PORTS.iter().filter(|port| args.ports.is_empty() || args.ports.iter().any(|name| name == port.name))
    {
        let line = match missing(port) {
            Some(remedy) => {
                failed |= args.all;
                format!("not run: {remedy}")
            }
            None => {
                let start = Instant::now();
                let passed = test(port)?;
                failed |= !passed;
                let outcome = if passed { "passed" } else { "FAILED" };
                format!("{outcome} in {} s", start.elapsed().as_secs())
            }
        };
        println!("{:<12} {:<9} {line}", port.name, port.kernels);
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// What to install before `port` can run.
fn missing(port: &Port) -> Option<String> {
    let starts = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return Some("emulation starts from x86-64 Linux".into());
    }
    if !starts(port.emulator[0]) {
        return Some(format!("apt install qemu-user (there is no {})", port.emulator[0]));
    }
    let cross = port.cross.as_ref()?;
    if !starts(cross.linker) {
        return Some(format!("apt install gcc-aarch64-linux-gnu (there is no {})", cross.linker));
    }
    let library = Command::new(tool("rustc", true))
        .args(["--print", "target-libdir", "--target", cross.triple])
        .output();
    let library = library.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    (!library.is_some_and(|path| Path::new(&path).is_dir()))
        .then(|| format!("rustup target add {}, or set LENET_TOOLCHAIN", cross.triple))
}

/// Builds and runs the tests of [`PACKAGES`]. Says whether all passed.
fn test(port: &Port) -> anyhow::Result<bool> {
    let mut passed = true;
    for program in test_programs(port)? {
        let mut command = Command::new(port.emulator[0]);
        command.args(&port.emulator[1..]).arg(&program).arg("--quiet").current_dir(root());
        passed &= command.status().with_context(|| format!("cannot start {}", port.emulator[0]))?.success();
    }
    Ok(passed)
}

/// Builds the test programs and returns their paths. For this machine's architecture they are those of `cargo
/// test --workspace`, so that nothing is compiled again.
fn test_programs(port: &Port) -> anyhow::Result<Vec<PathBuf>> {
    let mut cargo = Command::new(tool("cargo", port.cross.is_some()));
    cargo.current_dir(root()).args(["test", "--no-run", "--message-format=json-render-diagnostics"]);
    match &port.cross {
        None => {
            cargo.arg("--workspace");
        }
        Some(Cross { triple, linker }) => {
            let variable = triple.to_uppercase().replace('-', "_");
            cargo
                .args(PACKAGES.map(|package| format!("--package={package}")))
                .args(["--lib", "--tests", "--target", triple]);
            cargo.arg("--target-dir").arg(target_folder()?.join("ports"));
            cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), linker).env("RUSTC", tool("rustc", true));
        }
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo test --no-run failed for {}: see above", port.name);
    let messages = String::from_utf8_lossy(&output.stdout);
    let program = |line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = message["manifest_path"].as_str()?;
        let ours = PACKAGES
            .iter()
            .any(|package| Path::new(path).parent().is_some_and(|folder| folder.ends_with(package)));
        if ours && message["profile"]["test"] == true {
            Some(message["executable"].as_str()?.into())
        } else {
            None
        }
    };
    let programs: Vec<PathBuf> = messages.lines().filter_map(program).collect();
    ensure!(!programs.is_empty(), "cargo built no test program for {}", port.name);
    Ok(programs)
}
