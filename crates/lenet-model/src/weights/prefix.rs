//! Finds the network's tensors among all tensors of a file, by the prefix of their names.

use std::collections::BTreeMap;

use crate::{Error, StateDict};

/// The prefix of the names of the network's tensors: empty in a `state_dict`, `module.` after DataParallel,
/// `_orig_mod.` after `torch.compile`, `model.` or `net.` of a module in another, `model_state_dict.` in a
/// checkpoint. It is the prefix with most of the ten names; empty if the file has none of them.
pub(super) fn prefix<'a>(names: impl Iterator<Item = &'a str>) -> Result<String, Error> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let places = StateDict::names().filter_map(|ours| name.strip_suffix(ours));
        for place in places.filter(|place| place.is_empty() || place.ends_with('.')) {
            *found.entry(place).or_default() += 1;
        }
    }
    let most = found.values().copied().max().unwrap_or(0);
    let best: Vec<&str> =
        found.into_iter().filter(|&(_, count)| count == most).map(|(place, _)| place).collect();
    match best[..] {
        [] => Ok(String::new()),
        [place] => Ok(place.to_owned()),
        _ => Err(Error::Ambiguous { places: best.iter().map(|place| format!("`{place}`")).collect() }),
    }
}

/// The name without `prefix`.
///
/// # Errors
/// [`Error::ExtraTensor`] if the name has another prefix, or is none of the network's.
pub(super) fn without<'a>(prefix: &str, name: &'a str) -> Result<&'a str, Error> {
    let ours = name.strip_prefix(prefix).filter(|name| StateDict::names().any(|ours| ours == *name));
    ours.ok_or_else(|| Error::ExtraTensor { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn prefix_of(names: &[&str]) -> String {
        prefix(names.iter().copied()).unwrap()
    }

    #[test]
    fn a_state_dict_has_nothing_before_its_names() {
        assert_eq!(prefix_of(&["conv1.weight", "fc3.bias"]), "");
    }

    #[test]
    fn a_checkpoint_has_the_way_to_the_weights_before_them() {
        let names = ["optimizer.state.0.exp_avg", "state_dict.net.fc1.bias", "state_dict.net.fc1.weight"];
        assert_eq!(prefix_of(&names), "state_dict.net.");
    }

    #[test]
    fn other_names_that_end_alike_do_not_count() {
        assert_eq!(prefix_of(&["myconv1.weight", "model.conv1.weight"]), "model.");
    }

    #[test]
    fn a_file_without_our_names_is_searched_from_its_root() {
        assert_eq!(prefix_of(&["encoder.weight"]), "");
    }

    #[test]
    fn the_place_with_the_most_of_our_names_is_taken() {
        assert_eq!(prefix_of(&["frozen.fc1.bias", "model.fc1.bias", "model.fc2.bias"]), "model.");
    }

    #[test]
    fn two_networks_are_one_too_many() {
        let error = prefix(["ema.fc1.bias", "model.fc1.bias"].into_iter()).unwrap_err().to_string();
        assert_eq!(error, "holds several networks, under `ema.` and `model.`: save one of them alone");
    }
}
