//! Hooks that change gradients.

use lenet_train::hooks::{Accumulate, ClipGradNorm, ClipGradValue, Ema, FiniteGuard};
use lenet_train::{AfterBackward, AfterStep, Error, Flow, Hook, Hooks};

use crate::net::{Net, Sample, close, fit, loader, trainer};

/// The step that SGD at 0.1 makes, divided by the rate: the gradient that it was given.
fn gradient_of(hook: impl Hook<Net, Vec<Sample>>) -> Vec<f32> {
    let after = fit(hook, 4, 4).model.values();
    Net::new().values().iter().zip(after).map(|(before, after)| (before - after) / 0.1).collect()
}

fn norm(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

#[test]
fn the_norm_is_clipped_over_all_tensors_together() {
    let plain = gradient_of(Hooks::new());
    let limit = norm(&plain) / 3.0;
    let clipped = gradient_of(ClipGradNorm::new(limit.into()));
    let expected: Vec<f32> = plain.iter().map(|value| value / 3.0).collect();
    assert!(close(&clipped, &expected), "{clipped:?} not {expected:?}");
}

#[test]
fn a_norm_below_the_limit_stays() {
    assert_eq!(gradient_of(ClipGradNorm::new(1e3)), gradient_of(Hooks::new()));
}

#[test]
fn values_are_clipped_each_for_itself() {
    let plain = gradient_of(Hooks::new());
    let expected: Vec<f32> = plain.iter().map(|value| value.clamp(-0.5, 0.5)).collect();
    assert_ne!(plain, expected, "the test proves nothing");
    assert!(close(&gradient_of(ClipGradValue::new(0.5)), &expected));
}

#[test]
fn accumulated_batches_do_what_one_large_batch_does() {
    let small = fit(Accumulate::over(3), 12, 2).model.values();
    let large = fit(Hooks::new(), 12, 6).model.values();
    assert!(close(&small, &large), "{small:?} not {large:?}");
}

#[test]
fn what_an_epoch_leaves_over_makes_an_update() {
    let mut updates = Vec::new();
    struct Updates<'a>(&'a mut Vec<bool>);
    impl<B> Hook<Net, B> for Updates<'_> {
        fn after_step(&mut self, step: &AfterStep<'_, Net>) -> Result<Flow, Error> {
            self.0.push(step.updated);
            Ok(Flow::Continue)
        }
    }
    fit(Hooks::new().with(Accumulate::over(3)).with(Updates(&mut updates)), 10, 2);
    assert_eq!(updates, [false, false, true, false, true]);
}

#[test]
fn a_gradient_is_read_and_replaced_by_its_name() {
    struct NoBias;
    impl<B> Hook<Net, B> for NoBias {
        fn after_backward(&mut self, backward: &mut AfterBackward<'_, Net>) -> Result<Flow, Error> {
            let names: Vec<&str> = backward.gradients.iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["layer.weight", "layer.bias"]);
            let bias = backward.gradients.get("layer.bias").unwrap();
            assert_eq!(bias.dims(), [1]);
            assert!(backward.gradients.set("layer.bias", bias.zeros_like()));
            assert!(backward.gradients.get("layer.none").is_none());
            Ok(Flow::Continue)
        }
    }
    let [weight, other, bias] = gradient_of(NoBias)[..] else { panic!() };
    assert!(weight != 0.0 && other != 0.0 && bias == 0.0);
}

#[test]
fn the_average_follows_the_weights() {
    let (mut ema, mut expected) = (Ema::new(0.75), Net::new().values());
    struct Follow<'a>(&'a mut Vec<f32>);
    impl<B> Hook<Net, B> for Follow<'_> {
        fn after_step(&mut self, step: &AfterStep<'_, Net>) -> Result<Flow, Error> {
            for (average, weight) in self.0.iter_mut().zip(step.model.values()) {
                *average = 0.75 * *average + 0.25 * weight;
            }
            Ok(Flow::Continue)
        }
    }
    let model = fit(Hooks::new().with(&mut ema).with(Follow(&mut expected)), 8, 2).model;
    assert_ne!(model.values(), expected);
    assert!(close(&ema.apply(model).values(), &expected));
}

#[test]
fn the_first_tensor_that_is_not_finite_is_named() {
    struct Break(&'static str);
    impl<B> Hook<Net, B> for Break {
        fn after_backward(&mut self, backward: &mut AfterBackward<'_, Net>) -> Result<Flow, Error> {
            let bad = backward.gradients.get(self.0).unwrap().mul_scalar(f32::NAN);
            backward.gradients.set(self.0, bad);
            Ok(Flow::Continue)
        }
    }
    let hooks = Hooks::new().with(Break("layer.bias")).with(FiniteGuard::every(1));
    let error = trainer().hook(hooks).fit(Net::new(), &loader(4, 2)).unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { step: 1, tensor } if tensor == "the gradient of `layer.bias`"),
        "{error}"
    );
}
