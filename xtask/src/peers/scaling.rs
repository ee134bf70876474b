//! `--scaling`: this workspace alone, over threads and over instruction sets.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::thread;

use lenet_report::numbers::{grouped, median, median_ratio};

use super::worker::Worker;

/// A setting of the program: its column, and its arguments.
struct Setting {
    name: String,
    threads: usize,
    kernels: &'static str,
}

/// Work and batch size of each row.
const ROWS: [(&str, u32); 5] = [("train", 1), ("train", 64), ("train", 1024), ("infer", 1), ("infer", 64)];
/// Kernels that a processor may have, the slowest first; `fastest` is the program's own choice.
const KERNELS: [&str; 5] = ["portable", "portable-avx2", "neon", "avx2", "avx512"];
/// Numbers of threads for which the rate is calculated where there are not as many cores.
const CALCULATED: [usize; 3] = [4, 8, 16];

/// The column of as many programs of one thread as there are cores, which work at the same time and share nothing but the
/// machine. No program that shares work among threads can do more: cores share caches, memory and, where the operating system
/// or the host of a virtual machine does not say so, execution units.
const INDEPENDENT: &str = "independent";

/// Measures each row with 1, 2, 4, … threads up to `cores`, with `cores` independent programs, and on one thread with each
/// instruction set; all in turn, medians over `rounds`, also of the ratios. Prints both tables, and what Amdahl's law makes
/// of the measured share of serial work.
pub fn run(program: &Path, folder: &Path, cores: usize, rounds: u32, seconds: f64) -> anyhow::Result<()> {
    let mut threads: Vec<usize> =
        std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|n| *n < cores).collect();
    threads.push(cores.max(1));
    let of_threads =
        threads.iter().map(|&n| Setting { name: format!("{n} threads"), threads: n, kernels: "fastest" });
    let of_kernels = KERNELS.iter().map(|&kernels| Setting { name: kernels.into(), threads: 1, kernels });
    let settings: Vec<Setting> = of_threads.chain(of_kernels).collect();
    let start = |threads: usize, kernels: &str, name: &str| {
        let mut command = Command::new(program);
        command.args(["--threads", &threads.to_string(), "--kernels", kernels]);
        let log = folder.join(format!("scaling-{}.log", name.replace(' ', "-")));
        Worker::start("lenet", command, &log).map(|(worker, _)| worker)
    };
    let mut workers = Vec::new();
    for setting in &settings {
        match start(setting.threads, setting.kernels, &setting.name) {
            Ok(worker) => workers.push((setting, worker)),
            Err(error) => println!("{}: {error:#}", setting.name),
        }
    }
    let mut independent: Vec<Worker> = (1..=cores)
        .map(|n| start(1, "fastest", &format!("{INDEPENDENT} {n}")))
        .collect::<anyhow::Result<_>>()?;
    let mut rates = Rates::default();
    for round in 1..=rounds {
        for (row, (work, batch)) in ROWS.iter().enumerate() {
            for (setting, worker) in &mut workers {
                eprintln!("round {round}/{rounds}  {work} {batch}  {}", setting.name);
                let answer = worker.ask(work, *batch, seconds).map_err(anyhow::Error::msg)?;
                rates.add(row, &setting.name, answer.images_per_second);
            }
            eprintln!("round {round}/{rounds}  {work} {batch}  {INDEPENDENT}");
            let sum = at_once(&mut independent, work, *batch, seconds)?;
            rates.add(row, INDEPENDENT, sum);
        }
    }
    let present = |names: &mut dyn Iterator<Item = String>| -> Vec<String> {
        names.filter(|name| workers.iter().any(|(setting, _)| setting.name == *name)).collect()
    };
    let mut by_threads = present(&mut threads.iter().map(|n| format!("{n} threads")));
    by_threads.push(INDEPENDENT.into());
    println!(
        "\nimages/s by threads, and their ratio to one thread; {INDEPENDENT}: {cores} programs of one thread at the same time"
    );
    table(&by_threads, &rates);
    let by_kernels = present(&mut KERNELS.iter().map(|&kernels| kernels.to_owned()));
    println!("\nimages/s on one thread by instruction set, and their ratio to the portable kernels");
    table(&by_kernels, &rates);
    let name = threads.iter().rev().find(|n| **n > 1).map(|n| (*n, format!("{n} threads")));
    if let Some((most, name)) = name {
        println!(
            "\ncalculated by Amdahl's law from the share of serial work s in the ratio of {most} threads: 1 / (s + (1 − s) / n)"
        );
        for (row, (work, batch)) in ROWS.iter().enumerate() {
            let Some(ratio) = rates.ratio(row, &name, "1 threads") else { continue };
            let serial = serial_share(ratio, most);
            let ratios = CALCULATED.map(|n| format!("{n} threads {:.1}×", speed_up(serial, n)));
            println!("{work:<6}{batch:>5}   serial {:>4.0} %   {}", 100.0 * serial, ratios.join("   "));
        }
    }
    Ok(())
}

