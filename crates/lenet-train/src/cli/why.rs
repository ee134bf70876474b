//! `why`: what one step of a run learnt from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use burn::module::Module;
use clap::Args;
use lenet_data::{HostBatch, SIDE, permutation};
use lenet_model::{LeNet, Prediction};
use lenet_report::run::Record;

use super::data::DataArgs;
use super::image_list::{self, Listed};
use super::objective::Objective;
use super::parse;
use super::print::{print_line, print_text};
use super::replay::Replay;
use super::report::folder;
use super::sheet::to_grey;
use super::watch::Watch;

#[derive(Args)]
pub(super) struct WhyArgs {
    /// Folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Number of the step, from 1 [default: of the recorded steps, the one whose loss rose most]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    step: Option<u64>,
    /// The picture of the images to write (PNG) [default: step-N.png in the folder of the run]
    #[arg(long, value_name = "FILE", value_parser = parse::png())]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

/// An image of the batch.
struct Image {
    /// Position in the training set.
    index: usize,
    label: u8,
    prediction: Prediction,
    loss: f32,
    pixels: Vec<u8>,
}

pub(super) fn run(args: WhyArgs) -> anyhow::Result<ExitCode> {
    let (step, chosen) = match args.step {
        Some(step) => (step, None),
        None => largest_jump(&args.run).map(|(step, [before, after])| {
            (
                step,
                Some(format!(
                    "the loss rose most here: from {before:.4}, at the recorded step before, to {after:.4}"
                )),
            )
        })?,
    };
    let replay = Replay::of(&args.run, args.data)?;
    replay.has_step(step)?;
    let scratch = Scratch::new()?;
    let (_, kept) = replay.until(step, &scratch.0, Some(Watch::step(step)))?;
    let watch = kept.watch.context("the step was not watched")?;
    let images = images(&replay, step, &watch)?;
    let out = args.out.unwrap_or_else(|| args.run.join(format!("step-{step}.png")));
    print_step(&replay, step, &watch)?;
    chosen.iter().try_for_each(print_line)?;
    print_text(format_args!("\n{}\n", gradients(&watch)))?;
    let listed = images.iter().map(|image| Listed {
        index: image.index,
        label: image.label,
        prediction: &image.prediction,
        loss: f64::from(image.loss),
        pixels: &image.pixels,
    });
    let (listed, names) = (listed.collect::<Vec<_>>(), replay.prepared.train.class_names());
    image_list::show(&listed, names, &replay.prepared.digits, &out)?;
    Ok(ExitCode::SUCCESS)
}

/// The recorded step whose loss is most above that of the recorded step before it, with both losses.
fn largest_jump(run: &Path) -> anyhow::Result<(u64, [f32; 2])> {
    let records = folder::read(run)?.records;
    let losses: Vec<(u64, f32)> = records.iter().filter_map(Record::batch_loss).collect();
    let pairs = losses.windows(2).map(|pair| (pair[1].0, [pair[0].1, pair[1].1]));
    let jump = |(_, [before, after]): &(u64, [f32; 2])| after - before;
    let finite = pairs.filter(|pair| jump(pair).is_finite());
    finite.max_by(|one, other| jump(one).total_cmp(&jump(other))).with_context(|| {
        format!("{} has fewer than two recorded steps: name a step with --step", run.display())
    })
}

/// The images of the batch, the one with the largest loss first.
fn images(replay: &Replay, step: u64, watch: &Watch) -> anyhow::Result<Vec<Image>> {
    let (args, train) = (&replay.prepared.args, &replay.prepared.train);
    let (batch, net) = (watch.batch.as_ref(), watch.before.as_ref());
    let (Some(batch), Some(net)) = (batch, net) else {
        anyhow::bail!("step {step} did not compute gradients: a hook skipped it");
    };
    let net = net.valid();
    let loss = Objective::new(args, replay.prepared.teacher.as_ref())?;
    // A training on one batch has the first one at every step.
    let [epoch, place] = match args.steps.overfit_one_batch {
        true => [0, 0],
        false => [watch.epoch, (step - 1) % replay.plan.batches.max(1)],
    };
    let order = permutation(args.seed, epoch, train.len());
    let indices = order.iter().skip(place as usize * args.length.batch_size);
    let range = batch.images.iter().fold([f32::MAX, f32::MIN], |[low, high], v| [low.min(*v), high.max(*v)]);
    let pixels = batch.images.chunks_exact(SIDE * SIDE);
    let mut images = Vec::new();
    for ((pixels, label), index) in pixels.zip(&batch.labels).zip(indices) {
        let one = HostBatch::new(pixels.to_vec(), vec![*label]).to_device(&replay.prepared.device);
        let logits = net.forward(one.images.clone());
        let prediction = Prediction::at_temperature(&logits.clone().try_into_vec_as::<f32>()?, 1.0);
        let prediction =
            prediction.with_context(|| format!("the outputs of the network at step {step} are NaN"))?;
        let loss = loss.forward(&one.images, logits, one.labels).try_into_scalar::<f32>()?;
        let (label, pixels) = (u8::try_from(*label)?, to_grey(pixels, range));
        let index = replay.prepared.index_among_all(*index);
        images.push(Image { index, label, prediction, loss, pixels });
    }
    images.sort_by(|one, other| other.loss.total_cmp(&one.loss));
    Ok(images)
}

fn print_step(replay: &Replay, step: u64, watch: &Watch) -> anyhow::Result<()> {
    let (steps, epoch) = (replay.plan.steps, watch.epoch.saturating_add(1));
    let images = watch.batch.as_ref().map_or(0, HostBatch::len);
    let rate = watch.learning_rate;
    print_line(format_args!(
        "step {step} of {steps}, in epoch {epoch}: {images} images, learning rate {rate:.6}"
    ))?;
    let after = watch.after.as_ref().zip(watch.batch.clone());
    let after = after.map(|(net, batch)| loss_of(replay, &net.valid(), batch)).transpose()?;
    let after = after.map_or("unknown".to_owned(), |loss| format!("{loss:.4}"));
    let skipped = if watch.is_skipped { " (a hook skipped the update)" } else { "" };
    print_line(format_args!(
        "loss of these images: {:.4} before the step, {after} after it{skipped}",
        watch.loss
    ))
}

/// The loss of a batch, as the training computes it.
fn loss_of(replay: &Replay, net: &LeNet, batch: HostBatch) -> anyhow::Result<f32> {
    let device = &replay.prepared.device;
    let batch = batch.to_device(device);
    let loss = Objective::new(&replay.prepared.args, replay.prepared.teacher.as_ref())?;
    let loss = loss.forward(&batch.images, net.forward(batch.images.clone()), batch.labels);
    Ok(loss.try_into_scalar::<f32>()?)
}

/// A table of the norms of the gradients by layer.
fn gradients(watch: &Watch) -> String {
    let norm = |name: String| {
        let found = watch.gradients.iter().find(|(other, _)| *other == name);
        found.map_or("–".to_owned(), |(_, norm)| format!("{norm:.3e}"))
    };
    let layers = watch.gradients.iter().filter_map(|(name, _)| name.strip_suffix(".weight"));
    let rows = layers.map(|layer| {
        let [weight, bias] = ["weight", "bias"].map(|part| norm(format!("{layer}.{part}")));
        format!("\n{layer:<6}  {weight:>15}  {bias:>15}")
    });
    format!("layer   gradient weight    gradient bias{}", rows.collect::<String>())
}

/// A folder for the files of a replay, removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("lenet-train-why-{}", std::process::id()));
        ensure!(!path.exists(), "{} exists: remove it", path.display());
        fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // What remains is in the system's folder for such files.
    }
}
