//! Sharper hard bounds for the fully connected layers.
//!
//! Layer by layer, the hard bounds add up |w| times the errors of the layer before. But between decisions the network is
//! linear, so an error made early reaches a number along many paths whose weights have both signs and cancel. Here the
//! errors of S2, those made in C3 and those made in each later layer are followed along all paths at once, as columns of a
//! Jacobian matrix.

use crate::pool::{margin, windows, winner};
use crate::{Activations, LeNet, Tensor, relu};

/// The Jacobian's own rounding in f64, and more.
const ROUNDING: f64 = 1.0 + 1e-9;

/// How the errors of some numbers come from errors made at `sites`.
struct Errors {
    /// Bounds of the errors made.
    sites: Vec<f64>,
    /// For each number its derivative with respect to each site.
    rows: Vec<Vec<f64>>,
}

impl LeNet {
    /// Lowers the hard bounds of F5, F6 and the output, by factors of about 1.4, 4 and 20, and with them the number
    /// of decisions in doubt and the bounds of gradients. It costs some 20 million multiply-adds for each image, fifty times a forward pass. The activations are those
    /// that [`forward`](Self::forward) gave.
    pub fn sharpen(&self, activations: &mut Activations) {
        let a = activations;
        let weights = [4, 6, 8].map(|index| &self.parameters()[index]);
        let (f5, f6) = (a.f5.hard.clone(), a.f6.hard.clone());
        for image in 0..a.output.shape[0] {
            let errors = self.errors_of_s4(a, image);
            let inputs = part(&a.s4.hard, 400, image);
            let errors = errors.linear(weights[0], inputs, part_mut(&mut a.before_f5.hard, 120, image));
            let errors = errors.relu(&a.before_f5, image);
            let errors =
                errors.linear(weights[1], part(&f5, 120, image), part_mut(&mut a.before_f6.hard, 84, image));
            let errors = errors.relu(&a.before_f6, image);
            errors.linear(weights[2], part(&f6, 84, image), part_mut(&mut a.output.hard, 10, image));
        }
        (a.f5, a.f6) = (relu(&a.before_f5), relu(&a.before_f6));
    }

    /// The errors of S4, from those of S2 and those made in C3; a window whose decision is in doubt errs on its own.
    fn errors_of_s4(&self, a: &Activations, image: usize) -> Errors {
        let (weight, s2) = (&self.parameters()[2].values, part(&a.s2.hard, 1176, image));
        let mut errors = Errors { sites: s2.to_vec(), rows: Vec::with_capacity(400) };
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

impl Errors {
    /// Behind a linear layer, whose results had the bounds `hard`, of which `inputs` account for |weight|·inputs and the
    /// layer's own rounding for the rest. Lowers `hard`.
    fn linear(&self, weight: &Tensor, inputs: &[f64], hard: &mut [f64]) -> Self {
        let (old, new) = (self.sites.len(), hard.len());
        let mut result = Self { sites: self.sites.clone(), rows: Vec::with_capacity(new) };
        for (number, hard) in hard.iter_mut().enumerate() {
            let weight = part(&weight.values, inputs.len(), number);
            let carried: f64 = weight.iter().zip(inputs).map(|(w, error)| w.abs() * error).sum();
            let mut row = vec![0.0; old + new];
            for (w, from) in weight.iter().zip(&self.rows) {
                crate::conv::axpy(*w, from, &mut row);
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

    /// Behind ReLU. A number that may be on either side errs on its own.
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

fn part(values: &[f64], len: usize, index: usize) -> &[f64] {
    &values[index * len..][..len]
}

fn part_mut(values: &mut [f64], len: usize, index: usize) -> &mut [f64] {
    &mut values[index * len..][..len]
}
