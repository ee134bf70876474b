//! `bench-peers`: measures the same network on the same digits, batch sizes and threads in several
//! frameworks, in turn.

pub(crate) mod catalogue;
mod chart;
pub(crate) mod environment;
#[cfg(test)]
mod example;
mod markdown;
mod page;
mod report;
mod scaling;
mod whole_program;
mod work;
mod worker;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::machine::{Machine, cores};
use crate::workspace::{self, Programs};
use catalogue::{PEERS, Peer};
use environment::Environment;
use lenet_report::numbers::grouped;
use report::{Absent, Measurement, Participant, Report, Settings};
use work::Work;
use worker::Worker;

/// Compares training and inference with other frameworks, all in turn on this machine.
///
/// Makes a Python environment under target/ on first use (PyTorch, JAX and ONNX Runtime: on Linux 6 GB, most
/// of it CUDA libraries that PyTorch's package requires), builds candle's program, and measures each kind of
/// work at each batch size with every program in turn, in several rounds. Writes peers.md, peers.html, peers.json and
/// peers.svg, which name each absent program with the reason.
///
/// PyTorch and JAX are faster with tcmalloc; on Debian it is the package libtcmalloc-minimal4.
#[derive(clap::Args)]
pub struct Args {
    /// Number of rounds; each figure is the median over the rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Duration of each measurement, in seconds
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Batch sizes
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256,1024")]
    batches: Vec<u32>,
    /// Kinds of work to measure
    #[arg(long, value_enum, value_delimiter = ',', default_value = "train,infer,epoch")]
    work: Vec<Work>,
    /// Measure only these: lenet, torch, jax, onnxruntime, candle, or a single setting such as torch-eager
    /// [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LIST", value_parser = known_peer)]
    peers: Vec<String>,
    /// CPU threads of each program [default: as many as cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Measure this workspace alone: with 1, 2, 4, … threads, and with the kernels of each instruction set. Prints
    /// tables and writes nothing
    #[arg(long, conflicts_with_all = ["work", "batches", "peers"])]
    scaling: bool,
    /// Test the comparison itself: 2 rounds of 0.2 s at batch 1 and 64; the figures are not meaningful
    #[arg(long)]
    quick: bool,
    /// Python interpreter with the packages installed, instead of an environment under target/
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Shared library of tcmalloc [default: searched in the system's library folders]
    #[arg(long, value_name = "PATH")]
    tcmalloc: Option<PathBuf>,
    /// Cargo profile of this workspace's programs; `dev` is the documented one, and optimised
    #[arg(long, default_value = "dev")]
    profile: String,
    /// Folder for the results [default: benches/results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the comparison and writes the results.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = settings(args);
    let machine = Machine::here(); // Measures the load, so it comes before the builds.
    let folder = workspace::target_folder()?.join("peers");
    let programs = Programs::build(&args.profile)?;
    let digits = lay_out_digits(&programs, &folder.join("digits"))?;
    let threads = args.threads.unwrap_or_else(cores);
    if args.scaling {
        let (rounds, seconds) = (settings.rounds, settings.seconds);
        println!("{machine}");
        return scaling::run(programs.path("peer-lenet")?, &folder, threads, rounds, seconds);
    }
    let chosen: Vec<&Peer> = PEERS.iter().filter(|peer| peer.is_among(&args.peers, threads)).collect();
    let (python, tcmalloc) = (args.python.as_deref(), args.tcmalloc.as_deref());
    let environment = Environment::prepare(python, tcmalloc, &folder, programs, &chosen, threads)?;

    let mut report = Report {
        taken: jiff::Zoned::now().strftime("%Y-%m-%d").to_string(),
        commit: workspace::commit(),
        machine,
        digits,
        settings,
        participants: Vec::new(),
        absent: environment.absent.clone(),
        measurements: Vec::new(),
        programs: Vec::new(),
    };
    let mut workers = start(&chosen, &environment, &mut report)?;
    measure(&mut workers, &mut report);
    drop(workers);
    if args.work.contains(&Work::Epoch) {
        whole_program::measure(&environment, &mut report)?;
    }
    let out = args.out.clone().unwrap_or_else(|| workspace::root().join("benches/results"));
    write(&report, &out)?;
    println!("{}", markdown::render(&report));
    println!("written to {}", out.display());
    Ok(())
}

fn settings(args: &Args) -> Settings {
    let (rounds, seconds, batches) =
        if args.quick { (2, 0.2, vec![1, 64]) } else { (args.rounds, args.seconds, args.batches.clone()) };
    let work = args.work.iter().copied().filter(|&work| work != Work::Epoch).collect();
    Settings { rounds, seconds, batches, work, profile: args.profile.clone() }
}

/// Writes the digits to the folder that every program reads, and returns the name of the data set.
pub(crate) fn lay_out_digits(programs: &Programs, folder: &Path) -> anyhow::Result<String> {
    let output = Command::new(programs.path("peer-digits")?).arg(folder).output()?;
    ensure!(output.status.success(), "no digits: {}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    Ok(answer["digits"].as_str().context("peer-digits printed no name of the digits")?.to_owned())
}

/// Starts the chosen programs. A program that does not start is reported as absent.
fn start(chosen: &[&Peer], environment: &Environment, report: &mut Report) -> anyhow::Result<Vec<Worker>> {
    let mut workers = Vec::new();
    for peer in chosen.iter().filter(|peer| report.settings.work.iter().any(|&work| peer.does(work))) {
        eprintln!("starting {}", peer.name);
        let started = environment.command(peer).and_then(|command| {
            let log = environment.folder.join(format!("{}.log", peer.id));
            Worker::start(peer.id, command, &log)
        });
        match started {
            Ok((worker, version)) => {
                report.participants.push(Participant { id: peer.id, name: peer.name, version });
                workers.push(worker);
            }
            Err(error) => report.absent.push(Absent::new(peer.name, format!("{error:#}"))),
        }
    }
    Ok(workers)
}

fn measure(workers: &mut [Worker], report: &mut Report) {
    let Settings { rounds, seconds, ref batches, ref work, .. } = report.settings;
    for round in 1..=rounds {
        for &work in work {
            for &batch in batches {
                for worker in workers.iter_mut().filter(|worker| catalogue::peer(worker.id).does(work)) {
                    let answer = worker.ask(work.word(), batch, seconds);
                    let shown = answer.as_ref().map_or_else(Clone::clone, |a| grouped(a.images_per_second));
                    eprintln!("round {round}/{rounds}  {} {batch}  {}  {shown}", work.word(), worker.id);
                    Measurement::record(&mut report.measurements, work, batch, worker.id, answer);
                }
            }
        }
    }
}

fn known_peer(name: &str) -> Result<String, String> {
    if PEERS.iter().any(|peer| peer.is_named(name)) {
        return Ok(name.to_owned());
    }
    let all: Vec<&str> = PEERS.iter().map(|peer| peer.id).collect();
    Err(format!("there are {}", all.join(", ")))
}

/// Writes peers.json, peers.md, peers.html and peers.svg.
fn write(report: &Report, folder: &Path) -> anyhow::Result<()> {
    workspace::make_folder(folder)?;
    let json = serde_json::to_string_pretty(report)? + "\n";
    for (name, text) in [
        ("peers.json", json),
        ("peers.md", markdown::render(report)),
        ("peers.html", page::render(report)),
        ("peers.svg", chart::render(report)),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
