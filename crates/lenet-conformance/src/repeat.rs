//! The two highest rungs repeat cases of lower rungs: run twice and compare bits; run after memory was filled
//! with NaN.

use burn::tensor::Tensor;

use crate::{Array, Case, Error, Rung, Subject};
use lenet_report::conformance::Status;

/// Runs `case` twice and compares the results bit by bit. A difference fails on a subject that must be deterministic,
/// and is a warning on another one.
pub(crate) fn run_twice(case: Case) -> Case {
    Case::new(Rung::Determinism, case.name.clone(), move |subject, findings| {
        let [first, second] = [case.run(subject), case.run(subject)];
        for (first, second) in first.checks.iter().zip(&second.checks) {
            let (Some(a), Some(b)) = (&first.found, &second.found) else { continue };
            let different = different_bits(a, b);
            let status = match different {
                0 => Status::Pass,
                _ if subject.is_deterministic() => Status::Fail,
                _ => Status::Warn,
            };
            let detail =
                format!("{different} of {} numbers differ in bits in the second run", a.values.len());
            findings.verdict(
                &first.check.quantity,
                status,
                if different == 0 { String::new() } else { detail },
            );
        }
        if findings.checks.is_empty() {
            findings.verdict("bits", Status::NotComparable, "the case computes no numbers");
        }
        Ok(())
    })
}

fn different_bits(a: &Array, b: &Array) -> usize {
    a.values.iter().zip(&b.values).filter(|(a, b)| a.to_bits() != b.to_bits()).count()
        + a.values.len().abs_diff(b.values.len())
}

/// Runs `case` after buffers of many sizes were filled with NaN and freed. A result element that a kernel
/// leaves unwritten is then NaN if its memory is one of these buffers.
pub(crate) fn run_in_dirty_memory(case: Case) -> Case {
    Case::new(Rung::DirtyMemory, case.name.clone(), move |subject, findings| {
        fill_with_nan(subject)?;
        findings.extend(case.run(subject));
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
