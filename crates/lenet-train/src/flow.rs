//! [`Flow`]: the answer of a hook to an event.

/// How the training continues after a hook. If several hooks answer one event, the strongest answer counts (a
/// later variant is stronger than an earlier one), and of two reasons the first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flow {
    /// As if there were no hook.
    Continue,
    /// Continues with the next batch. From [`Hook::batch_ready`](crate::Hook::batch_ready) the current batch
    /// is not used at all; from [`Hook::after_backward`](crate::Hook::after_backward) it updates no
    /// parameter. From other events it has no effect.
    SkipStep,
    /// Ends the epoch: its validation follows, then the next epoch.
    EndEpoch,
    /// Ends the fit, for a reason that [`Outcome`](crate::Outcome) keeps.
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
