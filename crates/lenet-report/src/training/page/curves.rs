//! The curves of all runs, over steps and over seconds.

use maud::{Markup, html};

use crate::chart::{Plot, PlotLine, legend};
use crate::run::{LayerRecord, Record, ReluRecord};
use crate::training::Run;

/// A number of a record: the step at which it holds, and the value.
type Number = fn(&Record) -> Option<(u64, f64)>;

/// A plot: its title, whether its axis is logarithmic and includes zero, and its numbers, of which the second is
/// dashed.
struct Curve {
    title: &'static str,
    log: bool,
    from_zero: bool,
    numbers: &'static [(&'static str, Number)],
}

const CURVES: [Curve; 5] = [
    Curve { title: "Loss of single batches", log: true, from_zero: false, numbers: &[("batch", batch_loss)] },
    Curve {
        title: "Loss of each epoch",
        log: true,
        from_zero: false,
        numbers: &[("training", train_loss), ("validation", valid_loss)],
    },
    Curve {
        title: "Validation accuracy in percent",
        log: false,
        from_zero: false,
        numbers: &[("validation", valid_accuracy)],
    },
    Curve {
        title: "Learning rate",
        log: false,
        from_zero: true,
        numbers: &[("learning rate", learning_rate)],
    },
    Curve { title: "Images per second", log: false, from_zero: true, numbers: &[("images/s", speed)] },
];

fn batch_loss(record: &Record) -> Option<(u64, f64)> {
    record.batch_loss().map(|(step, loss)| (step, f64::from(loss)))
}

fn learning_rate(record: &Record) -> Option<(u64, f64)> {
    match record {
        Record::Step { step, learning_rate, .. } => Some((*step, *learning_rate)),
        _ => None,
    }
}

fn train_loss(record: &Record) -> Option<(u64, f64)> {
    match record {
        Record::Epoch { step, train_loss, .. } => Some((*step, (*train_loss)?)),
        _ => None,
    }
}

fn valid_loss(record: &Record) -> Option<(u64, f64)> {
    match record {
        Record::Epoch { step, valid_loss, .. } => Some((*step, (*valid_loss)?)),
        _ => None,
    }
}

fn valid_accuracy(record: &Record) -> Option<(u64, f64)> {
    match record {
        Record::Epoch { step, valid_accuracy, .. } => Some((*step, 100.0 * (*valid_accuracy)?)),
        _ => None,
    }
}

fn speed(record: &Record) -> Option<(u64, f64)> {
    match record {
        Record::Epoch { step, samples_per_second, .. } => Some((*step, *samples_per_second)),
        _ => None,
    }
}

/// All curves; `None` if no run has a record.
pub fn render(runs: &[Run]) -> Option<Markup> {
    let plot = |curve: &Curve| twice(curve.title, |over| overlaid(curve, runs, over));
    let plots: Vec<Markup> = CURVES.iter().filter_map(plot).collect();
    let names = || runs.iter().enumerate().map(|(index, run)| (index, run.name.as_str()));
    let page = html! {
        fieldset.toggle {
            legend { "Over" }
            label { input type="radio" name="axis" id="axis-steps" checked; " steps" }
            label { input type="radio" name="axis" id="axis-seconds"; " seconds of training" }
        }
        @if runs.len() > 1 { (legend(names(), false)) }
        p.legend {
            "A dashed line is the validation set. Point at a plot, or move in it with the arrow keys, to read its values."
        }
        div.plots { @for plot in &plots { (plot) } }
        @if let Some(run) = runs.first() { (layers(run)) }
    };
    (!plots.is_empty()).then_some(page)
}

/// The norms and the dead outputs of the layers of one run.
fn layers(run: &Run) -> Markup {
    let norms = |label: &'static str, norm: fn(&LayerRecord, &str) -> Option<f32>| {
        twice(label, |over| norms_of(run, over, label, norm))
    };
    let plots = [
        norms("Norm of the gradients", |record, name| record.norms(name)?.1),
        norms("Norm of the weights", |record, name| record.norms(name)?.0),
    ];
    let names = run.layers.first().map_or(&[][..], |record| &record.names);
    html! {
        @if plots.iter().any(Option::is_some) {
            h3 { "Layers " span.muted { (run.name) } }
            (legend(matrices(names).map(|(_, layer)| layer).enumerate(), false))
            div.plots { @for plot in plots.iter().flatten() { (plot) } }
        }
        @if let Some(plot) = twice(DEAD, |over| dead(run, over)) {
            @let names = run.relus.first().map_or(&[][..], |record| &record.layers);
            h3 { "Dead ReLUs " span.muted { (run.name) } }
            (legend(names.iter().map(String::as_str).enumerate(), false))
            div.plots { (plot) }
        }
    }
}

