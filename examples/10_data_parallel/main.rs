//! One training on several machines, through MPI. Each process has a copy of the network and computes the gradients of its share of each
//! batch, a hook adds them over all processes, and all make the same update. The program needs an MPI library and libclang: on Debian,
//! libopenmpi-dev, openmpi-bin and libclang-dev.
//!
//! ```sh
//! cargo build --manifest-path examples/10_data_parallel/Cargo.toml
//! mpirun -n 2 examples/10_data_parallel/target/debug/10_data_parallel --folder here   # on this machine
//! mpirun --host one,two /the/same/path/10_data_parallel --folder here                 # on two machines
//! ```
//!
//! The same command resumes a training that was cut. README.md beside the examples says at which sizes two machines are faster than one.

mod all_reduce;
mod arguments;
mod networks;
mod pace;
mod weights;

use std::cell::RefCell;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::{
    AfterStep, Checkpoint, Checkpoints, Flow, Hook, Loss, Optimizer, Schedule, Trainer, evaluate_classifier,
};
use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives};

use all_reduce::AllReduce;
use arguments::{Arguments, Signal};
use networks::{Network, Wide};
use pace::Pace;

const SEED: u64 = 42;
/// Number of digits to validate on, and how many of them are read at once.
const VALID: (u64, usize) = (1_000, 250);
/// Number of updates between two checkpoints.
const CHECKPOINT_EVERY: usize = 10;

fn main() -> ExitCode {
    let Some(universe) = mpi::initialize() else {
        eprintln!("error: MPI is initialised already");
        return ExitCode::FAILURE;
    };
    let world = universe.world();
    match run(&world) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: process {} of {}: {error}", world.rank(), world.size());
            // The others wait for this process in the next exchange: `abort` ends them, too.
            world.abort(1)
        }
    }
}

fn run(world: &SimpleCommunicator) -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse()?;
    lenet_threads::set_threads(arguments.threads)?;
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    device.seed(SEED);
    match arguments.width {
        1 => train(world, &arguments, LeNet::new(SEED, &device)),
        width => train(world, &arguments, Wide::new(width, &device)),
    }
}

fn train<M: Network>(
    world: &SimpleCommunicator,
    arguments: &Arguments,
    net: M,
) -> Result<(), Box<dyn Error>> {
    let (rank, ranks) = (world.rank() as usize, world.size() as usize);
    let Arguments { batch, pieces, .. } = *arguments;
    let net = weights::broadcast(world, net)?;
    let device = net.devices().remove(0);
    let mut digits = synthetic::digits(SEED, 0..arguments.images + VALID.0)?;
    let valid = Loader::new(digits.split_off(arguments.images as usize), VALID.1)?;
    let updates = digits.len() / batch; // Of an epoch; images that do not fill a batch are left out.
    let train = Loader::new(digits, batch / pieces)?.shuffle(SEED).drop_last();
    let train = train.limit_batches(updates * pieces).shard(rank, ranks)?.prefetch(1);

    let (schedule, times) = (Schedule::OneCycle { peak: 0.05 }, RefCell::default());
    let folder = arguments.folder.join(format!("rank{rank}"));
    let steps = pieces / ranks; // Of this process for an update.
    let mut trainer = Trainer::new(|net: &M, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.logits(batch.images), batch.labels)
    })
    .optimizer(Optimizer::sgd().momentum(0.9))
    .schedule(schedule)
    .epochs(arguments.epochs)
    .hook(AllReduce::new(world, pieces, schedule, arguments.patience)?)
    .hook(Pace { times: &times, begun: None })
    .setting("pieces", pieces)
    .checkpoints(Checkpoints::in_folder(&folder).every_steps((CHECKPOINT_EVERY * steps) as u64).keep_last(2));
    if let Some(signal) = arguments.signal.as_ref().filter(|signal| signal.rank == world.rank()) {
        trainer = trainer.hook(signal);
    }
    if let Some(checkpoint) = common_checkpoint(world, &folder)? {
        if rank == 0 {
            println!("resuming after update {}", checkpoint.step() / steps as u64);
        }
        trainer = trainer.resume(checkpoint);
    }
    let outcome = trainer.fit(net, &train)?;

    let net = outcome.model.valid();
    let sha256 = weights::sha256(&net)?;
    weights::check_same(world, &sha256)?;
    if rank == 0 {
        let device = net.devices().remove(0);
        let result = evaluate_classifier(&valid, &device, Loss::CrossEntropy, |images| net.logits(images))?;
        println!(
            "{} parameters, {} updates of {batch} images in {ranks} processes",
            net.num_params(),
            outcome.steps / steps as u64
        );
        if let Some(time) = pace::median(&times.borrow()) {
            println!(
                "median time of an update {:.3} ms: {:.1} updates/s",
                1e3 * time.as_secs_f64(),
                1.0 / time.as_secs_f64()
            );
        }
        println!("validation accuracy {:.2} %", 100.0 * result.accuracy.unwrap_or(f64::NAN));
        println!("SHA-256 of the weights {sha256}");
    }
    Ok(())
}

/// The newest checkpoint that all processes have; `None` if one has none. A process that was killed may be one checkpoint behind.
fn common_checkpoint(
    world: &SimpleCommunicator,
    folder: &Path,
) -> Result<Option<Checkpoint>, Box<dyn Error>> {
    let step = Checkpoints::latest(folder)?.checkpoint.map_or(0, |checkpoint| checkpoint.step());
    let mut common = 0;
    world.all_reduce_into(&step, &mut common, SystemOperation::min());
    if common == 0 {
        return Ok(None);
    }
    let found = Checkpoints::latest_until(folder, common)?.checkpoint;
    match found.filter(|checkpoint| checkpoint.step() == common) {
        Some(checkpoint) => Ok(Some(checkpoint)),
        None => Err(format!(
            "{} has no checkpoint after step {common}, which another process has",
            folder.display()
        )
        .into()),
    }
}

impl<M, B> Hook<M, B> for &Signal {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, lenet_train::Error> {
        if step.step == self.step {
            let own = std::process::id().to_string();
            // If it fails, the training goes on, which whoever gave the flag sees.
            let _ = Command::new("kill").args(["-s", &self.name, &own]).status();
        }
        Ok(Flow::Continue)
    }
}
