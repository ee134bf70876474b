//! Hooks that steer, and those that only watch.

use std::cell::RefCell;

use lenet_train::hooks::{EarlyStopping, OverfitOneBatch, RateRangeTest, ReduceOnPlateau, StepTimes};
use lenet_train::{
    AfterBackward, AfterStep, BatchReady, End, EpochStart, Error, Evaluation, FitEnd, FitStart, Flow, Hook,
    Hooks,
};

use crate::net::{Net, Sample, fit, loader, samples, trainer};

/// What validation is made to find, epoch by epoch.
fn valid(losses: &'static [f64]) -> impl FnMut(&Net) -> Result<Evaluation, Error> {
    let mut losses = losses.iter();
    move |_| Ok(Evaluation::new(*losses.next().unwrap(), 1).with_accuracy(0.0))
}

#[derive(Default)]
struct Rates(Vec<f64>);

impl<M, B> Hook<M, B> for Rates {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        self.0.push(step.learning_rate);
        Ok(Flow::Continue)
    }
}

#[test]
fn training_ends_when_validation_gets_no_better() {
    let trainer =
        trainer().epochs(9).validate(valid(&[5.0, 4.0, 4.5, 4.25, 4.0])).hook(EarlyStopping::new(2));
    let outcome = trainer.fit(Net::new(), &loader(4, 4)).unwrap();
    assert_eq!(outcome.epochs, 5);
    assert_eq!(outcome.end, End::Hook("no better for 3 epochs: the lowest loss was 4".into()));
}

#[test]
fn the_rate_falls_when_validation_gets_no_better() {
    let mut rates = Rates::default();
    let hooks = Hooks::new().with(ReduceOnPlateau::new(0.5, 1)).with(&mut rates);
    let losses = &[3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0];
    trainer().epochs(7).validate(valid(losses)).hook(hooks).fit(Net::new(), &loader(4, 4)).unwrap();
    assert_eq!(rates.0, [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025]);
}

#[test]
fn one_batch_takes_the_place_of_all() {
    let train = loader(20, 4);
    let seen = RefCell::new(Vec::new());
    let trainer = lenet_train::Trainer::new(|net: &Net, batch: Vec<Sample>| {
        seen.borrow_mut().push(batch.clone());
        crate::net::loss(net, batch)
    });
    trainer.hook(OverfitOneBatch::first_of(&train).unwrap()).fit(Net::new(), &train).unwrap();
    assert_eq!(seen.into_inner(), vec![samples(4); 5]);
}

#[test]
fn a_range_test_raises_the_rate_evenly_and_writes_its_curve() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curve.csv");
    let outcome = fit(RateRangeTest::new(&path, 1e-4, 1e-2, 3), 20, 2);
    assert_eq!(outcome.steps, 3);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).map(|row| row.split(',').next().unwrap().parse::<f64>().unwrap());
    for (rate, expected) in rows.zip([1e-4, 1e-3, 1e-2]) {
        assert!((rate / expected - 1.0).abs() < 1e-12, "{rate}");
    }
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn a_range_test_ends_when_the_loss_rises() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = fit(RateRangeTest::new(&folder.path().join("curve.csv"), 1e-2, 1e3, 100), 400, 2);
    assert!(outcome.steps < 100);
    assert_eq!(outcome.end, End::Hook("the learning-rate range test is over: the loss rises".into()));
}

#[test]
fn times_are_means_over_the_steps() {
    let mut times = StepTimes::new();
    assert!(times.mean().forward.is_zero());
    fit(&mut times, 8, 2);
    assert!(!times.mean().forward.is_zero() && !times.mean().backward.is_zero());
}

/// Writes down every event, and answers one of them.
struct Log<'a> {
    log: &'a RefCell<Vec<&'static str>>,
    at: &'static str,
    answer: Flow,
}

impl Log<'_> {
    fn tell(&self, event: &'static str) -> Result<Flow, Error> {
        self.log.borrow_mut().push(event);
        Ok(if event == self.at { self.answer.clone() } else { Flow::Continue })
    }
}

impl<B> Hook<Net, B> for Log<'_> {
    fn fit_start(&mut self, _: &FitStart<'_, Net>) -> Result<(), Error> {
        self.tell("fit start").map(drop)
    }
    fn epoch_start(&mut self, _: &EpochStart) -> Result<Flow, Error> {
        self.tell("epoch start")
    }
    fn batch_ready(&mut self, _: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        self.tell("batch")
    }
    fn after_backward(&mut self, _: &mut AfterBackward<'_, Net>) -> Result<Flow, Error> {
        self.tell("backward")
    }
    fn after_step(&mut self, _: &AfterStep<'_, Net>) -> Result<Flow, Error> {
        self.tell("step")
    }
    fn after_validation(&mut self, _: &lenet_train::AfterValidation<'_, Net>) -> Result<Flow, Error> {
        self.tell("validation")
    }
    fn after_epoch(&mut self, _: &lenet_train::AfterEpoch) -> Result<Flow, Error> {
        self.tell("epoch")
    }
    fn fit_end(&mut self, _: &FitEnd<'_, Net>) -> Result<(), Error> {
        self.tell("fit end").map(drop)
    }
}

/// The events of one epoch of two batches, and the weights.
fn events(at: &'static str, answer: Flow) -> (String, Vec<f32>) {
    let log = RefCell::new(Vec::new());
    let trainer = trainer().validate(valid(&[1.0])).hook(Log { log: &log, at, answer });
    let model = trainer.fit(Net::new(), &loader(4, 2)).unwrap().model;
    (log.into_inner().join(", "), model.values())
}

#[test]
fn events_come_in_order() {
    let (log, _) = events("", Flow::Continue);
    assert_eq!(
        log,
        "fit start, epoch start, batch, backward, step, batch, backward, step, validation, epoch, fit end"
    );
}

#[test]
fn a_batch_can_be_skipped() {
    let (log, values) = events("batch", Flow::SkipStep);
    assert_eq!(log, "fit start, epoch start, batch, batch, validation, epoch, fit end");
    assert_eq!(values, Net::new().values());
}

#[test]
fn an_update_can_be_skipped() {
    let (log, values) = events("backward", Flow::SkipStep);
    assert!(log.contains("batch, backward, step, batch, backward, step"), "{log}");
    assert_eq!(values, Net::new().values());
}

#[test]
fn an_epoch_can_be_ended() {
    let (log, _) = events("step", Flow::EndEpoch);
    assert_eq!(log, "fit start, epoch start, batch, backward, step, validation, epoch, fit end");
}
