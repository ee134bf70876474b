//! `flops`: measures the machine's peak rate of multiply-adds, and the share of it that this workspace
//! reaches.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::machine::{Machine, cores};
use crate::workspace::{Programs, first_line, root, target_folder};
use lenet_report::numbers::{grouped, median};

/// Multiply-adds of a forward pass per image: `cargo run -p lenet-train -- summary` lists them by layer.
const FORWARD: f64 = 416_520.0;
/// Multiply-adds of a training step per image: the forward pass, the gradients of the inputs and the
/// gradients of the weights. The gradient of the image, the input of conv1, is not needed: 28·28·6 outputs of
/// 25 products each.
const TRAINING: f64 = 3.0 * FORWARD - 28.0 * 28.0 * 6.0 * 25.0;

/// Measures the peak rate of f32 multiply-adds of this machine with a small kernel (one multiply-add counts
/// as one, not two), then training and inference, in turn, and prints the share of the peak that they reach.
///
/// The share counts the multiply-adds of a dense computation. An implementation that skips products with zero
/// makes fewer.
#[derive(clap::Args)]
pub struct Args {
    /// Number of rounds; each figure is the median over the rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Duration of each measurement, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Batch sizes
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256,1024")]
    batches: Vec<u32>,
    /// CPU threads [default: as many as cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Cargo profile that this workspace is built with
    #[arg(long, default_value = "dev")]
    profile: String,
}

/// Measures and prints a table.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let machine = Machine::here(); // Measures the load, so it comes before the builds.
    let threads = args.threads.unwrap_or_else(cores);
    let programs = Programs::build(&args.profile)?;
    let peer = programs.path("peer-lenet")?;
    let kernels = compile_kernels()?;
    let asked: Vec<(&str, f64, u32)> = [("train", TRAINING), ("infer", FORWARD)]
        .into_iter()
        .flat_map(|(work, cost)| args.batches.iter().map(move |&batch| (work, cost, batch)))
        .collect();

    let mut peaks = Vec::new();
    let mut rates = vec![Vec::new(); asked.len()];
    for _ in 0..args.rounds {
        peaks.push(peak(&kernels, threads, args.seconds)?);
        for (&(work, _, batch), rates) in asked.iter().zip(&mut rates) {
            rates.push(images_per_second(peer, threads, work, batch, args.seconds)?);
        }
    }
    let peak = median(&peaks).context("no rounds")?;
    println!("{machine}");
    println!("peak of {threads} threads: {:.1} G multiply-adds/s", peak / 1e9);
    for (&(work, cost, batch), rates) in asked.iter().zip(&rates) {
        println!("{}", line(work, batch, median(rates).unwrap_or_default(), cost, peak));
    }
    Ok(())
}

fn line(work: &str, batch: u32, images_per_second: f64, cost: f64, peak: f64) -> String {
    let rate = images_per_second * cost;
    let (images, giga, share) = (grouped(images_per_second), rate / 1e9, 100.0 * rate / peak);
    format!(
        "{work} {batch:>5}  {images:>9} images/s  {giga:>6.1} G multiply-adds/s  {share:>5.1} % of the peak"
    )
}

/// Compiles the kernel for this processor with rustc alone. On x86 the compiler prefers 256-bit vectors even
/// where 512-bit vectors are faster, so the kernel is compiled for both.
fn compile_kernels() -> anyhow::Result<Vec<PathBuf>> {
    let folder = target_folder()?.join("flops");
    std::fs::create_dir_all(&folder)?;
    let ways: &[&[&str]] = if cfg!(target_arch = "x86_64") {
        &[&[], &["-Ctarget-feature=-prefer-256-bit", "-Cno-vectorize-loops", "-Awarnings"]]
    } else {
        &[&[]]
    };
    let compile = |(index, flags): (usize, &&[&str])| {
        let program = folder.join(format!("fma-{index}{}", std::env::consts::EXE_SUFFIX));
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition=2024", "-Copt-level=3", "-Ctarget-cpu=native"]).args(*flags);
        let output = rustc.arg("-o").arg(&program).arg(root().join("xtask/kernels/fma.rs")).output()?;
        ensure!(output.status.success(), "rustc: {}", String::from_utf8_lossy(&output.stderr));
        Ok(program)
    };
    ways.iter().enumerate().map(compile).collect()
}

/// Multiply-adds per second of the fastest kernel.
fn peak(kernels: &[PathBuf], threads: usize, seconds: f64) -> anyhow::Result<f64> {
    let rate = |kernel: &PathBuf| {
        let answer = first_line(Command::new(kernel).args([threads.to_string(), seconds.to_string()]));
        answer.and_then(|rate| rate.parse().ok()).context("the kernel failed")
    };
    kernels.iter().map(rate).try_fold(0.0, |best: f64, rate| Ok(best.max(rate?)))
}

fn images_per_second(
    peer: &Path,
    threads: usize,
    work: &str,
    batch: u32,
    seconds: f64,
) -> anyhow::Result<f64> {
    let request = [work.to_owned(), batch.to_string(), seconds.to_string()];
    let output = Command::new(peer).args(["--threads", &threads.to_string()]).args(request).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let answer: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    answer["images_per_second"].as_f64().with_context(|| format!("peer-lenet: {answer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_share_of_the_peak() {
        let expected = "train    64     20,000 images/s    22.6 G multiply-adds/s   11.3 % of the peak";
        assert_eq!(line("train", 64, 20_000.0, TRAINING, 200e9), expected);
    }
}
