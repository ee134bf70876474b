//! What hooks are told, in which order, and what they can do.

use std::cell::RefCell;

use lenet_train::{
    AfterEpoch, AfterStep, End, Error, Evaluation, Flow, Hook, LossValue, Outcome, Schedule, Trainer,
};

use crate::device;
use crate::perceptron::{Perceptron, Point, loader, loss, loss_value, points};

/// Hooks of two closures.
struct Closures<S, E>(S, E);

impl<S, E, B> Hook<Perceptron, B> for Closures<S, E>
where
    S: FnMut(&AfterStep<'_, Perceptron>) -> Result<Flow, Error>,
    E: FnMut(&AfterEpoch) -> Result<Flow, Error>,
{
    fn after_step(&mut self, step: &AfterStep<'_, Perceptron>) -> Result<Flow, Error> {
        self.0(step)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        self.1(epoch)
    }
}

fn each_step<'a>(
    step: impl FnMut(&AfterStep<'_, Perceptron>) -> Result<Flow, Error> + 'a,
) -> impl Hook<Perceptron, Vec<Point>> + 'a {
    Closures(step, |_: &AfterEpoch| Ok(Flow::Continue))
}

fn each_epoch<'a>(
    epoch: impl FnMut(&AfterEpoch) -> Result<Flow, Error> + 'a,
) -> impl Hook<Perceptron, Vec<Point>> + 'a {
    Closures(|_: &AfterStep<'_, Perceptron>| Ok(Flow::Continue), epoch)
}

/// Fits two epochs of 10 points in batches of 4, 4 and 2.
fn fit(hook: impl Hook<Perceptron, Vec<Point>>) -> Result<Outcome<Perceptron>, Error> {
    Trainer::new(loss).epochs(2).hook(hook).fit(Perceptron::new(1), &loader(&points(10), 4))
}

fn end(reason: &str) -> Result<Flow, Error> {
    Ok(Flow::EndFit(reason.into()))
}

fn broken(what: &str) -> Error {
    Error::Device(what.into())
}

#[test]
fn events_come_in_order_with_their_numbers() {
    let log = RefCell::new(Vec::new());
    let write = |line: String| {
        log.borrow_mut().push(line);
        Ok(Flow::Continue)
    };
    fit(Closures(
        |step: &AfterStep<'_, Perceptron>| {
            let AfterStep { epoch, step, total_steps, batch_size, .. } = step;
            write(format!("epoch {epoch} step {step}/{total_steps} batch of {batch_size}"))
        },
        |epoch: &AfterEpoch| {
            let AfterEpoch { epoch, step, samples, .. } = epoch;
            write(format!("epoch {epoch} over at step {step}, {samples} samples"))
        },
    ))
    .unwrap();
    assert_eq!(
        log.into_inner(),
        [
            "epoch 0 step 1/6 batch of 4",
            "epoch 0 step 2/6 batch of 4",
            "epoch 0 step 3/6 batch of 2",
            "epoch 0 over at step 3, 10 samples",
            "epoch 1 step 4/6 batch of 4",
            "epoch 1 step 5/6 batch of 4",
            "epoch 1 step 6/6 batch of 2",
            "epoch 1 over at step 6, 10 samples",
        ]
    );
}

#[test]
fn hooks_are_called_in_the_order_in_which_they_were_added() {
    let log = RefCell::new(String::new());
    let tell = |name: char| {
        let log = &log;
        each_step(move |_| {
            log.borrow_mut().push(name);
            Ok(Flow::Continue)
        })
    };
    let trainer = Trainer::new(loss).hook(tell('a')).hook(tell('b')).hook(tell('c'));
    trainer.fit(Perceptron::new(1), &loader(&points(4), 2)).unwrap();
    assert_eq!(log.into_inner(), "abcabc");
}

#[test]
fn a_step_has_the_module_after_its_update_and_the_loss_before() {
    let train = loader(&points(12), 4);
    let batches: Vec<_> = train.epoch(0).map(Result::unwrap).collect();
    let mut before = Perceptron::new(1);
    let hook = each_step(|step| {
        let expected = loss_value(&before, &batches[step.step as usize - 1]);
        assert!((step.loss.get()? - expected).abs() <= 4.0 * f32::EPSILON);
        assert_ne!(step.model.bits(), before.bits());
        before = step.model.clone();
        Ok(Flow::Continue)
    });
    let outcome = Trainer::new(loss).hook(hook).fit(Perceptron::new(1), &train).unwrap();
    assert_eq!(outcome.model.bits(), before.bits());
}

