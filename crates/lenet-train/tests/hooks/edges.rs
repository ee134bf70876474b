//! Values outside their range, and trainings with nothing in them.

use std::cell::RefCell;

use lenet_train::hooks::{Accumulate, ClipGradNorm, ClipGradValue, OverfitOneBatch, RateRangeTest};
use lenet_train::{
    AfterBackward, AfterStep, BatchReady, CrossEntropy, Error, Flow, Gradients, Hook, Hooks, LossValue,
};

use crate::net::{Net, Sample, loader, trainer};

#[test]
fn limits_below_0_are_errors_before_the_first_step() {
    for limit in [-1.0, f64::NAN] {
        let results = [
            trainer().hook(ClipGradValue::new(limit)).fit(Net::new(), &loader(4, 2)),
            trainer().hook(ClipGradNorm::new(limit)).fit(Net::new(), &loader(4, 2)),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Value { .. }), "{error}");
            assert!(error.to_string().contains("expected a number from 0 up"), "{error}");
        }
    }
}

#[test]
fn a_smoothing_outside_0_to_1_is_an_error() {
    for share in [-0.1, 1.1, 2.0, f32::NAN] {
        let error = CrossEntropy::new().smoothing(share).unwrap_err();
        assert!(error.to_string().starts_with("CrossEntropy::smoothing is "), "{error}");
    }
    assert!(CrossEntropy::new().smoothing(1.0).is_ok());
}

#[test]
fn one_batch_of_an_empty_loader_does_not_exist() {
    let error = OverfitOneBatch::first_of(&loader(0, 4)).unwrap_err();
    assert!(error.to_string().contains("the loader has no batch"), "{error}");
}

/// The loss falls, and at the end is no number.
#[test]
fn the_steepest_fall_is_not_where_the_loss_is_nan() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = RateRangeTest::new(&folder.path().join("curve.csv"), 1e-4, 1.0, 5);
    let net = Net::new();
    for (step, loss) in (1..).zip([4.0, 3.0, 1.0, 0.9, f32::NAN]) {
        let loss = LossValue::new(burn::Tensor::from_floats([loss], &net.layer.weight.device().inner()));
        let learning_rate = 10_f64.powi(step as i32 - 5);
        let event = AfterStep::new(step, 1, loss, &net).at(0, learning_rate);
        <RateRangeTest as Hook<Net, Vec<Sample>>>::after_step(&mut test, &event).unwrap();
    }
    assert!(test.steepest().is_some_and(|rate| rate.is_finite() && rate < 0.1), "{:?}", test.steepest());
}

/// Leaves out the last batch of an epoch.
struct SkipLast;

impl<B> Hook<Net, B> for SkipLast {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        Ok(if ready.step.is_multiple_of(3) { Flow::SkipStep } else { Flow::Continue })
    }
}

/// Three batches an epoch, of which the third is left out: each update has the gradients of its own epoch
/// only.
#[test]
fn accumulated_gradients_end_with_their_epoch() {
    let updates = RefCell::new(Vec::new());
    struct Updates<'a>(&'a RefCell<Vec<u64>>);
    impl<B> Hook<Net, B> for Updates<'_> {
        fn after_step(&mut self, step: &AfterStep<'_, Net>) -> Result<Flow, Error> {
            if step.updated {
                self.0.borrow_mut().push(step.step);
            }
            Ok(Flow::Continue)
        }
    }
    let hooks = Hooks::new().with(SkipLast).with(Accumulate::over(3)).with(Updates(&updates));
    trainer().epochs(2).hooks(hooks).fit(Net::new(), &loader(6, 2)).unwrap();
    assert_eq!(updates.into_inner(), [0; 0]); // Carried on, the third gradient would make an update at step 4.
}

/// A loop without a trainer gets the same error.
#[test]
fn a_limit_below_0_is_an_error_at_a_step_too() {
    let net = Net::new();
    let loss = LossValue::new(burn::Tensor::from_floats([1.0], &net.layer.weight.device().inner()));
    let mut gradients = Gradients::new(burn::optim::GradientsParams::new(), lenet_train::parameters(&net));
    let mut event = AfterBackward::new(1, &loss, &mut gradients, &net);
    let flow =
        <ClipGradValue as Hook<Net, Vec<Sample>>>::after_backward(&mut ClipGradValue::new(-1.0), &mut event);
    assert!(matches!(flow, Err(Error::Value { .. })));
}
