//! [`permutation`]: the order of samples as a pure function of (seed, epoch).

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

/// A random permutation of `0..len`, the same on every platform and in every call.
///
/// The seed is the key of a ChaCha8 stream cipher and the epoch is the stream number, so there is no state
/// between epochs: a run resumes from (seed, epoch, batch) alone.
///
/// ```
/// use lenet_data::permutation;
///
/// assert_eq!(permutation(7, 0, 5), permutation(7, 0, 5));
/// assert_ne!(permutation(7, 0, 5), permutation(7, 1, 5));
/// ```
pub fn permutation(seed: u64, epoch: u64, len: usize) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch);
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut rng);
    order
}