/// The sum of the images/s of programs that work at the same time.
fn at_once(workers: &mut [Worker], work: &str, batch: u32, seconds: f64) -> anyhow::Result<f64> {
    thread::scope(|scope| {
        let ask = |worker: &'_ mut Worker| worker.ask(work, batch, seconds);
        let asked: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(move || ask(worker))).collect();
        asked.into_iter().try_fold(0.0, |sum, answer| {
            let answer = answer.join().map_err(|_| anyhow::anyhow!("a measurement panicked"))?;
            Ok(sum + answer.map_err(anyhow::Error::msg)?.images_per_second)
        })
    })
}

/// The images/s of each row and setting, one number for each round.
#[derive(Default)]
struct Rates(BTreeMap<(usize, String), Vec<f64>>);

impl Rates {
    fn add(&mut self, row: usize, name: &str, rate: f64) {
        self.0.entry((row, name.to_owned())).or_default().push(rate);
    }

    fn of(&self, row: usize, name: &str) -> Option<&[f64]> {
        self.0.get(&(row, name.to_owned())).map(Vec::as_slice)
    }

    /// The median of the ratios of the rounds: settings of one round ran seconds apart, those of other rounds perhaps on a
    /// machine with other things to do.
    fn ratio(&self, row: usize, name: &str, base: &str) -> Option<f64> {
        median_ratio(self.of(row, name)?, self.of(row, base)?)
    }
}

/// The rates of `columns`, and their ratios to the first one.
fn table(columns: &[String], rates: &Rates) {
    println!("{:<11}{}", "", columns.iter().map(|name| format!("{name:>20}")).collect::<String>());
    for (row, (work, batch)) in ROWS.iter().enumerate() {
        let cell = |name: &String| {
            let rate = rates.of(row, name).and_then(median);
            let found = rate.zip(rates.ratio(row, name, &columns[0]));
            let text = |(rate, ratio)| format!("{:>13} {ratio:>5.2}×", grouped(rate));
            found.map_or_else(|| format!("{:>20}", "–"), text)
        };
        println!("{work:<6}{batch:>5}{}", columns.iter().map(cell).collect::<String>());
    }
}

/// The share s of the time on one thread that n threads do not share, from 1 / ratio = s + (1 − s) / n (G. Amdahl, "Validity of
/// the single processor approach", 1967); 0 if n threads were more than n times as fast.
fn serial_share(ratio: f64, n: usize) -> f64 {
    let n = n as f64;
    ((n / ratio - 1.0) / (n - 1.0)).clamp(0.0, 1.0)
}

fn speed_up(serial: f64, n: usize) -> f64 {
    1.0 / (serial + (1.0 - serial) / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_share_and_the_speed_up_are_inverses() {
        for serial in [0.0, 0.05, 0.3, 1.0] {
            let ratio = speed_up(serial, 2);
            assert!((serial_share(ratio, 2) - serial).abs() < 1e-12);
        }
        assert!((speed_up(0.1, 8) - 8.0 / 1.7).abs() < 1e-12);
    }

    #[test]
    fn a_ratio_is_that_of_settings_of_one_round() {
        let mut rates = Rates::default();
        for (one, two) in [(10.0, 20.0), (30.0, 60.0), (20.0, 30.0)] {
            rates.add(0, "1 threads", one);
            rates.add(0, "2 threads", two);
        }
        assert_eq!(rates.ratio(0, "2 threads", "1 threads"), Some(2.0));
        assert_eq!(rates.ratio(1, "2 threads", "1 threads"), None);
    }

    #[test]
    fn more_than_linear_speed_up_has_no_serial_share() {
        assert_eq!(serial_share(2.1, 2), 0.0);
    }
}
