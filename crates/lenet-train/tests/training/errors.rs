//! What keeps a fit from going on comes out of it, as a value.

use burn::data::dataset::InMemDataset;
use burn::module::Module;
use lenet_data::{BurnSamples, Loader, Samples};
use lenet_train::{Error, Trainer};

use crate::perceptron::{Perceptron, Point, loader, loss, points};

/// Points of which the sixth cannot be read.
struct Damaged(BurnSamples<InMemDataset<Point>, Point>);

impl Samples for Damaged {
    type Batch = Vec<Point>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn gather(&self, indices: &[usize]) -> Result<Vec<Point>, lenet_data::Error> {
        if indices.contains(&5) {
            return Err(lenet_data::Error::Sample { index: 5, reason: "unreadable".into() });
        }
        self.0.gather(indices)
    }
}

#[test]
fn a_sample_that_cannot_be_read_ends_the_fit_at_its_batch() {
    let mut batches = 0;
    let trainer = Trainer::new(|net: &Perceptron, batch| {
        batches += 1;
        loss(net, batch)
    });
    let samples = Damaged(BurnSamples::new(InMemDataset::new(points(10))));
    let error = trainer.fit(Perceptron::new(1), &Loader::new(samples, 2).unwrap()).unwrap_err();
    assert!(matches!(error, Error::Data(lenet_data::Error::Sample { index: 5, .. })));
    assert_eq!(batches, 2);
}

#[test]
fn an_error_of_validation_comes_out_of_the_fit() {
    let trainer = Trainer::new(loss).validate(|_| Err(Error::Device("gone".into())));
    let error = trainer.fit(Perceptron::new(1), &loader(&points(4), 2)).unwrap_err();
    assert_eq!(error.to_string(), "cannot read from the device: gone");
}

#[test]
fn a_module_without_autodiff_is_an_error_that_says_what_to_do() {
    let error = Trainer::new(loss).fit(Perceptron::new(1).valid(), &loader(&points(4), 2)).unwrap_err();
    assert!(matches!(error, Error::NoGradient));
    assert!(error.to_string().contains("device.autodiff()"), "{error}");
}
