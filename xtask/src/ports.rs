//! `ports`: what the workspace does on other processors and systems, emulated on this machine.

mod build;
mod checks;
mod missing;
mod targets;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::ensure;

use checks::Reference;
use targets::{PORTS, Port};

/// Runs tests on emulated processors and systems, trains there with `--reproducible`, and compares the SHA-256 of the
/// weights. Prints what is missing for those that cannot be emulated here.
///
/// Needs QEMU's user-mode emulators or Wine; for another architecture also its linker and the standard library (`rustup
/// target add aarch64-unknown-linux-gnu`). Without a network for rustup, set LENET_TOOLCHAIN to a folder with bin/cargo
/// and bin/rustc of a toolchain that has the library (scripts, if they are, of bash: dash drops variables with a hyphen in their
/// names, such as CARGO_BIN_EXE_lenet-train). WebAssembly has `cargo xtask web --check`.
///
/// Exit codes: 0, every port that can run here passed; 1, something failed, or with --all a port could not run.
#[derive(clap::Args)]
pub struct Args {
    /// Only this port (several: repeat it)
    #[arg(long = "port", value_name = "NAME")]
    ports: Vec<String>,
    /// Fail if a port cannot run on this machine
    #[arg(long)]
    all: bool,
    /// List the ports, and what is missing on this machine for each
    #[arg(long)]
    list: bool,
}

/// A line of the table.
struct Row {
    cells: Vec<String>,
    passed: bool,
}

/// Runs the ports and prints a line for each.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    for name in &args.ports {
        ensure!(
            PORTS.iter().any(|port| port.name == name),
            "there is no port `{name}`, only {}",
            PORTS.map(|port| port.name).join(", ")
        );
    }
    let is_chosen = |port: &&Port| args.ports.is_empty() || args.ports.iter().any(|name| name == port.name);
    let mut rows = Vec::new();
    let mut reference = None;
    for port in PORTS.iter().filter(is_chosen) {
        let remedy = missing::missing(port);
        let row = match (remedy, args.list) {
            (Some(remedy), _) => Row { cells: vec![format!("not run: {remedy}")], passed: !args.all },
            (None, true) => Row { cells: vec!["can run".into()], passed: true },
            (None, false) => {
                let here = reference.take().map_or_else(Reference::train, Ok)?;
                test(port, reference.insert(here))?
            }
        };
        println!("{}", line(port, &row));
        rows.push((port, row));
    }
    if rows.len() > 1 && !args.list {
        println!(
            "\n{:<12} {:<22} {:<12} {:<13} {:<11} {:<10} time",
            "port", "has", "tests", "weights", "ladder", "bugs"
        );
        rows.iter().for_each(|(port, row)| println!("{}", line(port, row)));
    }
    Ok(ExitCode::from(u8::from(rows.iter().any(|(_, row)| !row.passed))))
}

/// Builds the programs of a port and runs its checks.
fn test(port: &Port, reference: &Reference) -> anyhow::Result<Row> {
    let built = build::build(port)?;
    let start = Instant::now(); // A build takes as long as it takes.
    let results = [
        Some(checks::tests(port, &built)?),
        Some(checks::weights(port, &built, reference)?),
        checks::ladder(port, &built)?,
        checks::mutants(port, &built)?,
    ];
    let passed = results.iter().flatten().all(Result::is_ok);
    let cell = |result: Option<Result<String, String>>| match result {
        Some(Ok(text) | Err(text)) => text,
        None => "–".into(),
    };
    let mut cells: Vec<String> = results.into_iter().map(cell).collect();
    cells.push(format!("{} s", start.elapsed().as_secs()));
    Ok(Row { cells, passed })
}

fn line(port: &Port, row: &Row) -> String {
    let widths = [12, 13, 11, 10, 0];
    let cells: Vec<String> =
        row.cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    format!("{:<12} {:<22} {}", port.name, port.shows, cells.join(" ")).trim_end().to_owned()
}
