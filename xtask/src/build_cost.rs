//! `build-cost`: what a first build of the main command costs, held to the budget in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::workspace::{cargo, make_folder, remove_folder, root, target_folder};

/// Names the log of compilations; where it is set, this program stands in for rustc ([`compile`]).
pub const LOG: &str = "LENET_BUILD_COST_LOG";
/// Rows of the table in ARCHITECTURE.md.
const CRATES: &str = "crates";
const SECONDS: &str = "seconds of processor time";
/// Ticks of /proc in a second: the same on all architectures of Linux.
const TICKS: f64 = 100.0;

/// Builds lenet-train from nothing in a folder of its own, lists the crates that take most processor time, and compares
/// their number and the sum of their times with the budget in ARCHITECTURE.md.
///
/// Processor time is measured on Linux alone, and depends on the processor: the budget is for two virtual cores of an Intel Xeon.
/// Crates that are not downloaded yet are downloaded before the clock starts.
///
/// Exit codes: 0, within the budget; 1, beyond it.
#[derive(clap::Args)]
pub struct Args {
    /// Count the crates and build nothing
    #[arg(long)]
    count: bool,
    /// Number of crates to list
    #[arg(long, default_value_t = 20)]
    top: usize,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let file = root().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let budget =
        |row| budget(&text, row).with_context(|| format!("{} has no budget of {row}", file.display()));
    let crates = crates()?;
    let mut within = is_within("crates", crates.len() as f64, budget(CRATES)?);
    if !args.count {
        let seconds = build(args.top)?;
        within &= is_within("s of processor time", seconds, budget(SECONDS)?);
    }
    Ok(ExitCode::from(u8::from(!within)))
}

/// The number in the row `name` of the budget's table.
fn budget(text: &str, name: &str) -> Option<f64> {
    let row = text.lines().find_map(|line| line.strip_prefix(&format!("| {name} | ")))?;
    row.trim_end_matches([' ', '|']).replace(',', "").parse().ok()
}

fn is_within(what: &str, found: f64, budget: f64) -> bool {
    let within = found <= budget;
    println!("{found:.0} {what}, {}: the budget is {budget:.0}", if within { "within" } else { "BEYOND" });
    within
}

/// Name and version of every crate that lenet-train is built from on this machine.
fn crates() -> anyhow::Result<BTreeSet<String>> {
    let mut cargo = cargo();
    cargo.args(["tree", "--package=lenet-train", "--edges=normal,build", "--prefix=none", "--no-dedupe"]);
    let output =
        cargo.args(["--format={p}", "--locked"]).current_dir(root()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "cargo tree failed: see above");
    let text = String::from_utf8_lossy(&output.stdout);
    let name = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Ok(text.lines().map(name).filter(|name| !name.is_empty()).collect())
}

/// Builds from nothing, prints the heaviest crates and returns the sum of their processor times.
fn build(top: usize) -> anyhow::Result<f64> {
    let folder = target_folder()?.join("build-cost");
    remove_folder(&folder)?;
    make_folder(&folder)?;
    let log = folder.join("compilations");
    let fetched = cargo().current_dir(root()).args(["fetch", "--locked"]).status()?;
    ensure!(fetched.success(), "cargo fetch failed: see above");
    let start = Instant::now();
    let mut build = cargo();
    build
        .current_dir(root())
        .args(["build", "--package=lenet-train", "--locked", "--target-dir"])
        .arg(&folder);
    build.env("RUSTC_WRAPPER", std::env::current_exe()?).env(LOG, &log);
    ensure!(build.status()?.success(), "cargo build failed: see above");
    let wall = start.elapsed().as_secs_f64();
    let costs = costs(&fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?);
    let sum: f64 = costs.values().sum();
    let mut heaviest: Vec<(&String, &f64)> = costs.iter().collect();
    heaviest.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    println!("\nprocessor time of the compiler, by crate");
    for (name, seconds) in heaviest.into_iter().take(top) {
        println!("{seconds:>7.1} s {:>5.1} %  {name}", 100.0 * seconds / sum);
    }
    println!(
        "{sum:>7.1} s          all, in {wall:.0} s on {} cores\n",
        std::thread::available_parallelism()?
    );
    remove_folder(&folder)?;
    Ok(sum)
}

/// Seconds by crate: a crate and its build script are compiled apart.
fn costs(log: &str) -> BTreeMap<String, f64> {
    let mut costs = BTreeMap::new();
    for (name, seconds) in log.lines().filter_map(|line| line.rsplit_once(' ')) {
        *costs.entry(name.to_owned()).or_insert(0.0) += seconds.parse::<f64>().unwrap_or(0.0);
    }
    costs
}

/// In place of rustc: runs the command in this program's arguments, and adds a line to the log with the crate's name and
/// the processor time.
pub fn compile(log: &OsStr) -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next().context("cargo named no rustc")?;
    let arguments: Vec<OsString> = arguments.collect();
    let status = Command::new(&rustc).args(&arguments).env_remove(LOG).status()?;
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    if arguments.iter().any(|argument| argument == "--crate-name") && !package.is_empty() {
        let mut log = OpenOptions::new().append(true).create(true).open(Path::new(log))?;
        log.write_all(format!("{package} {:.2}\n", processor_time_of_children()).as_bytes())?;
    }
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// User and system time of the children that this process has waited for, in seconds: fields 16 and 17 of proc(5)'s
/// `stat`. 0 where there is no such file.
fn processor_time_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, the program's name in parentheses, may contain spaces.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_in_the_architecture() {
        let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
        for row in [CRATES, SECONDS] {
            assert!(budget(&text, row).is_some_and(|number| number > 100.0), "{row}");
        }
        assert_eq!(budget("| crates | 1,300 |", CRATES), Some(1300.0));
    }

    #[test]
    fn a_crate_has_the_time_of_all_its_compilations() {
        let costs = costs("serde 1.50\nlibc 0.25\nserde 2.00\n");
        assert_eq!(
            costs.into_iter().collect::<Vec<_>>(),
            [("libc".to_owned(), 0.25), ("serde".to_owned(), 3.5)]
        );
    }

    #[test]
    fn the_number_of_crates_is_within_the_budget() {
        let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
        let crates = crates().unwrap().len() as f64;
        assert!(crates <= budget(&text, CRATES).unwrap(), "{crates} crates");
    }
}
