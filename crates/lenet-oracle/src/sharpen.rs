//! Sharper hard bounds for the fully connected layers.
//!
//! The bounds of [`forward`](LeNet::forward) add up |w| times the error bounds of the previous layer. But as
//! long as no decision of a ReLU or a max-pool changes, the network is linear: an early error reaches a later
//! number along many paths, whose weights have both signs and cancel. This module propagates the errors of
//! S2, the rounding errors of C3 and those of each later layer along all paths at once, as columns of a
//! Jacobian matrix.

use crate::conv::axpy;
use crate::pool::{margin, windows, winner};
use crate::{Activations, LeNet, Tensor, relu};

/// Factor that covers the rounding errors of the Jacobian itself in f64.
const ROUNDING: f64 = 1.0 + 1e-9;

/// Linear dependence of a layer's errors on the errors that arise at `sites`.
struct PropagatedErrors {
    /// Bound of the error that arises at each site.
    sites: Vec<f64>,
    /// Jacobian: for each element of the layer, the derivative with respect to each site.
    rows: Vec<Vec<f64>>,
}

impl LeNet {
    /// Lowers the hard bounds of F5, F6 and the output by factors of about 1.4, 4 and 20. This also lowers
    /// the number of ambiguous decisions and the bounds of the gradients. `activations` must be the result of
    /// [`forward`](Self::forward). The cost is about 20 million multiply-adds per image, fifty times a
    /// forward pass.
    pub fn sharpen(&self, activations: &mut Activations) {
        let a = activations;
        let weights = [4, 6, 8].map(|index| &self.parameters()[index]);
        let (f5, f6) = (a.f5.hard.clone(), a.f6.hard.clone());
        for image in 0..a.output.shape[0] {
            let errors = self.errors_of_s4(a, image);
            let inputs = sample(&a.s4.hard, 400, image);
            let errors = errors.linear(weights[0], inputs, sample_mut(&mut a.before_f5.hard, 120, image));
            let errors = errors.relu(&a.before_f5, image);
            let errors = errors.linear(
                weights[1],
                sample(&f5, 120, image),
                sample_mut(&mut a.before_f6.hard, 84, image),
            );
            let errors = errors.relu(&a.before_f6, image);
            errors.linear(weights[2], sample(&f6, 84, image), sample_mut(&mut a.output.hard, 10, image));
        }
        (a.f5, a.f6) = (relu(&a.before_f5), relu(&a.before_f6));
    }

    /// Errors of S4, from the errors of S2 and the rounding errors of C3. An element of S4 whose decision is
    /// ambiguous becomes a site of its own.
    fn errors_of_s4(&self, a: &Activations, image: usize) -> PropagatedErrors {
        let (weight, s2) = (&self.parameters()[2].values, sample(&a.s2.hard, 1176, image));
        let mut errors = PropagatedErrors { sites: s2.to_vec(), rows: Vec::with_capacity(400) };
        let windows = windows(&a.c3.shape).skip(image * 400).take(400);
        for (number, window) in windows.enumerate() {
            let place = winner(&a.c3, window);
            let sure = window
                .iter()
                .all(|i| *i == place || margin(&a.c3, place, *i) > a.c3.hard[place] + a.c3.hard[*i]);
            let mut row = vec![0.0; 1176 + 400];
            row[1176 + number] = 1.0;
            let mut own = a.s4.hard[image * 400 + number];
            if sure && a.before_c3.values[place] > a.before_c3.hard[place] {
                let (filter, y, x) = (place / 100 % 16, place / 10 % 10, place % 10);
                for tap in 0..150 {
                    let at = tap / 25 * 196 + (y + tap / 5 % 5) * 14 + x + tap % 5;
                    row[at] = weight[filter * 150 + tap];
                }
                let carried: f64 = row[..1176].iter().zip(s2).map(|(w, error)| w.abs() * error).sum();
                own = (a.c3.hard[place] - carried).max(0.0) * ROUNDING;
            }
            errors.sites.push(own);
            errors.rows.push(row);
        }
        errors
    }
}

impl PropagatedErrors {
    /// Propagates the errors through a linear layer and lowers `hard`, the bounds of the layer's results. Of
    /// these bounds,
    /// |weight|·`inputs` comes from the errors of the inputs, and the rest is the layer's own rounding error.
    fn linear(&self, weight: &Tensor, inputs: &[f64], hard: &mut [f64]) -> Self {
        let (old, new) = (self.sites.len(), hard.len());
        let mut result = Self { sites: self.sites.clone(), rows: Vec::with_capacity(new) };
        for (number, hard) in hard.iter_mut().enumerate() {
            let weight = sample(&weight.values, inputs.len(), number);
            let carried: f64 = weight.iter().zip(inputs).map(|(w, error)| w.abs() * error).sum();
            let mut row = vec![0.0; old + new];
            for (w, from) in weight.iter().zip(&self.rows) {
                axpy(*w, from, &mut row);
            }
            row[old + number] = 1.0;
            let own = (*hard - carried).max(0.0) * ROUNDING;
            let through: f64 = row.iter().zip(&self.sites).map(|(d, error)| d.abs() * error).sum();
            *hard = hard.min((through + own) * ROUNDING);
            result.sites.push(own);
            result.rows.push(row);
        }
        result
    }

    /// Propagates the errors through a ReLU. An element that may be on either side of zero becomes a site of
    /// its own.
    fn relu(mut self, before: &Tensor, image: usize) -> Self {
        let (len, old) = (self.rows.len(), self.sites.len());
        let after = relu(before);
        for (number, row) in self.rows.iter_mut().enumerate() {
            let at = image * len + number;
            let open = before.values[at] > before.hard[at];
            if !open {
                row.fill(0.0);
            }
            row.resize(old + len, 0.0);
            row[old + number] = if open { 0.0 } else { 1.0 };
            self.sites.push(if open { 0.0 } else { after.hard[at] });
        }
        self
    }
}

/// The values of sample `index`, `len` of them.
fn sample(values: &[f64], len: usize, index: usize) -> &[f64] {
    &values[index * len..][..len]
}

fn sample_mut(values: &mut [f64], len: usize, index: usize) -> &mut [f64] {
    &mut values[index * len..][..len]
}
