//! Cases of the network's forward pass: every activation, the logits as training computes them, and both
//! losses.

use std::rc::Rc;

use lenet_model::{LeNet, StateDict};
use lenet_train::Loss;

use super::selection::Ladder;
use crate::digits::{self, Digits};
use crate::memo::Memo;
use crate::training_case::{loss, loss_name, to_oracle};
use crate::{Case, Error, Findings, Rung, Subject, network};
use lenet_oracle::{self as oracle, Activations, Precision};
use lenet_report::conformance::Status;

/// Seed of the weights and of the digits.
const SEED: u64 = 3;
/// The reason why gradients are not compared.
pub(super) const UNDECIDED: &str =
    "too few digits were found for which no rounding error changes a decision of a ReLU or a max-pool";

/// A batch of digits on which every correct computation takes the same decisions, with the oracle's
/// activations.
pub(super) struct UnambiguousBatch {
    pub weights: StateDict,
    pub net: oracle::LeNet,
    pub digits: Digits,
    pub activations: Activations,
}

/// Builds a case for every batch size.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let case = |&batch: &usize| {
        let memo = Rc::new(Memo::new());
        Case::new(Rung::ModelForward, format!("network/batch{batch}/digits"), move |subject, findings| {
            let precision = subject.precision();
            match &*memo.get(precision, || UnambiguousBatch::find(batch, &precision)) {
                Ok(Some(batch_of_digits)) => batch_of_digits.compare_forward(subject, findings),
                Ok(None) => {
                    findings.verdict("output", Status::NotComparable, UNDECIDED);
                    Ok(())
                }
                Err(error) => Err(Error::Read(error.to_string())),
            }
        })
    };
    ladder.batches().iter().map(case).collect()
}

impl UnambiguousBatch {
    /// Selects the first digits for which no decision is ambiguous. `None` if there are too few among the
    /// candidates.
    ///
    /// # Errors
    /// [`Error::Data`], which so few digits do not cause.
    pub fn find(batch: usize, precision: &Precision) -> Result<Option<Self>, Error> {
        let weights = StateDict::random(SEED);
        let net = to_oracle(&weights)?;
        let mut chosen = Vec::new();
        for index in 0..6 * batch as u64 + 20 {
            let digit = digits::noisy(SEED, index)?;
            let comparable = net.forward(&digit.images.to_oracle(), precision).kinks().comparable();
            chosen.extend(comparable.then_some(digit));
            if chosen.len() == batch {
                break;
            }
        }
        if chosen.len() < batch {
            return Ok(None);
        }
        let digits = Digits::stack(chosen);
        let activations = net.forward(&digits.images.to_oracle(), precision);
        Ok(Some(Self { weights, net, digits, activations }))
    }

    fn compare_forward(&self, subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
        let (net, images) = (LeNet::with_state_dict(&self.weights, &subject.device), &self.digits.images);
        findings.input("images", images);
        let found = network::activations((subject.operations.activations)(&net, images.to_device(subject)))?;
        for ((name, found), (_, expected)) in found.into_iter().zip(self.activations.named()) {
            findings.compare_array(name, found, expected);
        }
        let logits = (subject.operations.logits)(&net, images.to_device(subject));
        findings.compare("logits", logits.clone(), &self.activations.output)?;
        for kind in [Loss::CrossEntropy, Loss::Mse] {
            let found = (subject.operations.loss)(kind, logits.clone(), self.digits.labels_on(subject));
            let expected = loss(kind, &self.activations.output, &self.digits.labels, &subject.precision());
            findings.compare(loss_name(kind), found, &oracle::Tensor::scalar(expected.loss))?;
        }
        Ok(())
    }
}
