//! [`Hook`]: code that watches and steers a training.

use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, Error, FitEnd, FitStart,
    Flow,
};

/// Code that a [`Trainer`](crate::Trainer) calls while it trains a module `M` on batches of type `B`. Every
/// event has a default that does nothing.
///
/// ```text
/// fit_start
///   epoch_start
///     batch_ready → loss, gradients → after_backward → update → after_step      for every batch
///   for_validation → validation → after_validation
///   after_epoch
/// fit_end                                                   on_error, if one of these returns an error
/// ```
///
/// A hook that needs neither the type of the module nor that of the batch is one for all of them:
///
/// ```
/// use lenet_train::{AfterStep, Error, Flow, Hook};
///
/// /// Ends the fit as soon as the loss is low enough.
/// struct GoodEnough(f32);
///
/// impl<M, B> Hook<M, B> for GoodEnough {
///     fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
///         let good = step.loss.get()? < self.0;
///         Ok(if good { Flow::EndFit("good enough".into()) } else { Flow::Continue })
///     }
/// }
/// ```
///
/// Only these functions wait for the device: [`LossValue::get`](crate::LossValue::get), and the tensors
/// of [`Gradients`](crate::Gradients) when they are read back. An error of any event ends the fit and is
/// returned from it.
#[allow(unused_variables)]
pub trait Hook<M, B> {
    /// Name of the hook's state in checkpoints; the name of the type unless overridden.
    fn name(&self) -> &'static str {
        short_name(std::any::type_name::<Self>())
    }

    /// The fit begins, or resumes from a checkpoint.
    ///
    /// # Errors
    /// Ends the fit.
    fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
        Ok(())
    }

    /// An epoch begins.
    ///
    /// # Errors
    /// Ends the fit.
    fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// A batch is loaded. The hook may change the batch and the learning rate.
    ///
    /// # Errors
    /// Ends the fit.
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The gradients are computed. The hook may change them.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The parameters are updated.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// Returns the module to validate, made from the trained one (both without autodiff). The default returns
    /// the trained module.
    fn for_validation(&self, model: M) -> M {
        model
    }

    /// The module is validated.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_validation(&mut self, validation: &AfterValidation<'_, M>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// An epoch is over, its validation included.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The fit is over, without an error.
    ///
    /// # Errors
    /// Is returned from the fit.
    fn fit_end(&mut self, end: &FitEnd<'_, M>) -> Result<(), Error> {
        Ok(())
    }

    /// The fit ends with an error.
    fn on_error(&mut self, error: &Error) {}

    /// State of the hook for a checkpoint: everything that it needs to resume from here. `None` if it has no
    /// state.
    ///
    /// # Errors
    /// Ends the fit.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    /// Resumes from bytes that [`state`](Self::state) returned.
    ///
    /// # Errors
    /// Ends the fit before its first step.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

/// `crate::module::Type<Parameter>` without modules and parameters.
fn short_name(name: &'static str) -> &'static str {
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

/// Implements [`Hook`] for borrowed and boxed hooks.
macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<M, B, H: Hook<M, B> + ?Sized> Hook<M, B> for $pointer {
            fn name(&self) -> &'static str {
                (**self).name()
            }
            fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
                (**self).fit_start(start)
            }
            fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
                (**self).epoch_start(start)
            }
            fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
                (**self).batch_ready(ready)
            }
            fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
                (**self).after_backward(backward)
            }
            fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
                (**self).after_step(step)
            }
            fn for_validation(&self, model: M) -> M {
                (**self).for_validation(model)
            }
            fn after_validation(&mut self, validation: &AfterValidation<'_, M>) -> Result<Flow, Error> {
                (**self).after_validation(validation)
            }
            fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
                (**self).after_epoch(epoch)
            }
            fn fit_end(&mut self, end: &FitEnd<'_, M>) -> Result<(), Error> {
                (**self).fit_end(end)
            }
            fn on_error(&mut self, error: &Error) {
                (**self).on_error(error);
            }
            fn state(&self) -> Result<Option<Vec<u8>>, Error> {
                (**self).state()
            }
            fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
                (**self).restore(state)
            }
        }
    )*};
}

forward!(&mut H, Box<H>);
