//! A training that resumes with more epochs than it had.

use std::path::Path;

use lenet_data::{HostBatch, Loader};
use lenet_model::LeNet;
use lenet_train::{Checkpoints, Error, Loss, Outcome, Schedule, Trainer};

use crate::run::{device, digits};

/// Trains so many epochs, from the newest checkpoint in `folder` if there is one.
fn fit(folder: &Path, schedule: Schedule, epochs: u64) -> Result<Outcome<LeNet>, Error> {
    let device = device().autodiff();
    let train = Loader::new(digits(0..32), 16)?.shuffle(7);
    let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .schedule(schedule)
    .epochs(epochs)
    .checkpoints(Checkpoints::in_folder(folder));
    if let Some(checkpoint) = Checkpoints::latest(folder)?.checkpoint {
        trainer = trainer.resume(checkpoint);
    }
    trainer.fit(LeNet::new(1, &device), &train)
}

#[test]
fn is_the_longer_one_if_the_learning_rates_do_not_depend_on_the_epochs() {
    let schedules = [
        Schedule::Constant { learning_rate: 0.01 },
        Schedule::Step { initial: 0.01, every: 3, factor: 0.5 },
        Schedule::Exponential { initial: 0.01, factor: 0.9 },
    ];
    for schedule in schedules {
        let [short, long] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        fit(short.path(), schedule, 1).unwrap();
        let resumed = fit(short.path(), schedule, 3).unwrap();
        let whole = fit(long.path(), schedule, 3).unwrap();
        assert_eq!((resumed.epochs, resumed.steps), (3, 6));
        assert!(resumed.model.state_dict().unwrap() == whole.model.state_dict().unwrap(), "{schedule:?}");
        let error = fit(short.path(), schedule, 2).unwrap_err().to_string();
        assert!(error.ends_with("of another training: `epochs` was 3, is 2"), "{error}");
    }
}

#[test]
fn is_refused_if_they_do() {
    for schedule in [Schedule::OneCycle { peak: 0.01 }, Schedule::Cosine { initial: 0.01, last: 0.0 }] {
        let folder = tempfile::tempdir().unwrap();
        fit(folder.path(), schedule, 1).unwrap();
        let error = fit(folder.path(), schedule, 3).unwrap_err().to_string();
        assert!(error.ends_with("of another training: `epochs` was 1, is 3"), "{error}");
    }
}
