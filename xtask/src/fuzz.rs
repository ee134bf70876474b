//! `fuzz`: searches for inputs that break a reader of files from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use lenet_report::numbers::grouped;

use crate::workspace::{root, target_folder};

/// Runs the fuzz targets of `fuzz/` under libFuzzer, each for some seconds, and counts the inputs.
///
/// Needs a nightly toolchain and `cargo install cargo-fuzz --locked`. New inputs are kept under target/fuzz/;
/// an input that breaks a reader is printed with its path: copy it to fuzz/corpus/TARGET, where a test of
/// stable Rust repeats it.
///
/// Exit codes: 0, no target found anything; 1, at least one did.
#[derive(clap::Args)]
pub struct Args {
    /// Time for each target
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Only this target (several: repeat it)
    #[arg(long = "target", value_name = "NAME")]
    targets: Vec<String>,
    /// Memory limit of a target, in MiB: a reader that takes more is a finding
    #[arg(long, value_name = "MIB", default_value_t = 1536)]
    memory: u64,
    /// Time limit of one input, in seconds
    #[arg(long, value_name = "N", default_value_t = 20)]
    timeout: u64,
}

/// Runs the targets one after the other and prints a line for each.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let all = names()?;
    for name in &args.targets {
        ensure!(all.contains(name), "there is no target `{name}`, only {}", all.join(", "));
    }
    let chosen = all.iter().filter(|name| args.targets.is_empty() || args.targets.contains(name));
    let (mut inputs, mut found) = (0, Vec::new());
    for name in chosen {
        let outcome = fuzz(name, args)?;
        println!("{name:<12} {:>14} inputs  {}", grouped(outcome.inputs as f64), outcome.verdict());
        inputs += outcome.inputs;
        if !outcome.clean {
            found.push(name.as_str());
        }
    }
    println!("{:<12} {:>14} inputs", "all", grouped(inputs as f64));
    if !found.is_empty() {
        println!("findings in {}", found.join(", "));
    }
    Ok(ExitCode::from(u8::from(!found.is_empty())))
}

/// The targets: the folders of the corpus.
fn names() -> anyhow::Result<Vec<String>> {
    let folder = root().join("fuzz/corpus");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// What came of one target.
struct Outcome {
    inputs: u64,
    clean: bool,
    /// The last lines of libFuzzer, for a target that is not clean.
    report: String,
}

impl Outcome {
    fn verdict(&self) -> String {
        if self.clean { "nothing found".to_owned() } else { format!("FOUND\n{}", self.report) }
    }
}

fn fuzz(name: &str, args: &Args) -> anyhow::Result<Outcome> {
    let target = target_folder()?.join("fuzz");
    let (corpus, artifacts) = (target.join("corpus").join(name), target.join("artifacts").join(name));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let stored = root().join("fuzz/corpus").join(name);
    let mut command = Command::new("cargo");
    // The readers are safe Rust: an address sanitizer would find nothing and halve the speed.
    command.args(["+nightly", "fuzz", "run", "--dev", "--sanitizer", "none", "--features", "libfuzzer"]);
    command.arg("--target-dir").arg(target.join("build")).arg(name).arg(&corpus).arg(&stored);
    command.args(["--", "-print_final_stats=1"]);
    command.arg(format!("-max_total_time={}", args.seconds)).arg(format!("-rss_limit_mb={}", args.memory));
    command.arg(format!("-timeout={}", args.timeout)).arg(artifact_prefix(&artifacts));
    // It is started from rustup's proxy: the toolchain that runs this program would override `+nightly`.
    let output = command.current_dir(root()).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    let output = output.stdout(Stdio::null()).output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let inputs = statistic(&text, "stat::number_of_executed_units:");
    ensure!(
        inputs.is_some() || text.contains("Test unit written to"),
        "cargo fuzz did not run {name}: is it installed?\n{}",
        last_lines(&text)
    );
    let clean = output.status.success();
    Ok(Outcome { inputs: inputs.unwrap_or(0), clean, report: last_lines(&text) })
}

fn artifact_prefix(folder: &Path) -> String {
    format!("-artifact_prefix={}/", folder.display())
}

/// The number behind `name` in libFuzzer's final statistics.
fn statistic(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().parse().ok())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_inputs_is_read_from_the_statistics() {
        let text =
            "Done 1000 runs\nstat::number_of_executed_units: 12345\nstat::average_exec_per_sec:     7\n";
        assert_eq!(statistic(text, "stat::number_of_executed_units:"), Some(12_345));
    }

    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        for name in names().unwrap() {
            assert!(root().join("fuzz/fuzz_targets").join(format!("{name}.rs")).exists(), "{name}");
        }
    }
}
