//! `test-backends`: compares every backend with the f64 oracle of lenet-conformance, each in a separate
//! process.

mod child;
mod plan;
mod program;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use lenet_report::conformance::console::{self, Colours};
use lenet_report::conformance::{
    Mutant, Outcome, Report, Rung, Settings, Subject, Verdict, junit, markdown, mutants, page, render_changes,
};

use crate::machine::Machine;
use crate::workspace::{self, target_folder};
use child::Keeper;
use plan::{Build, Entry};
use program::Program;

/// Compares every number that a backend computes with an f64 oracle, within the error bound of its
/// arithmetic.
///
/// The ladder goes from single operations to whole trainings; the first rung that fails is the diagnosis.
/// Each subject (a backend, with Burn's own operations or the fused ones) runs in a separate process, so that
/// a crash or a hang is reported as a result. The table shows the largest error as a share of its bound.
///
/// Writes to target/conformance/: report.html for people, report.json and junit.xml for programs, logs/, and
/// for each failure a file in replay/ that repeats it.
///
/// Exit codes: 0, everything was compared and passed (warnings allowed); 1, a check failed, or a program
/// crashed or hung; 2, a requested comparison did not take place, or this command itself failed; 130,
/// interrupted.
#[derive(clap::Args)]
pub struct Args {
    /// Only this backend (flex, ndarray, wgpu), subject (flex-stock) or adapter (wgpu:0); may be repeated.
    /// `wgpu+fusion`, `wgpu+autotune` and `wgpu+fusion+autotune` are builds with these features of Burn
    #[arg(long, value_name = "NAME")]
    backend: Vec<String>,
    /// Also flex with the kernels of this instruction set, as a subject of its own, if the processor has it; may be
    /// repeated. Without --backend only these
    #[arg(long, value_name = "NAME", value_parser = plan::ISAS)]
    isa: Vec<String>,
    /// Only this rung of the ladder; may be repeated
    #[arg(long, value_name = "NAME")]
    rung: Vec<String>,
    /// Only cases that match: `*` is any text, `?` one character
    #[arg(long, value_name = "GLOB")]
    case: Option<String>,
    /// Seed of the random inputs
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Run the short ladder, which takes less than a minute after the build; --mutate always does
    #[arg(long)]
    quick: bool,
    /// Accept that a backend is not available on this machine; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_missing: Vec<String>,
    /// Seconds after which a subject's program is killed [default: 1200, with --quick 180]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Print the changes since this report.json
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// List subjects, rungs and cases, and run nothing
    #[arg(long, group = "other")]
    list: bool,
    /// Repeat the case of a replay file
    #[arg(long, value_name = "FILE", group = "other")]
    replay: Option<PathBuf>,
    /// Plant bugs and check that the expected rung catches each (on flex, or `--backend`); with --isa also bugs in
    /// the kernels of this instruction set
    #[arg(long, group = "other")]
    mutate: bool,
    /// Write the summary to docs/conformance.md, with the planted bugs
    #[arg(long, conflicts_with_all = ["other", "backend", "isa", "rung", "case"])]
    write_docs: bool,
}

/// Runs the command. An error of the command itself exits with 2, as a comparison that did not take place.
pub fn run(args: &Args) -> ExitCode {
    match verdict(args) {
        Ok(verdict) => exit_code(verdict),
        Err(error) => {
            eprintln!("Error: {error:?}");
            exit_code(Verdict::NotCompared)
        }
    }
}

fn verdict(args: &Args) -> anyhow::Result<Verdict> {
    let folder = target_folder()?.join("conformance");
    let keeper = Keeper::with_ctrl_c()?;
    if let Some(file) = &args.replay {
        return replay(args, file, &keeper, &folder);
    }
    let old = args.against.as_deref().map(read).transpose()?; // Read before this run replaces it.
    fs::create_dir_all(folder.join("logs"))?;
    let names = plan::names(&args.backend, &args.isa);
    let build = match (args.mutate, args.isa.is_empty()) {
        (true, false) => Build::Planted,
        (true, true) if args.backend.is_empty() => Build::Flex,
        _ => Build::for_names(&names),
    };
    plan::check(&names)?; // Before a build of many minutes.
    let program = Program::build(&build, &keeper, &folder, limit(args))?;
    if args.mutate {
        return mutate(&names, &program);
    }
    let listed = program.list(args.quick)?;
    if args.list {
        print!("{}", program::listing(&listed));
        return Ok(Verdict::Passed);
    }

    let rungs = listed.iter().filter(|item| item.kind == "rung");
    let rungs = rungs.map(|rung| Rung { name: rung.name.clone(), detail: rung.detail.clone() }).collect();
    let taken = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let machine = Machine::here().to_string();
    let mut report = Report::new(taken, workspace::commit(), machine, settings(args), rungs);
    let entries = plan::entries(&names, &listed)?;
    plan::check_rungs(&args.rung, &listed)?;
    clear(&folder)?; // Only now: `--list`, or a failed build, keeps the files of the last run.
    test(&entries, &build, &program, &mut report)?;
    if args.write_docs {
        report.mutants = planted(&program, &report)?;
    }
    publish(args, &report, old.as_ref(), &folder)
}

