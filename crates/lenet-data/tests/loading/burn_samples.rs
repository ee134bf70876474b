//! Burn's data sets as samples.

use burn::data::dataset::{Dataset, InMemDataset};
use lenet_data::{BurnSamples, Error, Loader, Samples, permutation};

#[test]
fn a_data_set_in_memory_is_loaded_item_by_item_in_order() {
    let words = ["zero", "one", "two", "three", "four"].map(String::from);
    let loader = Loader::new(BurnSamples::new(InMemDataset::new(words.to_vec())), 2).unwrap().shuffle(3);
    let batches: Vec<Vec<String>> = loader.epoch(0).map(Result::unwrap).collect();
    let expected: Vec<String> = permutation(3, 0, 5).into_iter().map(|index| words[index].clone()).collect();
    assert_eq!(batches, expected.chunks(2).collect::<Vec<_>>());
}

/// Four items, of which number 2 cannot be read.
struct Unreadable;

impl Dataset<u8> for Unreadable {
    fn get(&self, index: usize) -> Result<u8, burn::data::dataset::DatasetError> {
        if index == 2 {
            return Err(burn::data::dataset::DatasetError::new(std::io::Error::other("bad sector")));
        }
        Ok(index as u8)
    }

    fn len(&self) -> usize {
        4
    }
}

#[test]
fn an_item_that_cannot_be_read_is_an_error_that_names_it() {
    let samples = BurnSamples::new(Unreadable);
    assert_eq!(samples.gather(&[3, 0]).unwrap(), [3, 0]);
    let error = samples.gather(&[1, 2]).unwrap_err();
    assert!(matches!(error, Error::Sample { index: 2, .. }));
    assert!(
        error.to_string().starts_with("sample 2: ") && error.to_string().contains("bad sector"),
        "{error}"
    );
}
