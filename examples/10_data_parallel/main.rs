//! One training on several machines, through MPI: every process has a copy of the network and computes the gradients of its share of
//! each batch; a hook adds them up; and the updates are the same everywhere. It takes Debian's packages libopenmpi-dev, openmpi-bin and
//! libclang-dev, or those of another MPI.
//!
//! ```sh
//! cargo build --manifest-path examples/10_data_parallel/Cargo.toml
//! mpirun -n 2 examples/10_data_parallel/target/debug/10_data_parallel --folder here   # on this machine
//! mpirun --host one,two 10_data_parallel --folder here                               # on two
//! ```
//!
//! LeNet is small: 247 kB of gradients for each update. At a batch of 64 the exchange takes longer over a network of 1 Gbit/s than the
//! gradients, so one machine is faster than two. It pays for larger networks and batches.

mod all_reduce;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use burn::module::Module;
use lenet_data::{DigitSet, HostBatch, Loader, synthetic};
use lenet_model::{LeNet, StateDict};
use lenet_train::{Checkpoint, Checkpoints, Loss, Optimizer, Schedule, Trainer, evaluate_classifier};
use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use sha2::{Digest, Sha256};

use all_reduce::AllReduce;

/// Batches of an update over all processes: 1, 2, 4 or 8 processes share them.
const BATCHES: usize = 8;
const SEED: u64 = 42;

/// The command line.
struct Arguments {
    /// Each process has its checkpoints in a folder of its own in it.
    folder: PathBuf,
    /// Images for an update, over all processes.
    batch: usize,
    epochs: u64,
    /// Number of synthetic digits.
    images: u64,
    /// CPU threads of each process; several on one machine share its cores.
    threads: usize,
    /// The process of this rank ends without a word after so many steps, to show what happens then.
    fail: Option<(i32, u64)>,
}

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
            // The others wait for this process in the next exchange: without `abort` they would wait for ever.
            world.abort(1)
        }
    }
}

fn run(world: &SimpleCommunicator) -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse()?;
    lenet_threads::set_threads(arguments.threads)?;
    let (rank, ranks) = (world.rank() as usize, world.size() as usize);
    let device = lenet_backend::open(&"flex".parse()?)?;
    let training_device = device.clone().autodiff();

    let mut digits = synthetic::digits(SEED, 0..arguments.images + 1_000)?;
    let valid = Loader::new(digits.split_off(arguments.images as usize), 250)?;
    let train = loader(digits, arguments.batch, rank, ranks)?;
    let net = LeNet::with_state_dict(&broadcast_start(world)?, &training_device);

    let schedule = Schedule::OneCycle { peak: 0.05 };
    let folder = arguments.folder.join(format!("rank{rank}"));
    let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&training_device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .optimizer(Optimizer::sgd().momentum(0.9))
    .schedule(schedule)
    .epochs(arguments.epochs)
    .hook(AllReduce::new(world, BATCHES, schedule)?)
    .checkpoints(Checkpoints::in_folder(&folder).every_steps(10 * (BATCHES / ranks) as u64).keep_last(2));
    if let Some((failing, step)) = arguments.fail.filter(|(failing, _)| *failing == world.rank()) {
        trainer = trainer.hook(Fails(failing, step));
    }
    if let Some(checkpoint) = common_checkpoint(world, &folder)? {
        if rank == 0 {
            println!("going on after step {}", checkpoint.step());
        }
        trainer = trainer.resume(checkpoint);
    }
    let outcome = trainer.fit(net, &train)?;

    let net = outcome.model.valid();
    let weights = net.state_dict()?;
    same_everywhere(world, &weights)?;
    if rank == 0 {
        let result = evaluate_classifier(&valid, &device, Loss::CrossEntropy, |images| net.forward(images))?;
        let updates = outcome.steps / (BATCHES / ranks) as u64;
        let speed = updates as f64 / outcome.training_time.as_secs_f64();
        println!("{ranks} processes, {updates} updates of {} images: {speed:.1} updates/s", arguments.batch);
        println!("validation accuracy {:.2} %", 100.0 * result.accuracy.unwrap_or(f64::NAN));
        println!("weights {}", hash(&weights));
    }
    Ok(())
}

