//! Cases with NaN and infinities: results must be those of PyTorch, except for listed deviations of a
//! backend.

use lenet_backend::Backend;

use crate::{Array, Case, Error, Findings, Rung, Subject};
use lenet_report::conformance::Status;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// An operation on NaN or infinite inputs.
struct NonFiniteCase {
    name: &'static str,
    compute: fn(&Subject) -> Result<Array, Error>,
    /// PyTorch's result.
    expected: fn() -> Array,
    /// The result of a backend that deviates from PyTorch, and the reason.
    exception: fn(&Subject) -> Option<(Array, &'static str)>,
}

const NON_FINITE_CASES: &[NonFiniteCase] = &[
    NonFiniteCase {
        name: "relu/not-finite",
        compute: |subject| {
            let x = Array { shape: vec![1, 1, 2, 3], values: vec![-1.0, 0.0, 2.0, NAN, INF, -INF] };
            Array::read((subject.operations.relu)(x.to_device(subject)))
        },
        expected: || Array { shape: vec![1, 1, 2, 3], values: vec![0.0, 0.0, 2.0, NAN, INF, 0.0] },
        exception: |_| None,
    },
    NonFiniteCase {
        name: "max-pool/nan",
        compute: |subject| {
            let values = vec![NAN, 1.0, 5.0, 6.0, 2.0, 3.0, 7.0, 8.0];
            Array::read((subject.operations.max_pool)(
                Array { shape: vec![1, 1, 2, 4], values }.to_device(subject),
            ))
        },
        expected: || pooled(vec![NAN, 8.0]),
        exception: |subject| {
            let ignored = (pooled(vec![3.0, 8.0]), "its max-pool ignores NaN");
            (subject.backend() == Backend::NdArray).then_some(ignored)
        },
    },
    NonFiniteCase {
        name: "max-pool/infinite",
        compute: |subject| {
            let values = vec![-INF, -INF, INF, 6.0, -INF, -INF, 7.0, 8.0];
            Array::read((subject.operations.max_pool)(
                Array { shape: vec![1, 1, 2, 4], values }.to_device(subject),
            ))
        },
        expected: || pooled(vec![-INF, INF]),
        exception: |subject| {
            let finite = (
                pooled(vec![f64::from(f32::MIN), INF]),
                "its max-pool starts from the smallest finite number",
            );
            subject.backend().is_gpu().then_some(finite)
        },
    },
    NonFiniteCase {
        name: "conv/nan",
        compute: |subject| {
            let x = Array::from_fn(&[1, 1, 4, 4], |at| if at == 0 { NAN } else { 1.0 });
            let (weight, bias) = (Array::filled(&[1, 1, 3, 3], 1.0), Array::filled(&[1], 0.0));
            Array::read((subject.operations.conv2d)(
                x.to_device(subject),
                weight.to_device(subject),
                bias.to_device(subject),
            ))
        },
        expected: || Array { shape: vec![1, 1, 2, 2], values: vec![NAN, 9.0, 9.0, 9.0] },
        exception: |_| None,
    },
    NonFiniteCase {
        name: "conv-relu-pool/nan",
        compute: |subject| {
            let x = Array::from_fn(&[1, 1, 6, 6], |at| if at == 0 { NAN } else { 1.0 });
            let (weight, bias) = (Array::filled(&[1, 1, 3, 3], 1.0), Array::filled(&[1], 0.0));
            Array::read((subject.operations.conv_relu_pool)(
                x.to_device(subject),
                weight.to_device(subject),
                bias.to_device(subject),
            ))
        },
        expected: || Array { shape: vec![1, 1, 2, 2], values: vec![NAN, 9.0, 9.0, 9.0] },
        exception: |subject| {
            let ignored = Array { shape: vec![1, 1, 2, 2], values: vec![9.0; 4] };
            let stock = subject.backend() == Backend::NdArray && subject.operations.name == "stock";
            stock.then_some((ignored, "its max-pool ignores NaN"))
        },
    },
    NonFiniteCase {
        name: "linear/nan-and-infinite",
        compute: |subject| {
            let x = Array { shape: vec![3, 2], values: vec![NAN, 1.0, INF, 1.0, 1.0, 1.0] };
            let (weight, bias) = (Array::filled(&[2, 1], 1.0), Array::filled(&[1], 0.0));
            Array::read((subject.operations.linear)(
                x.to_device(subject),
                weight.to_device(subject),
                bias.to_device(subject),
            ))
        },
        expected: || Array { shape: vec![3, 1], values: vec![NAN, INF, 2.0] },
        exception: |_| None,
    },
    NonFiniteCase {
        name: "log-softmax/infinite",
        compute: |subject| {
            let x = Array { shape: vec![2, 2], values: vec![0.0, -INF, INF, 0.0] };
            Array::read((subject.operations.log_softmax)(x.to_device(subject)))
        },
        expected: || Array { shape: vec![2, 2], values: vec![0.0, -INF, NAN, NAN] },
        exception: |_| None,
    },
];

/// Builds a case for each operation.
pub(super) fn cases() -> Vec<Case> {
    let case = |special: &'static NonFiniteCase| {
        Case::new(Rung::OpsForward, special.name, move |subject, findings| special.compare(subject, findings))
    };
    NON_FINITE_CASES.iter().map(case).collect()
}

impl NonFiniteCase {
    fn compare(&self, subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
        let found = (self.compute)(subject)?;
        let exception = (self.exception)(subject);
        let expected = exception.as_ref().map_or_else(self.expected, |(array, _)| array.clone());
        findings.compare_array("y", found, &expected.to_oracle());
        let Some(finding) = findings.checks.last_mut() else { return Ok(()) };
        let check = &mut finding.check;
        match (check.status, exception) {
            (Status::Pass, Some((_, why))) => check.detail = format!("differs from PyTorch: {why}"),
            // A shader may assume that there are no NaNs and no infinities (WGSL, "Floating point
            // evaluation").
            (Status::Fail, _) if !subject.is_cpu() => {
                check.status = Status::Warn;
                check.detail = "differs from PyTorch, as WGSL allows".to_owned();
            }
            _ => {}
        }
        Ok(())
    }
}

fn pooled(values: Vec<f64>) -> Array {
    Array { shape: vec![1, 1, 1, values.len()], values }
}
