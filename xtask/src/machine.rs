//! [`Machine`]: a description of the machine that measured.

use std::fmt;
use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::workspace::first_line;

/// Description of a machine, printed beside figures.
#[derive(Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// The widest supported vectors, `AVX-512` or `AVX2`; `None` if the operating system does not report it.
    pub vectors: Option<&'static str>,
    /// Operating system and architecture.
    pub system: String,
    /// Load average over the minute before the measurement; 0 on an idle machine.
    pub load: Option<f64>,
}

impl Machine {
    /// Describes this machine.
    pub fn here() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let sysctl = || first_line(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]));
        let flags = field("flags").unwrap_or_default();
        let widest = [("avx512f", "AVX-512"), ("avx2", "AVX2")];
        Self {
            processor: field("model name").or_else(sysctl).unwrap_or_else(|| "unknown processor".into()),
            cores: cores(),
            vectors: widest
                .iter()
                .find(|(flag, _)| flags.split(' ').any(|f| f == *flag))
                .map(|(_, name)| *name),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|load| load.split(' ').next()?.parse().ok()),
        }
    }
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vectors = self.vectors.map_or(String::new(), |vectors| format!(" with {vectors}"));
        write!(f, "{} cores of {}{vectors}, {}", self.cores, self.processor, self.system)?;
        self.load.map_or(Ok(()), |load| write!(f, ", load before it began {load}"))
    }
}
