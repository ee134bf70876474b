//! [`Hook`]: what watches and steers a training.

use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, Error, FitEnd, FitStart,
};

/// Code that a [`Trainer`](crate::Trainer) calls as it goes on. Every event has a default that does nothing.
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
/// ```
/// use lenet_train::{AfterStep, Error, Flow, Hook};
///
/// /// Ends the fit as soon as the loss is low enough.
/// struct GoodEnough(f32);
///
/// impl<M> Hook<M> for GoodEnough {
///     fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
///         let good = step.loss.get()? < self.0;
///         Ok(if good { Flow::EndFit("good enough".into()) } else { Flow::Continue })
///     }
/// }
/// ```
///
/// Nothing here waits for the device but what says so: [`LossValue::get`](crate::LossValue::get) and the
/// tensors of [`Gradients`](crate::Gradients) once they are read back. An error of any event ends the fit and is
/// returned from it.
#[allow(unused_variables)]
pub trait Hook<M> {
    /// Under which its state is kept in checkpoints; the name of the type unless it is overridden.
    fn name(&self) -> &'static str {
        short_name(std::any::type_name::<Self>())
    }

    /// The fit begins, or goes on from a checkpoint.
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

    /// A batch is there and may be changed, and the learning rate with it.
    ///
    /// # Errors
    /// Ends the fit.
    fn batch_ready(&mut self, ready: &mut BatchReady<'_>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The gradients are there and may be changed.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The parameters have been updated.
    ///
    /// # Errors
    /// Ends the fit.
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }

    /// The module that validation judges, made from the trained one (both without autodiff): that one, unless
    /// overridden.
    fn for_validation(&self, model: M) -> M {
        model
    }

    /// The module has been validated.
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

    /// All that the hook needs to go on from here, for a checkpoint. `None` if it needs nothing.
    ///
    /// # Errors
    /// Ends the fit.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    /// Goes on from what [`state`](Self::state) returned.
    ///
    /// # Errors
    /// Ends the fit before its first step.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

/// How the training goes on after a hook. If several hooks answer one event, the strongest answer counts, and of
/// two reasons the first: a later variant is stronger than an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// As if there were no hook.
    Continue,
    /// With the next batch. From [`Hook::batch_ready`] this one is not used at all; from
    /// [`Hook::after_backward`] it changes no parameter. Elsewhere it is too late to skip anything.
    SkipStep,
    /// With the end of this epoch: its validation, then the next epoch.
    EndEpoch,
    /// Not at all, for a reason that [`Outcome`](crate::Outcome) keeps.
    EndFit(String),
}

impl Flow {
    /// The stronger of two answers, the first of equally strong ones.
    pub(crate) fn and(self, later: Self) -> Self {
        if later.strength() > self.strength() { later } else { self }
    }

    fn strength(&self) -> u8 {
        match self {
            Self::Continue => 0,
            Self::SkipStep => 1,
            Self::EndEpoch => 2,
            Self::EndFit(_) => 3,
        }
    }
}

/// `crate::module::Type<Parameter>` without modules and parameters.
fn short_name(name: &'static str) -> &'static str {
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

/// A hook that is lent, or in a box, is a hook.
macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<M, H: Hook<M> + ?Sized> Hook<M> for $pointer {
            fn name(&self) -> &'static str {
                (**self).name()
            }
            fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
                (**self).fit_start(start)
            }
            fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
                (**self).epoch_start(start)
            }
            fn batch_ready(&mut self, ready: &mut BatchReady<'_>) -> Result<Flow, Error> {
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