/// The batches of this process. Updates that are not whole at the end of an epoch are left out.
fn loader(
    digits: DigitSet,
    batch: usize,
    rank: usize,
    ranks: usize,
) -> Result<Loader<DigitSet>, Box<dyn Error>> {
    if !batch.is_multiple_of(BATCHES) || batch > digits.len() {
        return Err(
            format!("--batch {batch}: expected a multiple of {BATCHES} up to {}", digits.len()).into()
        );
    }
    let whole = digits.len() / batch * BATCHES;
    Ok(Loader::new(digits, batch / BATCHES)?
        .shuffle(SEED)
        .drop_last()
        .limit_batches(whole)
        .shard(rank, ranks)?
        .prefetch(1))
}

/// The initial weights of process 0.
fn broadcast_start(world: &SimpleCommunicator) -> Result<StateDict, lenet_model::Error> {
    let mut parameters = StateDict::random(SEED).parameters().to_vec();
    for parameter in &mut parameters {
        world.process_at_rank(0).broadcast_into(&mut parameter.values[..]);
    }
    StateDict::new(parameters)
}

/// The newest checkpoint that all processes have; `None` if one has none. A process that was killed may be one checkpoint behind.
fn common_checkpoint(
    world: &SimpleCommunicator,
    folder: &std::path::Path,
) -> Result<Option<Checkpoint>, Box<dyn Error>> {
    let step = Checkpoints::latest(folder)?.checkpoint.map_or(0, |checkpoint| checkpoint.step());
    let mut common = 0;
    world.all_reduce_into(&step, &mut common, SystemOperation::min());
    if common == 0 {
        return Ok(None);
    }
    let found = Checkpoints::latest_until(folder, common)?.checkpoint;
    match found {
        Some(checkpoint) if checkpoint.step() == common => Ok(Some(checkpoint)),
        _ => Err(format!(
            "{} has no checkpoint after step {common}, which another process has",
            folder.display()
        )
        .into()),
    }
}

/// Checks that all processes ended with the same bits.
fn same_everywhere(world: &SimpleCommunicator, weights: &StateDict) -> Result<(), String> {
    let mut first = Sha256::digest(bytes(weights)).to_vec();
    let own = first.clone();
    world.process_at_rank(0).broadcast_into(&mut first[..]);
    if own == first { Ok(()) } else { Err("its weights are not those of process 0".to_owned()) }
}

fn hash(weights: &StateDict) -> String {
    Sha256::digest(bytes(weights)).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(weights: &StateDict) -> Vec<u8> {
    let numbers = weights.parameters().iter().flat_map(|parameter| &parameter.values);
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

/// Ends the process without a word, as a machine that fails does.
struct Fails(i32, u64);

impl<M, B> lenet_train::Hook<M, B> for Fails {
    fn after_step(
        &mut self,
        step: &lenet_train::AfterStep<'_, M>,
    ) -> Result<lenet_train::Flow, lenet_train::Error> {
        if step.step == self.1 {
            std::process::abort();
        }
        Ok(lenet_train::Flow::Continue)
    }
}

impl Arguments {
    fn parse() -> Result<Self, Box<dyn Error>> {
        let mut parsed = Self {
            folder: "data-parallel".into(),
            batch: 64,
            epochs: 2,
            images: 12_800,
            threads: 1,
            fail: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{flag}: no value"))?;
            match flag.as_str() {
                "--folder" => parsed.folder = value.into(),
                "--batch" => parsed.batch = value.parse()?,
                "--epochs" => parsed.epochs = value.parse()?,
                "--images" => parsed.images = value.parse()?,
                "--threads" => parsed.threads = value.parse()?,
                "--fail" => {
                    let (rank, step) = value.split_once(':').ok_or("--fail: expected RANK:STEP")?;
                    parsed.fail = Some((rank.parse()?, step.parse()?));
                }
                _ => {
                    return Err(format!(
                        "{flag}: expected --folder, --batch, --epochs, --images, --threads or --fail"
                    )
                    .into());
                }
            }
        }
        Ok(parsed)
    }
}
