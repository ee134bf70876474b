//! Cases of the network's backward pass: the gradients of the ten parameters and of the input.

use std::rc::Rc;

use lenet_model::LeNet;
use lenet_train::Loss;

use super::activations::{UNDECIDED, UnambiguousBatch};
use super::selection::Ladder;
use crate::memo::Memo;
use crate::training_case::{loss, loss_name};
use crate::{Array, Case, Error, Findings, Rung, Subject, network};
use lenet_oracle::{self as oracle, Precision};
use lenet_report::conformance::Status;

/// The batch and the oracle's gradients.
struct Expected {
    batch_of_digits: UnambiguousBatch,
    gradients: oracle::Gradients,
}

/// The oracle's results, `None` if no batch was found.
type Known = Memo<Result<Option<Expected>, Error>>;

/// Builds the cases of both losses for every batch size, with an input that requires a gradient and one that
/// does not.
///
/// Training uses the second, for which Burn takes another code path: [tracel-ai/burn#5162].
///
/// [tracel-ai/burn#5162]: https://github.com/tracel-ai/burn/issues/5162
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let mut cases = Vec::new();
    for &batch in ladder.batches() {
        for kind in [Loss::CrossEntropy, Loss::Mse] {
            let memo: Rc<Known> = Rc::new(Memo::new());
            for tracked in [true, false] {
                let input = if tracked { "tracked" } else { "untracked" };
                let name = format!("{}/batch{batch}/{input}-input", loss_name(kind));
                let memo = Rc::clone(&memo);
                cases.push(Case::new(Rung::Gradients, name, move |subject, findings| {
                    let precision = subject.precision();
                    match &*memo.get(precision, || Expected::new(batch, kind, &precision)) {
                        Ok(Some(expected)) => expected.compare(subject, findings, kind, tracked),
                        Ok(None) => {
                            findings.verdict("gradients", Status::NotComparable, UNDECIDED);
                            Ok(())
                        }
                        Err(error) => Err(Error::Read(error.to_string())),
                    }
                }));
            }
        }
    }
    cases
}

impl Expected {
    fn new(batch: usize, kind: Loss, precision: &Precision) -> Result<Option<Self>, Error> {
        let Some(batch_of_digits) = UnambiguousBatch::find(batch, precision)? else { return Ok(None) };
        let UnambiguousBatch { net, digits, activations, .. } = &batch_of_digits;
        let at_output = loss(kind, &activations.output, &digits.labels, precision);
        let gradients = net.backward(&digits.images.to_oracle(), activations, &at_output.gradient, precision);
        Ok(Some(Self { batch_of_digits, gradients }))
    }

    fn compare(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        kind: Loss,
        tracked: bool,
    ) -> Result<(), Error> {
        let UnambiguousBatch { weights, digits, .. } = &self.batch_of_digits;
        findings.input("images", &digits.images);
        let net = LeNet::with_state_dict(weights, &subject.device);
        let images = digits.images.to_device::<4>(subject);
        let images = if tracked { images.require_grad() } else { images };
        let logits = (subject.operations.logits)(&net, images.clone());
        let found = (subject.operations.loss)(kind, logits, digits.labels_on(subject)).backward();
        if tracked {
            let missing = || Error::NoGradient("input".to_owned());
            let gradient = Array::read(images.grad(&found).ok_or_else(missing)?)?;
            findings.compare_array("input.grad", gradient, &self.gradients.images);
        }
        let (found, _) = network::gradients(&net, found)?;
        for ((name, gradient), expected) in found.into_iter().zip(&self.gradients.parameters) {
            findings.compare_array(&format!("{name}.grad"), gradient, expected);
        }
        Ok(())
    }
}
