//! Sums of products in f32, in many orders.

use crate::random::Random;

/// Order of summation.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Forward,
    Reverse,
    /// Shuffled by a seed.
    Shuffled(u64),
    /// Halves of halves.
    Pairwise,
    /// Eight partial sums with fused multiply-adds, as SIMD does it.
    Lanes,
    /// One chain of fused multiply-adds.
    Fused,
}

impl Order {
    pub const ALL: [Self; 7] = [
        Self::Forward,
        Self::Reverse,
        Self::Shuffled(1),
        Self::Shuffled(2),
        Self::Pairwise,
        Self::Lanes,
        Self::Fused,
    ];

    /// Σ a·b of the terms.
    pub fn sum(self, terms: &[(f32, f32)]) -> f32 {
        let product = |(a, b): &(f32, f32)| a * b;
        let fused = |sum: f32, (a, b): &(f32, f32)| a.mul_add(*b, sum);
        match self {
            Self::Forward => terms.iter().map(product).fold(0.0, |sum, x| sum + x),
            Self::Reverse => terms.iter().rev().map(product).fold(0.0, |sum, x| sum + x),
            Self::Shuffled(seed) => shuffled(terms, seed).iter().map(product).fold(0.0, |sum, x| sum + x),
            Self::Pairwise => pairwise(&terms.iter().map(product).collect::<Vec<_>>()),
            Self::Lanes => {
                let lane = |lane| terms.iter().skip(lane).step_by(8).fold(0.0, fused);
                pairwise(&(0..8).map(lane).collect::<Vec<_>>())
            }
            Self::Fused => terms.iter().fold(0.0, fused),
        }
    }
}

fn shuffled(terms: &[(f32, f32)], seed: u64) -> Vec<(f32, f32)> {
    let (mut random, mut terms) = (Random::new(seed), terms.to_vec());
    for end in (1..terms.len()).rev() {
        terms.swap(end, random.below(end + 1));
    }
    terms
}

fn pairwise(terms: &[f32]) -> f32 {
    match terms {
        [] => 0.0,
        [term] => *term,
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            pairwise(left) + pairwise(right)
        }
    }
}