/// The bugs planted in flex, and, if wgpu was tested, those in the kernels for GPUs planted there.
fn planted(program: &Program, report: &Report) -> anyhow::Result<Vec<Mutant>> {
    let mut mutants = program.mutate("flex", "*")?.transcript.mutants;
    let is_wgpu = |subject: &Subject| subject.name == "wgpu" && subject.outcome == Outcome::Finished;
    if report.subjects.iter().any(is_wgpu) {
        let on_gpu = program.mutate("wgpu", "gpu-*")?.transcript.mutants;
        mutants.retain(|mutant| on_gpu.iter().all(|on_gpu| on_gpu.name != mutant.name));
        mutants.extend(on_gpu);
    }
    Ok(mutants)
}

fn settings(args: &Args) -> Settings {
    let mut settings = Settings::new(args.quick, args.seed);
    (settings.rungs, settings.case) = (args.rung.clone(), args.case.clone());
    settings
}

fn limit(args: &Args) -> Duration {
    Duration::from_secs(args.timeout.unwrap_or(if args.quick { 180 } else { 1200 }))
}

/// Empties the folders with the files of an earlier run; builds of variants are kept.
fn clear(folder: &Path) -> anyhow::Result<()> {
    for name in ["exchange", "replay", "logs"] {
        let path = folder.join(name);
        workspace::remove_folder(&path)?;
        workspace::make_folder(&path)?;
    }
    Ok(())
}

/// Runs the ladder on each subject, and then lets each subject read the files that the others wrote.
fn test(entries: &[Entry], build: &Build, program: &Program, report: &mut Report) -> anyhow::Result<()> {
    let mut programs = Vec::new();
    for entry in entries {
        programs.push(if entry.build == *build { program.clone() } else { program.rebuild(&entry.build)? });
    }
    let start = Instant::now();
    for (entry, program) in entries.iter().zip(&programs) {
        report.subjects.push(program.climb(entry, &report.settings));
    }
    let chosen = &report.settings.rungs;
    let exchanges = chosen.is_empty() || chosen.iter().any(|rung| rung == "exchange");
    if exchanges && entries.len() > 1 {
        for ((entry, program), subject) in entries.iter().zip(&programs).zip(&mut report.subjects) {
            if subject.outcome == Outcome::Finished && !subject.has_skipped("exchange") {
                program.read_others(entry, &report.settings, subject);
            }
        }
    }
    report.seconds = start.elapsed().as_secs_f64();
    Ok(())
}

/// Prints the table, writes the files and returns the verdict.
fn publish(args: &Args, report: &Report, old: Option<&Report>, folder: &Path) -> anyhow::Result<Verdict> {
    let changes = old.map(|old| render_changes(old, report));
    let verdict = report.verdict(&args.allow_missing);
    let json = serde_json::to_string_pretty(report)? + "\n";
    write(&folder.join("report.json"), &json)?;
    write(&folder.join("junit.xml"), &junit::render(report)?)?;
    write(&folder.join("report.html"), &page::render(report, verdict, changes.as_deref()))?;
    if args.write_docs {
        write(&workspace::root().join("docs/conformance.md"), &markdown::render(report))?;
    }
    println!("\n{}", console::render(report, colours()));
    if let Some(changes) = changes {
        println!("{changes}");
    }
    println!("{} after {:.1} s", in_words(verdict), report.seconds);
    println!("see {}; report.json and junit.xml are beside it", folder.join("report.html").display());
    Ok(verdict)
}

/// Reads a report.json.
fn read(path: &Path) -> anyhow::Result<Report> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Report::from_json(&text).with_context(|| format!("cannot use {}", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        workspace::make_folder(folder)?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Plants bugs in the last of these subjects, or in flex, and prints which rung caught each.
fn mutate(names: &[String], program: &Program) -> anyhow::Result<Verdict> {
    let subject = names.last().map_or("flex", String::as_str);
    let heard = program.mutate(subject, "*")?;
    print!("{}", mutants::render(&heard.transcript.mutants));
    println!("{subject}, after {:.1} s", heard.seconds);
    Ok(heard.verdict())
}

/// Repeats the case of a replay file and prints all its comparisons.
fn replay(args: &Args, file: &Path, keeper: &Keeper, folder: &Path) -> anyhow::Result<Verdict> {
    let file = file.canonicalize().with_context(|| format!("cannot read {}", file.display()))?;
    fs::create_dir_all(folder.join("logs"))?;
    let build = plan::build_of_replay(&file);
    let heard = Program::build(&build, keeper, folder, limit(args))?.replay(&file)?;
    for check in &heard.transcript.checks {
        print!("{}", console::replayed(check));
    }
    let verdict = heard.verdict();
    println!("{}", in_words(verdict));
    Ok(verdict)
}

/// Colours are on if standard output is a terminal and `NO_COLOR` is not set (no-color.org).
fn colours() -> Colours {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !forbidden { Colours::On } else { Colours::Off }
}

fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed: everything that can be compared is within its bounds",
        Verdict::Failed => "FAILED",
        Verdict::NotCompared => "NOT COMPARED: a requested comparison did not take place",
    }
}

fn exit_code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::from(1),
        Verdict::NotCompared => ExitCode::from(2),
    }
}
