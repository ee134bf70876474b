//! The highest rungs do lower ones' work again: twice, and with memory full of NaN before.

use burn::tensor::Tensor;

use crate::{Array, Case, Error, Rung, Subject};
use lenet_report::conformance::Status;

/// The work of `case` twice. Both times must give the same bits on a CPU; on a GPU, where Burn makes no such promise,
/// a difference is a warning.
pub(crate) fn twice(case: Case) -> Case {
    Case::new(Rung::Determinism, case.name.clone(), move |subject, findings| {
        let [first, second] = [case.run(subject), case.run(subject)];
        for (first, second) in first.checks.iter().zip(&second.checks) {
            let (Some(a), Some(b)) = (&first.found, &second.found) else { continue };
            let different = different_bits(a, b);
            let status = match different {
                0 => Status::Pass,
                _ if subject.is_cpu() => Status::Fail,
                _ => Status::Warn,
            };
            let detail = format!("{different} of {} numbers have other bits the second time", a.values.len());
            findings.verdict(
                &first.check.quantity,
                status,
                if different == 0 { String::new() } else { detail },
            );
        }
        if findings.checks.is_empty() {
            findings.verdict("bits", Status::NotComparable, "the case computes nothing");
        }
        Ok(())
    })
}

fn different_bits(a: &Array, b: &Array) -> usize {
    a.values.iter().zip(&b.values).filter(|(a, b)| a.to_bits() != b.to_bits()).count()
        + a.values.len().abs_diff(b.values.len())
}

/// The work of `case` after memory of all sizes was filled with NaN and given back, so that a number that nobody writes
/// shows.
pub(crate) fn in_dirty_memory(case: Case) -> Case {
    Case::new(Rung::DirtyMemory, case.name.clone(), move |subject, findings| {
        fill_with_nan(subject)?;
        findings.take(case.run(subject));
        Ok(())
    })
}

/// Allocates tensors from 256 bytes to 2 MB, fills them with NaN, and frees them.
fn fill_with_nan(subject: &Subject) -> Result<(), Error> {
    let sizes = (6..=19).flat_map(|power| [1usize << power; 3]);
    let tensors: Vec<Tensor<1>> = sizes.map(|size| Tensor::full([size], f64::NAN, &subject.device)).collect();
    subject.device.sync().map_err(|error| Error::Read(error.to_string()))?;
    drop(tensors);
    Ok(())
}
