//! Compares five f64 steps of the oracle's optimizers with PyTorch's. The file of results belongs to
//! lenet-train's golden test, whose `generate.py` describes their origin.

use lenet_conformance::pytorch::Fixture;
use lenet_oracle::{LeNet, Optimizer, Precision, Rule, State, Tensor, cross_entropy};

/// Name in the file, optimizer and learning rate.
fn cases() -> [(&'static str, Optimizer, f64); 9] {
    let sgd = |momentum, nesterov| Optimizer::new(Rule::Sgd { momentum, nesterov });
    let centered = Rule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.9, centered: true };
    [
        ("sgd_lr0.01", Optimizer::SGD, 0.01),
        ("sgd_lr0.01_mom0.9", sgd(0.9, false), 0.01),
        ("sgd_lr0.01_mom0.9_nesterov", sgd(0.9, true), 0.01),
        ("sgd_lr0.01_mom0.9_wd5e-4", sgd(0.9, false).with_weight_decay(5e-4), 0.01),
        ("adam_lr1e-3", Optimizer::ADAM, 1e-3),
        ("adamw_lr1e-3_wd1e-2", Optimizer::ADAMW, 1e-3),
        ("rmsprop_lr1e-3", Optimizer::RMSPROP, 1e-3),
        ("rmsprop_lr1e-3_mom0.9_centered", Optimizer::new(centered), 1e-3),
        ("adagrad_lr1e-2", Optimizer::ADAGRAD, 1e-2),
    ]
}

struct Trajectory {
    losses: Vec<f64>,
    /// The parameters after each step.
    steps: Vec<Vec<Tensor>>,
}

fn train(golden: &Fixture, optimizer: &Optimizer, learning_rate: f64) -> Trajectory {
    let images = golden.tensor("x").unwrap();
    let labels: Vec<usize> = golden.tensor("y").unwrap().values.iter().map(|label| *label as usize).collect();
    let mut net = LeNet::new(|name| golden.tensor(&format!("initial.{name}")).ok().cloned()).unwrap();
    let mut states = vec![State::default(); net.parameters().len()];
    let mut trajectory = Trajectory { losses: Vec::new(), steps: Vec::new() };
    for _ in 0..5 {
        let activations = net.forward(images, &Precision::EXACT);
        let loss = cross_entropy(&activations.output, &labels, 0.0, &Precision::EXACT);
        let gradients = net.backward(images, &activations, &loss.gradient, &Precision::EXACT);
        let all = net.parameters_mut().iter_mut().zip(&gradients.parameters).zip(&mut states);
        for ((parameter, gradient), state) in all {
            *parameter = optimizer.step(learning_rate, parameter, gradient, state, &Precision::EXACT);
        }
        trajectory.losses.push(loss.loss.value);
        trajectory.steps.push(net.parameters().to_vec());
    }
    trajectory
}

/// The largest rate / ε by which an error of the gradient reaches an adaptive step is Adagrad's, 1e8, and the
/// gradients' errors in f64 are of the order of 1e-18. The others' errors stay at that of the weights, 1e-17.
#[test]
fn nine_optimizers_take_pytorchs_five_steps() {
    let golden = Fixture::parse(include_bytes!("trajectories.safetensors")).unwrap();
    for (case, optimizer, learning_rate) in cases() {
        let found = train(&golden, &optimizer, learning_rate);
        let tolerance = match case {
            _ if case.starts_with("sgd") => 1e-15,
            _ => 1e-10,
        };
        for step in [1, 5] {
            let names = lenet_oracle::PARAMETERS.iter().map(|(name, _)| name);
            let mut worst: f64 = 0.0;
            for (name, found) in names.zip(&found.steps[step - 1]) {
                // Of large matrices the file holds the first rows only.
                let expected = golden.tensor(&format!("{case}.step{step}.{name}")).unwrap();
                let errors = expected.values.iter().zip(&found.values).map(|(e, f)| (e - f).abs());
                worst = errors.fold(worst, f64::max);
            }
            println!("{case}, step {step}: {worst:.1e}");
            assert!(worst <= tolerance, "{case}, step {step}: {worst:e}");
        }
        let losses = golden.tensor(&format!("{case}.losses")).unwrap();
        for (expected, found) in losses.values.iter().zip(&found.losses) {
            assert!((expected - found).abs() <= tolerance, "{case}: loss {found}, expected {expected}");
        }
    }
}
