//! [`Division`]: a part of the training images, divided into shards that are left out in turn.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use lenet_report::influence::Effect;

use super::super::settings::leave_out::Slice;

/// A slice of the training images and its shards, of about the same number of images.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Division {
    pub(super) of: Slice,
    pub(super) shards: Vec<Slice>,
    /// Positions of the test images to whose answers the slice matters.
    pub(super) tests: Vec<usize>,
}

impl Division {
    /// Divides the slice `of` the `images` training images into `count` shards, or into single images if it has fewer: every `count`-th
    /// image, or `blocks` of neighbours.
    ///
    /// # Errors
    /// The slice has fewer than two images.
    pub(super) fn of(
        of: Slice,
        count: usize,
        blocks: bool,
        images: usize,
        tests: Vec<usize>,
    ) -> anyhow::Result<Self> {
        let len = of.indices(images).count();
        ensure!(len >= 2, "{len} training images cannot be divided");
        let count = count.min(len);
        let at = |place: usize| of.start + place * of.step;
        let end = |place: usize| if place == len { of.end } else { Some(at(place)) };
        let shard = |number: usize| match blocks {
            true => {
                let [first, after] = [number, number + 1].map(|number| number * len / count);
                Slice { start: at(first), end: end(after), ..of }
            }
            false => Slice { start: at(number), end: of.end, step: of.step * count },
        };
        let shards = (0..count).map(|number| single(shard(number), images)).collect();
        Ok(Self { of, shards, tests })
    }
}

/// A slice with one image as its index, which is the shortest name for it.
fn single(slice: Slice, images: usize) -> Slice {
    match slice.indices(images).count() {
        1 => Slice { start: slice.start, end: Some(slice.start + 1), step: 1 },
        _ => slice,
    }
}

/// The names of all shards, each once.
pub(super) fn names(divisions: &[Division]) -> Vec<String> {
    let shards: BTreeSet<Slice> = divisions.iter().flat_map(|division| division.shards.clone()).collect();
    shards.iter().map(Slice::to_string).collect()
}

/// For each test image the shard with the strongest influence on it, divided again, unless it is a single image. `effects` are those
/// of `divisions`.
pub(super) fn next(
    effects: &[Effect],
    divisions: &[Division],
    count: usize,
    blocks: bool,
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
    for effect in strongest.into_values().filter(|effect| effect.images >= 2) {
        if let Some(shard) = shards.get(&effect.left_out) {
            tests.entry(*shard).or_default().push(effect.test);
        }
    }
    tests.into_iter().map(|(shard, tests)| Division::of(shard, count, blocks, images, tests)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(of: Slice, count: usize, blocks: bool, images: usize) -> Vec<Vec<usize>> {
        let division = Division::of(of, count, blocks, images, vec![0]).unwrap();
        division.shards.iter().map(|shard| shard.indices(images).collect()).collect()
    }

    #[test]
    fn every_image_is_in_one_shard() {
        for blocks in [false, true] {
            for (images, count) in [(10, 3), (10, 10), (7, 2), (3, 8)] {
                let mut all: Vec<usize> = shards(Slice::ALL, count, blocks, images).concat();
                all.sort();
                assert_eq!(all, (0..images).collect::<Vec<_>>(), "{blocks} {images} {count}");
            }
        }
    }

    #[test]
    fn a_shard_is_divided_as_the_whole_is() {
        let strided = Slice { start: 3, end: None, step: 10 };
        assert_eq!(shards(strided, 2, false, 50), [vec![3, 23, 43], vec![13, 33]]);
        let block = Slice { start: 20, end: Some(25), step: 1 };
        assert_eq!(shards(block, 2, true, 50), [vec![20, 21], vec![22, 23, 24]]);
        let names = names(&[Division::of(strided, 3, false, 50, vec![0]).unwrap()]);
        assert_eq!(names, ["3::30", "13::30", "23"]);
    }

    #[test]
    fn a_single_image_cannot_be_divided() {
        assert!(Division::of(Slice { start: 3, end: Some(4), step: 1 }, 2, false, 50, vec![0]).is_err());
    }
}
