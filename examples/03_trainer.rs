//! The same training with `Trainer`, which has the loop: the program sets the loss, the optimizer, the
//! schedule and the hooks. The training can be killed at any moment and resumed to the same bits.

use std::error::Error;

use lenet_data::{HostBatch, Loader};
use lenet_model::{LeNet, weights};
use lenet_train::hooks::{ClipGradNorm, JsonLines, Progress};
use lenet_train::{Checkpoints, Loss, Optimizer, Schedule, Trainer, evaluate_classifier};

pub fn main() -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?;
    let training_device = device.clone().autodiff();
    let (mut train, name) = lenet_examples::digits()?;
    let valid = Loader::new(train.split_off(train.len() - 1_000), 250)?;
    let train = Loader::new(train, 64)?.shuffle(7).prefetch(1); // batches are built on another thread
    println!("{name}: {} batches an epoch", train.batches());

    let folder = tempfile::tempdir()?; // deleted at the end; any folder works
    let metrics = folder.path().join("metrics.jsonl");
    let checkpoints = folder.path().join("checkpoints");

    let outcome = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&training_device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .optimizer(Optimizer::sgd().momentum(0.9))
    .schedule(Schedule::OneCycle { peak: 0.05 })
    .epochs(2)
    .validate(|net: &LeNet| {
        evaluate_classifier(&valid, &device, Loss::CrossEntropy, |images| net.forward(images))
    })
    .hook(ClipGradNorm::new(5.0)) // hooks are called in this order
    .hook(JsonLines::append(&metrics, 50)?)
    .hook(Progress::new(2).unit("images"))
    .checkpoints(Checkpoints::in_folder(&checkpoints).keep_last(2))
    .fit(LeNet::new(42, &training_device), &train)?;
    println!("{} after {} steps", outcome.end, outcome.steps);

    let trained = folder.path().join("model.safetensors");
    weights::save(&outcome.model, &trained)?;
    println!("{} lines of metrics", std::fs::read_to_string(metrics)?.lines().count());
    println!("{} checkpoints", std::fs::read_dir(checkpoints)?.count());

    let net = weights::load(&trained, &device)?;
    let result = evaluate_classifier(&valid, &device, Loss::CrossEntropy, |images| net.forward(images))?;
    println!(
        "{:.1} % of {} digits it has not seen",
        100.0 * result.accuracy.unwrap_or(f64::NAN),
        result.samples
    );
    Ok(())
}
