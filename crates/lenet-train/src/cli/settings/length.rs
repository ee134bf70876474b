//! The length of a training.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::super::parse;

/// Number of epochs if neither it nor the number of images is given.
const EPOCHS: u64 = 3;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Training")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LengthArgs {
    /// Number of epochs [default: 3]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true, overrides_with = "images")]
    pub(crate) epochs: Option<u64>,
    /// Instead of whole epochs, train on so many images; an image counts each time that it is used
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true, overrides_with = "epochs")]
    images: Option<u64>,
    /// End after so many steps, in the middle of an epoch if need be; the learning rates are those of a
    /// training of this length [default: none]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    max_steps: Option<u64>,
    /// Batches in an epoch, for quick tries [default: all]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    pub(crate) limit_batches: Option<usize>,
    /// Stop after this time, such as 60s or 1h30m; --resume goes on from there [default: none]
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    #[serde(serialize_with = "parse::as_seconds")]
    pub(crate) max_time: Option<Duration>,
    /// Pause after so many epochs, if there are more; --resume goes on to the same end as a training that was not paused. A
    /// paused training is not tested [default: none]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    #[serde(skip)]
    pub(crate) pause_after: Option<u64>,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "64", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    pub(crate) batch_size: usize,
}

/// The numbers of epochs and steps of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Number of epochs, of which the last one may be cut short.
    pub(crate) epochs: u64,
    /// Number of steps.
    pub(crate) steps: u64,
    /// Number of steps of a whole epoch.
    pub(crate) batches: u64,
    /// Whether `steps` may cut the last epoch short.
    pub(crate) is_limited: bool,
}

impl LengthArgs {
    /// Sets the number of epochs if no other length is given.
    pub(crate) fn complete(&mut self) {
        if self.images.is_none() {
            self.epochs.get_or_insert(EPOCHS);
        }
    }

    /// The plan for `len` training images.
    pub(crate) fn plan(&self, len: usize) -> Plan {
        let (len, size) = (len as u64, self.batch_size as u64);
        let batches = len.div_ceil(size).min(self.limit_batches.map_or(u64::MAX, |limit| limit as u64));
        let whole = self.epochs.unwrap_or(EPOCHS).saturating_mul(batches);
        let steps = self.images.map_or(whole, |images| {
            let epoch_len = batches.saturating_mul(size).min(len).max(1);
            let rest = (images % epoch_len).div_ceil(size);
            (images / epoch_len).saturating_mul(batches).saturating_add(rest)
        });
        let steps = self.max_steps.map_or(steps, |most| steps.min(most));
        let is_limited = self.images.is_some() || self.max_steps.is_some();
        Plan { epochs: steps.div_ceil(batches.max(1)), steps, batches, is_limited }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(images: Option<u64>, max_steps: Option<u64>, limit_batches: Option<usize>) -> [u64; 2] {
        let (epochs, max_time, pause_after) = (None, None, None);
        let args =
            LengthArgs { epochs, images, max_steps, limit_batches, max_time, pause_after, batch_size: 16 };
        let Plan { epochs, steps, .. } = args.plan(100); // 7 batches, the last one of 4 images
        [epochs, steps]
    }

    #[test]
    fn images_count_a_short_batch_as_what_it_has() {
        assert_eq!(plan(None, None, None), [3, 21]);
        assert_eq!(plan(Some(1), None, None), [1, 1]);
        assert_eq!(plan(Some(16), None, None), [1, 1]);
        assert_eq!(plan(Some(17), None, None), [1, 2]);
        assert_eq!(plan(Some(97), None, None), [1, 7]);
        assert_eq!(plan(Some(100), None, None), [1, 7]);
        assert_eq!(plan(Some(101), None, None), [2, 8]);
        assert_eq!(plan(Some(250), None, None), [3, 18]);
    }

    #[test]
    fn the_shortest_limit_counts() {
        assert_eq!(plan(None, Some(10), None), [2, 10]);
        assert_eq!(plan(None, Some(100), None), [3, 21]);
        assert_eq!(plan(Some(50), Some(2), None), [1, 2]);
        assert_eq!(plan(None, None, Some(2)), [3, 6]);
        assert_eq!(plan(None, None, Some(9)), [3, 21]);
        assert_eq!(plan(Some(70), None, Some(2)), [3, 5]); // epochs of 32 images
    }
}
