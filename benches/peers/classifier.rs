//! `Classifier` as a program of the comparison: from normalised images in memory to predictions. It answers
//! the same requests as `peer-lenet`, for a comparison with `peer_onnxruntime.py`:
//! `peer-classifier --threads 1 infer 1 2`. `cargo xtask bench-peers` does not run it.

use anyhow::{bail, ensure};
use clap::Parser;
use lenet_backend::DeviceSpec;
use lenet_bench::digits::Digits;
use lenet_bench::protocol::{Request, Work, serve};
use lenet_bench::stopwatch::Stopwatch;
use lenet_data::mnist::Split;
use lenet_data::{DigitSet, Samples};
use lenet_model::{Classifier, LeNet};
use serde_json::{Value, json};

/// Measures the classifier.
#[derive(Parser)]
struct Args {
    /// Compute device
    #[arg(long, default_value = "flex")]
    device: DeviceSpec,
    /// CPU threads [default: all]
    #[arg(long)]
    threads: Option<usize>,
    /// `infer BATCH SECONDS` [default: lines of standard input]
    request: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(threads) = args.threads {
        lenet_threads::set_threads(threads)?;
    }
    let digits = Digits::find()?;
    let classifier = Classifier::new(LeNet::new(42, &lenet_backend::open(&args.device)?));
    let set = digits.load(Split::Test)?;
    let version = format!("lenet-model {}, Classifier on {}", env!("CARGO_PKG_VERSION"), args.device);
    let about = json!({ "version": version, "data": digits.description() });
    let measure =
        |request| measure(&classifier, &set, request).map_err(|error: anyhow::Error| format!("{error:#}"));
    if args.request.is_empty() {
        serve(&about, std::io::stdin().lock(), std::io::stdout(), measure)?;
    } else {
        serve(&about, args.request.join(" ").as_bytes(), std::io::stdout(), measure)?;
    }
    Ok(())
}

fn measure(classifier: &Classifier, digits: &DigitSet, request: Request) -> anyhow::Result<Value> {
    if request.work != Work::Infer {
        bail!("for inference only");
    }
    ensure!(request.batch <= digits.len(), "a batch of {}, but only {} digits", request.batch, digits.len());
    let order: Vec<usize> = (0..digits.len().min(4096).max(request.batch)).collect();
    let batches: Vec<Vec<f32>> = order
        .chunks_exact(request.batch)
        .map(|indices| Ok(digits.gather(indices)?.images))
        .collect::<anyhow::Result<_>>()?;
    let mut watch = Stopwatch::start(request.seconds);
    for images in batches.iter().cycle() {
        classifier.classify(images)?;
        if !watch.lap() {
            break;
        }
    }
    Ok(watch.answer(request.batch))
}
