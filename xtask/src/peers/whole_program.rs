//! Time and memory of whole programs, from start to end.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::environment::Environment;
use super::report::{Absent, Report, WholeProgram};
use crate::workspace::remove_folder;

/// Output of `benches/peers/clock.py`.
#[derive(Deserialize)]
struct Took {
    seconds: f64,
    peak_mib: f64,
}

/// Measures `lenet-train` and `benches/peers/train.py` in turn, in the same number of rounds as the other
/// measurements.
pub fn measure(environment: &Environment, report: &mut Report) -> anyhow::Result<()> {
    let ours = "lenet-train";
    let theirs = if environment.tcmalloc().is_some() {
        "train.py with PyTorch and tcmalloc"
    } else {
        "train.py with PyTorch"
    };
    let mut programs = [ours, theirs].map(|name| WholeProgram {
        name: name.into(),
        seconds: Vec::new(),
        peak_mib: Vec::new(),
    });
    for round in 1..=report.settings.rounds {
        for program in &mut programs {
            let took = if program.name == ours { lenet_train(environment) } else { train_py(environment) };
            match took {
                Ok(Took { seconds, peak_mib }) => {
                    eprintln!("round {round}/{}  {}  {seconds:.1} s", report.settings.rounds, program.name);
                    program.seconds.push(seconds);
                    program.peak_mib.push(peak_mib);
                }
                Err(error) if round == 1 => {
                    report.absent.push(Absent::new(&program.name, format!("{error:#}")))
                }
                Err(_) => {}
            }
        }
    }
    report.programs = programs.into_iter().filter(|program| !program.seconds.is_empty()).collect();
    Ok(())
}

fn lenet_train(environment: &Environment) -> anyhow::Result<Took> {
    let out = environment.folder.join("run");
    remove_folder(&out)?;
    let mut clock = environment.plain_python("clock.py")?;
    clock.arg(environment.program("lenet-train")?);
    clock.args([
        "--recipe",
        "none",
        "--epochs",
        "1",
        "--quiet",
        "--threads",
        &environment.threads.to_string(),
        "--data",
    ]);
    took(clock.arg(environment.folder.join("digits")).arg("--out").arg(out))
}

fn train_py(environment: &Environment) -> anyhow::Result<Took> {
    let script = environment.python("train.py")?;
    let mut clock = environment.plain_python("clock.py")?;
    if let Some(tcmalloc) = environment.tcmalloc() {
        clock.env("LD_PRELOAD", tcmalloc);
    }
    clock.arg(script.get_program()).args(script.get_args());
    took(clock.arg(environment.folder.join("digits")).args(["--threads", &environment.threads.to_string()]))
}

fn took(clock: &mut Command) -> anyhow::Result<Took> {
    let output = clock.stderr(Stdio::piped()).output().context("cannot start Python")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the program failed: {}", errors.lines().last().unwrap_or_default());
    Ok(serde_json::from_slice(&output.stdout)?)
}
