//! [`Arguments`]: the command line.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "expected --folder DIR, --batch N, --pieces N, --width N, --epochs N, --images N, --threads N, --patience SECONDS, or \
                     --signal RANK:STEP:NAME";

pub struct Arguments {
    /// Each process has its checkpoints in a folder of its own in this one.
    pub folder: PathBuf,
    /// Images for an update, over all processes.
    pub batch: usize,
    /// Pieces of each batch, which the processes share: a power of two.
    pub pieces: usize,
    /// 1 for LeNet; more for a network with so many times its channels and units.
    pub width: usize,
    pub epochs: u64,
    /// Number of synthetic digits.
    pub images: u64,
    /// CPU threads of each process; several processes on one machine share its cores.
    pub threads: usize,
    /// A process that gives no answer for so long has failed.
    pub patience: Duration,
    /// To see how a failure ends.
    pub signal: Option<Signal>,
}

/// A signal that a process sends to itself: KILL ends it, STOP leaves it without an answer.
pub struct Signal {
    pub rank: i32,
    /// The process sends it after so many steps.
    pub step: u64,
    pub name: String,
}

impl Arguments {
    pub fn parse() -> Result<Self, Box<dyn Error>> {
        let mut parsed = Self {
            folder: "data-parallel".into(),
            batch: 64,
            pieces: 4,
            width: 1,
            epochs: 2,
            images: 12_800,
            threads: 1,
            patience: Duration::from_secs(60),
            signal: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{flag}: no value: {USAGE}"))?;
            parsed.set(&flag, &value).map_err(|error| format!("{flag} {value}: {error}"))?;
        }
        if parsed.pieces == 0
            || !parsed.batch.is_multiple_of(parsed.pieces)
            || parsed.batch as u64 > parsed.images
        {
            let Self { batch, pieces, images, .. } = parsed;
            return Err(format!(
                "--batch {batch}: expected a multiple of --pieces {pieces}, no larger than --images {images}"
            )
            .into());
        }
        Ok(parsed)
    }

    fn set(&mut self, flag: &str, value: &str) -> Result<(), Box<dyn Error>> {
        match flag {
            "--folder" => self.folder = value.into(),
            "--batch" => self.batch = value.parse()?,
            "--pieces" => self.pieces = value.parse()?,
            "--width" => self.width = value.parse()?,
            "--epochs" => self.epochs = value.parse()?,
            "--images" => self.images = value.parse()?,
            "--threads" => self.threads = value.parse()?,
            "--patience" => self.patience = Duration::from_secs(value.parse()?),
            "--signal" => {
                let [rank, step, name] =
                    value.split(':').collect::<Vec<_>>().try_into().map_err(|_| USAGE)?;
                self.signal =
                    Some(Signal { rank: rank.parse()?, step: step.parse()?, name: name.to_owned() });
            }
            _ => return Err(USAGE.into()),
        }
        Ok(())
    }
}
