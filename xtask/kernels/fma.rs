//! Prints the multiply-adds per second of one or more threads: `fma THREADS SECONDS`. `cargo xtask flops`
//! compiles this program for the processor it runs on.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One vector of AVX-512, two of AVX2, four of NEON.
const LANES: usize = 16;
/// Number of independent multiply-adds in flight: two units times a latency of four cycles is 8; 10 leaves a
/// margin.
const CHAINS: usize = 10;
const ROUNDS: u64 = 1_000_000;

type Vector = [f32; LANES];

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<f64>().unwrap_or(1.0));
    let (threads, seconds) = (args.next().unwrap_or(1.0) as usize, args.next().unwrap_or(1.0));
    let time = Duration::from_secs_f64(seconds);
    let rates = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| rate(time))).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or(0.0)).sum::<f64>()
    });
    println!("{rates}");
}

/// Measures the multiply-adds per second of this thread.
fn rate(time: Duration) -> f64 {
    let (factor, term) = (black_box([0.999; LANES]), black_box([0.001; LANES]));
    let (start, mut rounds) = (Instant::now(), 0);
    while start.elapsed() < time {
        black_box(multiply_add(ROUNDS, &factor, &term));
        rounds += ROUNDS;
    }
    (rounds as usize * LANES * CHAINS) as f64 / start.elapsed().as_secs_f64()
}

/// Runs the chains. Separate variables, because the compiler does not keep an array in registers.
#[inline(never)]
fn multiply_add(rounds: u64, factor: &Vector, term: &Vector) -> Vector {
    let [mut a, mut b, mut c, mut d, mut e] = [*factor; 5];
    let [mut f, mut g, mut h, mut i, mut j] = [*term; 5];
    for _ in 0..rounds {
        step(&mut a, factor, term);
        step(&mut b, factor, term);
        step(&mut c, factor, term);
        step(&mut d, factor, term);
        step(&mut e, factor, term);
        step(&mut f, factor, term);
        step(&mut g, factor, term);
        step(&mut h, factor, term);
        step(&mut i, factor, term);
        step(&mut j, factor, term);
    }
    let all = [a, b, c, d, e, f, g, h, i, j];
    std::array::from_fn(|lane| all.iter().map(|vector| vector[lane]).sum())
}

#[inline(always)]
fn step(x: &mut Vector, factor: &Vector, term: &Vector) {
    for lane in 0..LANES {
        x[lane] = x[lane].mul_add(factor[lane], term[lane]);
    }
}
