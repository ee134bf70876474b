//! [`LossCurve`]: the loss of every step.

use lenet_train::{AfterStep, Error, Flow, Hook};

/// Bytes of a step in a checkpoint.
const BYTES: usize = 12;

/// A hook that keeps the loss of each step. **Waits for the device** at every step.
#[derive(Clone, Debug, Default)]
pub(super) struct LossCurve {
    losses: Vec<(u64, f32)>,
}

impl LossCurve {
    /// Step and loss of each step.
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        self.losses.iter().map(|(step, loss)| (*step as f64, f64::from(*loss))).collect()
    }
}

impl<M, B> Hook<M, B> for LossCurve {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        self.losses.push((step.step, step.loss.get()?));
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        let bytes = |(step, loss): &(u64, f32)| [&step.to_le_bytes()[..], &loss.to_le_bytes()].concat();
        Ok(Some(self.losses.iter().flat_map(bytes).collect()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let (steps, rest) = state.as_chunks::<BYTES>();
        if !rest.is_empty() {
            let reason = format!("its state has {} bytes, expected a multiple of {BYTES}", state.len());
            return Err(Error::HookState { hook: "LossCurve".into(), reason });
        }
        let number = |&[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; BYTES]| {
            (u64::from_le_bytes([a, b, c, d, e, f, g, h]), f32::from_le_bytes([i, j, k, l]))
        };
        self.losses = steps.iter().map(number).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_curve_is_the_same() {
        let curve = LossCurve { losses: vec![(1, 2.5), (2, f32::MIN_POSITIVE)] };
        let state = Hook::<(), ()>::state(&curve).unwrap().unwrap();
        let mut other = LossCurve::default();
        Hook::<(), ()>::restore(&mut other, &state).unwrap();
        assert_eq!(other.losses, curve.losses);
        assert!(Hook::<(), ()>::restore(&mut other, &state[1..]).is_err());
    }
}