const DEAD: &str = "Outputs that are 0 for all validation images looked at, in percent";

fn dead(run: &Run, over: Over) -> Plot {
    let names = run.relus.first().map_or(&[][..], |record| &record.layers);
    let line = |(index, name): (usize, &String)| {
        let point = |record: &ReluRecord| {
            Some((over.place(run, record.step)?, 100.0 * record.dead.get(index).copied()?))
        };
        let points = run.relus.iter().filter_map(point).collect();
        PlotLine { series: Some(index), name: name.clone(), points, dashed: false }
    };
    let lines = names.iter().enumerate().map(line).collect();
    Plot {
        label: DEAD.to_owned(),
        x: over.label().to_owned(),
        log: false,
        log_x: false,
        from_zero: true,
        lines,
    }
}

/// The name and the layer of each weight; biases are left out.
fn matrices(names: &[String]) -> impl Iterator<Item = (&str, &str)> {
    names.iter().filter_map(|name| Some((name.as_str(), name.strip_suffix(".weight")?)))
}

fn norms_of(run: &Run, over: Over, label: &str, norm: fn(&LayerRecord, &str) -> Option<f32>) -> Plot {
    let names = run.layers.first().map_or(&[][..], |record| &record.names);
    let line = |(colour, (name, layer)): (usize, (&str, &str))| {
        let point =
            |record: &LayerRecord| Some((over.place(run, record.step)?, f64::from(norm(record, name)?)));
        let points = run.layers.iter().filter_map(point).collect();
        PlotLine { series: Some(colour), name: layer.to_owned(), points, dashed: false }
    };
    let lines = matrices(names).enumerate().map(line).collect();
    let x = over.label().to_owned();
    Plot { label: label.to_owned(), x, log: true, lines, ..Plot::default() }
}

/// The horizontal axis.
#[derive(Clone, Copy)]
enum Over {
    Steps,
    Seconds,
}

impl Over {
    fn place(self, run: &Run, step: u64) -> Option<f64> {
        match self {
            Self::Steps => Some(step as f64),
            Self::Seconds => run.seconds_at(step),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Seconds => "seconds",
        }
    }
}

/// The plot over steps and over seconds, of which the page shows one; `None` if there is nothing to draw.
fn twice(title: &str, plot: impl Fn(Over) -> Plot) -> Option<Markup> {
    let [steps, seconds] = [Over::Steps, Over::Seconds].map(plot);
    let figure = |class: &str, plot: &Plot| {
        html! {
            figure class=(class) { figcaption { (title) } (plot.svg()) output aria-live="polite" {} }
        }
    };
    (!steps.is_empty()).then(|| html! { (figure("by-steps", &steps)) (figure("by-seconds", &seconds)) })
}

fn overlaid(curve: &Curve, runs: &[Run], over: Over) -> Plot {
    let line = |series: usize, run: &Run, kind: usize| {
        let (kind_name, number) = curve.numbers[kind];
        let points = run.records.iter().filter_map(number);
        let points = points.filter_map(|(step, value)| Some((over.place(run, step)?, value))).collect();
        let name = if runs.len() > 1 { format!("{}, {kind_name}", run.name) } else { kind_name.to_owned() };
        PlotLine { series: Some(series), dashed: kind == 1, name, points }
    };
    let mut lines = Vec::new();
    for (series, run) in runs.iter().enumerate() {
        lines.extend((0..curve.numbers.len()).map(|kind| line(series, run, kind)));
    }
    let label = format!("{} over {}", curve.title, over.label());
    let (x, log, from_zero) = (over.label().to_owned(), curve.log, curve.from_zero);
    Plot { label, x, log, from_zero, lines, ..Plot::default() }
}
