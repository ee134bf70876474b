//! What a fit makes of a module.

use std::cell::Cell;

use lenet_train::{AfterEpoch, AfterStep, End, Error, Evaluation, Flow, Hook, Optimizer, Schedule, Trainer};

use crate::perceptron::{Perceptron, Point, accuracy, loader, loss, loss_value, points};

const RATE: Schedule = Schedule::Constant { learning_rate: 0.5 };

/// The bits after two epochs over 50 points in batches of 8.
fn trained(weights_seed: u64, order_seed: u64, prefetch_threads: usize) -> Vec<u32> {
    let train = loader(&points(50), 8).shuffle(order_seed).prefetch(prefetch_threads);
    let trainer = Trainer::new(loss).optimizer(Optimizer::sgd().momentum(0.9)).schedule(RATE).epochs(2);
    trainer.fit(Perceptron::new(weights_seed), &train).unwrap().model.bits()
}

#[test]
fn any_module_learns_from_any_samples() {
    let points = points(200);
    let (train, test) = points.split_at(150);
    assert!(accuracy(&Perceptron::new(1), test) < 0.7);
    let trainer = Trainer::new(loss).optimizer(Optimizer::sgd().momentum(0.9)).schedule(RATE).epochs(40);
    let outcome = trainer.fit(Perceptron::new(1), &loader(train, 10)).unwrap();
    assert!(accuracy(&outcome.model, test) >= 0.96, "{}", accuracy(&outcome.model, test));
}

#[test]
fn the_same_seeds_give_the_same_bits() {
    assert_eq!(trained(1, 2, 0), trained(1, 2, 0));
}

#[test]
fn other_weights_and_another_order_give_other_bits() {
    assert_ne!(trained(1, 2, 0), trained(2, 2, 0));
    assert_ne!(trained(1, 2, 0), trained(1, 3, 0));
}

#[test]
fn the_number_of_prefetch_threads_changes_no_bit() {
    for threads in 1..=4 {
        assert_eq!(trained(1, 2, threads), trained(1, 2, 0), "{threads} threads");
    }
}

#[test]
fn each_epoch_has_the_order_of_its_number() {
    let train = loader(&points(20), 4);
    let mut seen = Vec::new();
    let trainer = Trainer::new(|net: &Perceptron, batch: Vec<Point>| {
        seen.push(batch.clone());
        loss(net, batch)
    });
    trainer.epochs(3).fit(Perceptron::new(1), &train).unwrap();
    let expected: Vec<Vec<Point>> = (0..3).flat_map(|epoch| train.epoch(epoch)).map(Result::unwrap).collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_outcome_counts_what_was_done() {
    let outcome = Trainer::new(loss).epochs(3).fit(Perceptron::new(1), &loader(&points(10), 4)).unwrap();
    assert_eq!((outcome.steps, outcome.epochs, outcome.samples), (9, 3, 30));
    assert_eq!(outcome.end, End::Completed);
    assert_eq!(outcome.end.to_string(), "completed");
    assert!(!outcome.training_time.is_zero());
}

#[test]
fn a_fit_ends_after_its_most_steps_in_the_middle_of_an_epoch() {
    let train = loader(&points(10), 4); // 3 batches an epoch
    let (validated, mut log) = (Cell::new(0), Log::default());
    let outcome = Trainer::new(loss)
        .schedule(Schedule::WarmUpLinear { peak: 1.0, warm_up_share: 0.0 })
        .epochs(3)
        .max_steps(5)
        .validate(|_| {
            validated.set(validated.get() + 1);
            Ok(Evaluation::new(0.5, 1))
        })
        .hook(&mut log)
        .fit(Perceptron::new(1), &train)
        .unwrap();
    assert_eq!((outcome.steps, outcome.epochs, outcome.samples), (5, 2, 18));
    assert_eq!((outcome.end, validated.get()), (End::Completed, 2));
    let Log { rates, epochs } = log;
    assert_eq!(epochs, [(3, 10), (5, 8)]);
    let expected = [1.0, 0.8, 0.6, 0.4, 0.2];
    assert!(
        rates.len() == 5
            && rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-15),
        "{rates:?}"
    );
}