#[test]
fn a_step_has_the_learning_rate_of_the_schedule() {
    let schedule = Schedule::OneCycle { peak: 0.3 };
    let mut rates = Vec::new();
    let hook = each_step(|step| {
        rates.push(step.learning_rate);
        Ok(Flow::Continue)
    });
    let trainer = Trainer::new(loss).schedule(schedule).epochs(2).hook(hook);
    trainer.fit(Perceptron::new(1), &loader(&points(10), 4)).unwrap();
    assert_eq!(rates, (0..6).map(|step| schedule.learning_rate(step, 6)).collect::<Vec<_>>());
}

/// At a rate of 0 the module stays as it is, so the mean over the samples is that of one large batch. The
/// last batch holds one point of nine: a mean over batches would give it more than its share.
#[test]
fn the_loss_of_an_epoch_is_the_mean_over_its_samples() {
    let points = points(9);
    let mut means = Vec::new();
    let hook = each_epoch(|epoch| {
        means.push(epoch.train_loss);
        Ok(Flow::Continue)
    });
    let still = Schedule::Constant { learning_rate: 0.0 };
    let trainer = Trainer::new(loss).schedule(still).epochs(2).hook(hook);
    let train = loader(&points, 4);
    trainer.fit(Perceptron::new(1), &train).unwrap();

    let expected = f64::from(loss_value(&Perceptron::new(1), &points));
    let [first, second] = means[..] else { panic!("{means:?}") };
    for mean in [first, second] {
        assert!((mean - expected).abs() < 8.0 * f64::from(f32::EPSILON), "{mean} instead of {expected}");
    }
    let of_batches = train.epoch(0).map(|batch| f64::from(loss_value(&Perceptron::new(1), &batch.unwrap())));
    assert!((of_batches.sum::<f64>() / 3.0 - expected).abs() > 1e-3, "the test proves nothing");
}

#[test]
fn an_epoch_has_what_validation_found() {
    let found = Evaluation::new(0.25, 4).with_accuracy(0.75);
    for (validate, expected) in [(true, Some(found)), (false, None)] {
        let hook = each_epoch(|epoch| {
            assert_eq!(epoch.valid, expected);
            end("seen")
        });
        let mut trainer = Trainer::new(loss).hook(hook);
        if validate {
            trainer = trainer.validate(|_| Ok(found));
        }
        let outcome = trainer.fit(Perceptron::new(1), &loader(&points(4), 2)).unwrap();
        assert_eq!(outcome.end, End::Hook("seen".into()));
    }
}

#[test]
fn a_hook_ends_the_fit_after_a_step() {
    let outcome =
        fit(each_step(|step| if step.step == 5 { end("enough") } else { Ok(Flow::Continue) })).unwrap();
    assert_eq!((outcome.steps, outcome.epochs, outcome.samples), (5, 1, 10 + 8));
    assert_eq!(outcome.end, End::Hook("enough".into()));
    assert_eq!(outcome.end.to_string(), "enough");
}

#[test]
fn a_hook_ends_the_fit_after_an_epoch() {
    let outcome = fit(each_epoch(|_| end("good"))).unwrap();
    assert_eq!((outcome.steps, outcome.epochs, outcome.samples), (3, 1, 10));
    assert_eq!(outcome.end, End::Hook("good".into()));
}

#[test]
fn all_hooks_hear_of_the_last_step_and_the_first_reason_counts() {
    let mut heard = 0;
    let last = each_step(|_| {
        heard += 1;
        Ok(Flow::Continue)
    });
    let trainer =
        Trainer::new(loss).hook(each_step(|_| end("first"))).hook(each_step(|_| end("second"))).hook(last);
    let outcome = trainer.fit(Perceptron::new(1), &loader(&points(8), 2)).unwrap();
    assert_eq!((outcome.end, heard), (End::Hook("first".into()), 1));
}

#[test]
fn an_error_of_a_hook_comes_out_of_the_fit() {
    let after_step = fit(each_step(|_| Err(broken("step")))).unwrap_err();
    assert!(matches!(after_step, Error::Device(what) if what == "step"));
    let after_epoch = fit(each_epoch(|_| Err(broken("epoch")))).unwrap_err();
    assert!(matches!(after_epoch, Error::Device(what) if what == "epoch"));
}

#[test]
fn a_loss_can_be_read_more_than_once() {
    let value = LossValue::new(burn::Tensor::from_floats([0.75], &device()));
    assert_eq!([value.get().unwrap(), value.get().unwrap()], [0.75, 0.75]);
}
