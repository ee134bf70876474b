//! A report of trainings and a sweep with everything that their pages can show, under names that try to break out of them.

use lenet_report::figure::{Operation, Shape, Stage};
use lenet_report::picture::{Picture, Scale};
use lenet_report::run::{LayerRecord, Record, ReluRecord};
use lenet_report::sweep::{Dimension, Point, PointRun, Sweep};
use lenet_report::training::render;
use lenet_report::training::{Activation, Attribution, Example, Images, Network, Report, Run, Test, Weights};

/// A name: as HTML, as an attribute, as the end of a style or a script, or as a direction of text it would do harm.
const NAME: &str = "\"'><img src=x onerror=alert(1)><script>alert(2)</script></style>&lt;\u{202e}</script>";
const CLASSES: usize = 3;
const SIDE: usize = 28;
const STEPS: u64 = 100;

/// The page.
pub fn page() -> String {
    let mut report = Report::new(vec![run(1.0), run(2.0)]);
    report.stages = vec![
        Stage::new(NAME, Operation::Input, Shape::Maps(1, 32)),
        Stage::new("C1", Operation::Convolution(5), Shape::Maps(6, 28)),
        Stage::new("OUTPUT", Operation::Linear, Shape::Units(CLASSES)),
    ];
    let layers = vec![Activation::new(NAME, NAME, picture())];
    let examples = vec![Example::new(0, NAME, layers, vec![0.9, 0.05, 0.05])];
    let network = Network::new(vec![Weights::new(NAME, NAME, picture())], examples);
    report.network = Some(network.dead(vec![(NAME.to_owned(), 3, 120)], 500));
    report.test = Some(test());
    render(&report)
}

/// The page of a sweep with more settings than fit beside one another on a narrow screen.
pub fn sweep() -> String {
    let list = |name: &str| Dimension::list(name, vec![NAME.to_owned(), "other".to_owned()]);
    let dimensions =
        vec![list(NAME), list("optimizer"), Dimension::range("lr", 0.001, 0.1, true), list("schedule")];
    let mut sweep = Sweep::new(NAME, dimensions, 21);
    for index in 0..20 {
        let value = |bit: usize| if index >> bit & 1 == 0 { NAME.to_owned() } else { "other".to_owned() };
        let lr = 0.001 * 1.25f64.powi(index);
        let mut point = Point::new(vec![value(0), value(1), lr.to_string(), value(2)]);
        let mut run = PointRun::new(NAME, index.to_string());
        run.valid_accuracy = Some(0.9 + 0.004 * f64::from(index));
        (run.test_accuracy, run.seconds) = (run.valid_accuracy, Some(1.0));
        run.note = (index == 3).then(|| NAME.to_owned());
        point.runs.push(run);
        sweep.points.push(point);
    }
    sweep.failures.push((NAME.to_owned(), NAME.to_owned()));
    lenet_report::sweep::render(&sweep)
}

/// A run whose losses are in proportion to `scale`.
fn run(scale: f32) -> Run {
    let mut run = Run::new(NAME);
    for step in 1..=STEPS {
        let loss = Some(scale / step as f32);
        run.records.push(Record::Step { epoch: step / 50, step, loss, learning_rate: 0.01 });
        if step % 50 == 0 {
            run.records.push(Record::Epoch {
                epoch: step / 50 - 1,
                step,
                train_loss: Some(f64::from(scale) / 10.0),
                valid_loss: Some(f64::from(scale) / 8.0),
                valid_accuracy: Some(0.9),
                seconds: 1.0,
                samples_per_second: 3200.0,
            });
            run.layers.push(LayerRecord {
                step,
                names: vec![format!("{NAME}.weight")],
                weights: vec![Some(2.0)],
                gradients: vec![Some(0.1)],
            });
            run.relus.push(ReluRecord { step, layers: vec![NAME.to_owned()], dead: vec![0.25], images: 500 });
        }
    }
    let (name, value) = (NAME.to_owned(), format!("{NAME}{scale}"));
    run.settings = vec![(name.clone(), value)];
    run.facts = vec![(name.clone(), name.clone())];
    run.command = name;
    run
}

/// Answers to three classes of 40 images each, of which every fifth is wrong.
fn test() -> Test {
    let images = 40 * CLASSES;
    let labels: Vec<u8> = (0..images).map(|image| (image % CLASSES) as u8).collect();
    let mut probabilities = vec![0.0; images * CLASSES];
    for image in 0..images {
        let answer = if image % 5 == 0 { (image + 1) % CLASSES } else { image % CLASSES };
        probabilities[image * CLASSES + answer] = 0.5 + 0.49 * (image as f32 / images as f32);
    }
    let pixels = (0..images * SIDE * SIDE).map(|pixel| (pixel % 251) as u8).collect();
    let classes = vec![NAME.to_owned(), "one".to_owned(), "two".to_owned()];
    let mut test =
        Test::new(classes, labels, probabilities, Images::new(SIDE, SIDE, pixels)).on(NAME, Some(0.3));
    test.attributions = vec![Attribution::new(0, picture(), picture())];
    test
}

fn picture() -> Picture {
    let values: Vec<f32> = (0..SIDE * SIDE).map(|index| index as f32 - 400.0).collect();
    Picture::new(SIDE, SIDE, &values, Scale::Signed)
}