/// Learning rate of each step; number of steps and samples at the end of each epoch.
#[derive(Default)]
struct Log {
    rates: Vec<f64>,
    epochs: Vec<(u64, u64)>,
}

impl<M, B> Hook<M, B> for Log {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        assert_eq!(step.total_steps, 5);
        self.rates.push(step.learning_rate);
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        self.epochs.push((epoch.step, epoch.samples));
        Ok(Flow::Continue)
    }
}

#[test]
fn more_most_steps_than_there_are_change_nothing() {
    let bits = |trainer: Trainer<'_, _, _>| {
        trainer.epochs(2).fit(Perceptron::new(1), &loader(&points(10), 4)).unwrap().model.bits()
    };
    assert_eq!(bits(Trainer::new(loss).max_steps(100)), bits(Trainer::new(loss)));
    let none = Trainer::new(loss).max_steps(0).fit(Perceptron::new(1), &loader(&points(10), 4)).unwrap();
    assert_eq!((none.steps, none.epochs), (0, 0));
}

/// One epoch of plain SGD at 0.01, as the documentation says. The gradient is that of the first layer's bias.
#[test]
fn what_a_trainer_is_not_told_it_does_plainly() {
    let points = points(6);
    let net = Perceptron::new(1);
    let gradients = loss(&net, points.clone()).backward();
    let bias = net.hidden.bias.clone().unwrap().val();
    let step = bias.grad(&gradients).unwrap().mul_scalar(0.01);
    let expected = bias.inner().sub(step).into_data().try_into_vec::<f32>().unwrap();

    let train = loader(&points, 6); // The gradient of a mean hardly depends on the order.
    let outcome = Trainer::new(loss).fit(net, &train).unwrap();
    assert_eq!(outcome.steps, 1);
    let bias = outcome.model.hidden.bias.unwrap().val().inner().into_data().try_into_vec::<f32>().unwrap();
    for (value, expected) in bias.into_iter().zip(expected) {
        assert!((value - expected).abs() <= 2.0 * f32::EPSILON, "{value} instead of {expected}");
    }
}

#[test]
fn a_trained_module_can_be_trained_on() {
    let points = points(40);
    let fit = |net| Trainer::new(loss).schedule(RATE).fit(net, &loader(&points, 8)).unwrap().model;
    let once = fit(Perceptron::new(1));
    let before = loss_value(&once, &points);
    assert!(loss_value(&fit(once), &points) < before);
}

#[test]
fn without_batches_there_is_nothing_to_do() {
    let untrained = Perceptron::new(1).bits();
    for train in [loader(&[], 4), loader(&points(3), 4).drop_last()] {
        let outcome = Trainer::new(loss).epochs(5).fit(Perceptron::new(1), &train).unwrap();
        assert_eq!((outcome.steps, outcome.epochs, outcome.samples), (0, 0, 0));
        assert_eq!(outcome.end, End::Completed);
        assert_eq!(outcome.model.bits(), untrained);
    }
}

#[test]
fn no_epochs_leave_the_module_as_it_was() {
    let outcome = Trainer::new(loss).epochs(0).fit(Perceptron::new(1), &loader(&points(8), 4)).unwrap();
    assert_eq!((outcome.steps, outcome.end), (0, End::Completed));
    assert_eq!(outcome.model.bits(), Perceptron::new(1).bits());
}

#[test]
fn validation_sees_the_trained_module_without_autodiff_once_an_epoch() {
    let calls = Cell::new(0);
    let trainer = Trainer::new(loss).epochs(3).validate(|net: &Perceptron| {
        calls.set(calls.get() + 1);
        assert!(!net.hidden.weight.val().is_autodiff());
        assert_ne!(net.bits(), Perceptron::new(1).bits());
        Ok(Evaluation::new(0.0, 0).with_accuracy(0.0))
    });
    let outcome = trainer.fit(Perceptron::new(1), &loader(&points(8), 4)).unwrap();
    assert_eq!(calls.get(), 3);
    assert!(outcome.model.hidden.weight.val().is_autodiff());
}
