//! Compares the oracle's network with PyTorch's.

use lenet_conformance::pytorch::{Case, Fixture};
use lenet_oracle::{Precision, Tensor};

/// The oracle's bounds for f64 are bounds for PyTorch, too.
#[test]
fn activations_are_pytorchs_within_the_bounds_for_f64() {
    let fixture = Fixture::new().unwrap();
    for batch in ["mnist", "randn"] {
        let images = fixture.tensor(&format!("{batch}.x")).unwrap();
        for (name, layer) in fixture.oracle().unwrap().forward(images, &Precision::F64).named() {
            holds(&fixture, &format!("{batch}.{name}"), layer);
        }
    }
}

#[test]
fn losses_and_gradients_are_pytorchs_within_the_bounds_for_f64() {
    let fixture = Fixture::new().unwrap();
    let (oracle, precision) = (fixture.oracle().unwrap(), Precision::F64);
    for case in Case::ALL {
        let Case { batch, loss } = case;
        let images = fixture.tensor(&format!("{batch}.x")).unwrap();
        let activations = oracle.forward(images, &precision);
        assert!(activations.kinks().comparable(), "{:?}", activations.kinks());
        let result = fixture.loss(case, &activations.output, &precision).unwrap();
        holds(&fixture, &format!("{batch}.{loss}.loss"), &Tensor::scalar(result.loss));
        let gradients = oracle.backward(images, &activations, &result.gradient, &precision);
        for (name, gradient) in gradients.named() {
            holds(&fixture, &format!("{batch}.{loss}.grad.{name}"), gradient);
        }
    }
}

/// Within the oracle's bounds, and, as no number here is above 5, within about a hundred roundings.
fn holds(fixture: &Fixture, name: &str, oracle: &Tensor) {
    let expected = fixture.tensor(name).unwrap();
    assert_eq!(oracle.shape, expected.shape, "{name}");
    let comparison = oracle.compare(&expected.values);
    let largest = expected.values.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    println!(
        "{name}: {:.1e}, largest {largest:.1e}, {:.3} of its soft bound",
        comparison.largest_error, comparison.soft
    );
    assert!(comparison.hard <= 1.0 && comparison.soft <= 1.0, "{name}: {comparison:?}");
    assert!(comparison.largest_error <= 1e-14 && comparison.incomparable == 0, "{name}: {comparison:?}");
}
