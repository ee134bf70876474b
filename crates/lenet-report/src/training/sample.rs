//! A small report for tests.

use super::{Activation, Attribution, Example, Images, Network, Report, Run, Test, Weights};
use crate::figure::{Operation, Shape, Stage};
use crate::picture::{Picture, Scale};
use crate::run::{LayerRecord, Record, ReluRecord};

/// Four images of two classes, of which the last two are misread.
pub(super) fn test() -> Test {
    let probabilities = vec![0.99, 0.01, 0.2, 0.8, 0.9, 0.1, 0.4, 0.6];
    let images = Images::new(2, 2, (0..16).map(|pixel| pixel * 16).collect());
    let classes = vec!["<zero>".into(), "one".into()];
    let test = Test::new(classes, vec![0, 1, 1, 0], probabilities, images).on("four images", Some(0.5));
    Test { attributions: vec![Attribution::new(2, picture(), picture())], ..test }
}

fn picture() -> Picture {
    Picture::new(2, 2, &[1.0, -1.0, 0.0, 0.5], Scale::Signed)
}

/// A run of two epochs.
pub(super) fn run(name: &str) -> Run {
    let step =
        |step: u64| Record::Step { epoch: 0, step, loss: Some(1.0 / step as f32), learning_rate: 0.01 };
    let epoch = |epoch: u64| Record::Epoch {
        epoch,
        step: 4 * (epoch + 1),
        train_loss: Some(0.5),
        valid_loss: Some(0.6),
        valid_accuracy: Some(0.75),
        seconds: 1.0,
        samples_per_second: 256.0,
    };
    let end = Record::End {
        epochs: 2,
        steps: 8,
        reason: "completed".into(),
        test_loss: Some(0.5),
        test_accuracy: Some(0.5),
        seconds: 2.0,
        samples_per_second: 256.0,
    };
    let layers = LayerRecord {
        step: 4,
        names: vec!["conv1.weight".into()],
        weights: vec![Some(2.0)],
        gradients: vec![Some(0.1)],
    };
    Run {
        records: vec![step(2), step(4), epoch(0), step(6), step(8), epoch(1), end],
        layers: vec![layers],
        relus: vec![ReluRecord { step: 4, layers: vec!["F5".into()], dead: vec![0.25], images: 4 }],
        settings: vec![("seed".into(), name.len().to_string()), ("epochs".into(), "2".into())],
        facts: vec![("device name".into(), "flex".into())],
        command: format!("lenet-train --config {name}/run.toml"),
        ..Run::new(name)
    }
}

pub(super) fn report() -> Report {
    let layers = vec![Activation::new("INPUT", "1@2×2", picture())];
    let example = Example::new(0, "<zero>", layers, vec![0.99, 0.01]);
    let network = Network::new(vec![Weights::new("C1", "6 filters", picture())], vec![example]);
    Report {
        stages: vec![Stage::new("INPUT", Operation::Input, Shape::Maps(1, 2))],
        network: Some(network.dead(vec![("F5".into(), 3, 120)], 4)),
        test: Some(test()),
        ..Report::new(vec![run("first"), run("second run")])
    }
}
