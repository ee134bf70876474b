//! [`Division`]: a part of the training images, divided into shards that are left out in turn.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use lenet_report::influence::Effect;

use super::super::settings::leave_out::Slice;

/// Fewer shards have no median that stands for those without an effect.
pub(super) const FEWEST: usize = 3;

/// A slice of the training images and its shards, of about the same number of images.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Division {
    pub(super) of: Slice,
    pub(super) shards: Vec<Slice>,
    /// Positions of the test images to whose answers the slice matters.
    pub(super) tests: Vec<usize>,
}

impl Division {
    /// Divides the slice `of` the `images` training images into `count` shards of neighbours in its order, or into single images if it
    /// has fewer.
    ///
    /// # Errors
    /// The slice has fewer images than [`FEWEST`].
    pub(super) fn of(of: Slice, count: usize, images: usize, tests: Vec<usize>) -> anyhow::Result<Self> {
        let len = of.len(images);
        ensure!(len >= FEWEST, "{len} training images are too few to divide");
        let count = count.min(len);
        let at = |place: usize| of.start + place * of.step;
        let end = |place: usize| if place == len { of.end } else { Some(at(place)) };
        let shard = |number: usize| {
            let [first, after] = [number, number + 1].map(|number| number * len / count);
            Slice { start: at(first), end: end(after), ..of }
        };
        let shards = (0..count).map(|number| single(shard(number), images)).collect();
        Ok(Self { of, shards, tests })
    }
}

/// A slice with one image as its index, which is the shortest name for it.
fn single(slice: Slice, images: usize) -> Slice {
    match slice.indices(images)[..] {
        [index] => Slice::one(index),
        _ => slice,
    }
}

/// The names of all shards, each once.
pub(super) fn names(divisions: &[Division]) -> Vec<String> {
    let shards: BTreeSet<Slice> = divisions.iter().flat_map(|division| division.shards.clone()).collect();
    shards.iter().map(Slice::to_string).collect()
}

/// For each test image the shard with the strongest influence on it, divided again, unless it has too few images. `effects` are those
/// of `divisions`.
pub(super) fn next(
    effects: &[Effect],
    divisions: &[Division],
    count: usize,
    images: usize,
) -> anyhow::Result<Vec<Division>> {
    let mut strongest: BTreeMap<usize, &Effect> = BTreeMap::new();
    for effect in effects.iter().filter(|effect| effect.is_influence()) {
        let best = strongest.entry(effect.test_image).or_insert(effect);
        if effect.effect.abs() > best.effect.abs() {
            *best = effect;
        }
    }
    let shards: BTreeMap<String, Slice> = divisions
        .iter()
        .flat_map(|division| &division.shards)
        .map(|shard| (shard.to_string(), *shard))
        .collect();
    let mut tests: BTreeMap<Slice, Vec<usize>> = BTreeMap::new();
    for effect in strongest.into_values().filter(|effect| effect.images >= FEWEST) {
        if let Some(shard) = shards.get(&effect.left_out) {
            tests.entry(*shard).or_default().push(effect.test);
        }
    }
    tests.into_iter().map(|(shard, tests)| Division::of(shard, count, images, tests)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Slice = Slice { start: 0, end: None, step: 1, shuffled: None };
    const SHUFFLED: Slice = Slice { shuffled: Some(0), ..ALL };

    fn shards(of: Slice, count: usize, images: usize) -> Vec<Vec<usize>> {
        let division = Division::of(of, count, images, vec![0]).unwrap();
        division.shards.iter().map(|shard| shard.indices(images)).collect()
    }

    #[test]
    fn every_image_is_in_one_shard() {
        for of in [ALL, SHUFFLED] {
            for (images, count) in [(10, 3), (10, 10), (7, 4), (3, 8)] {
                let mut all: Vec<usize> = shards(of, count, images).concat();
                all.sort();
                assert_eq!(all, (0..images).collect::<Vec<_>>(), "{of} {images} {count}");
            }
        }
    }

    #[test]
    fn a_shard_is_divided_as_the_whole_is() {
        assert_eq!(
            shards(Slice { start: 20, end: Some(25), ..ALL }, 3, 50),
            [vec![20], vec![21, 22], vec![23, 24]]
        );
        let part = Slice { start: 10, end: Some(20), ..SHUFFLED };
        assert_eq!(shards(part, 5, 50).concat(), part.indices(50));
        // A single image has its index as its name.
        let last = *part.indices(50).last().unwrap();
        let all = names(&[
            Division::of(part, 4, 50, vec![0]).unwrap(),
            Division::of(part, 10, 50, vec![0]).unwrap(),
        ]);
        assert!(all.contains(&"10:12@0".to_owned()) && all.contains(&last.to_string()), "{all:?}");
    }

    #[test]
    fn two_images_are_too_few_to_divide() {
        assert!(Division::of(Slice { start: 3, end: Some(5), ..ALL }, 3, 50, vec![0]).is_err());
    }
}
