//! peers.svg: the fastest setting of each framework, a panel for each kind of work.

use lenet_report::chart::{Bar, BarChart, Group, Panel};

use super::report::Report;
use super::work::Work;

/// Id of each framework, its name, and the index of its series, which determines its colour.
const FAMILIES: [(&str, &str, usize); 5] = [
    ("lenet", "this workspace", 0),
    ("torch", "PyTorch", 1),
    ("jax", "JAX", 2),
    ("onnxruntime", "ONNX Runtime", 3),
    ("candle", "candle", 6),
];

/// Renders the report as an SVG.
pub fn render(report: &Report) -> String {
    let measured =
        FAMILIES.iter().filter(|f| report.settings.work.iter().any(|&work| has_rate(report, work, f.0)));
    let chart = BarChart {
        label: "Images per second of each framework".into(),
        series: measured.map(|&(_, name, series)| (series, name.to_owned())).collect(),
        panels: report.settings.work.iter().map(|&work| panel(report, work)).collect(),
    };
    chart.to_svg()
}

/// One panel: a group of bars for each batch size.
fn panel(report: &Report, work: Work) -> Panel {
    let families = || FAMILIES.iter().filter(|f| has_rate(report, work, f.0));
    let group = |&batch: &u32| {
        let bar = |&(family, name, series): &(&str, &str, usize)| {
            let value = report.best_of(work, batch, family).and_then(|m| m.rate())?;
            let title = format!("{name}, batch {batch}: {value:.0} images/s");
            Some(Bar { series, value, label: short(value), title })
        };
        Group { label: format!("batch {batch}"), bars: families().filter_map(bar).collect() }
    };
    Panel {
        title: format!("{}: images/s", work.title()),
        bars: families().count(),
        groups: report.settings.batches.iter().map(group).collect(),
    }
}

/// Whether any setting of the framework `family` was measured for a kind of work.
fn has_rate(report: &Report, work: Work, family: &str) -> bool {
    report.settings.batches.iter().any(|&batch| report.best_of(work, batch, family).is_some())
}

/// Formats a rate in thousands, short enough to fit above a bar: `0.9k`, `19k`.
fn short(rate: f64) -> String {
    let thousands = rate / 1000.0;
    if thousands < 9.95 { format!("{thousands:.1}k") } else { format!("{thousands:.0}k") }
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn bars_are_to_scale_and_labelled() {
        let svg = render(&example());
        let bar = "class=\"fill series0\" x=\"450.0\" y=\"48.0\" width=\"118.4\" height=\"160.0\"><title>this workspace, batch 64: 204800 images/s";
        assert!(svg.contains(bar), "{svg}");
        let quarter = "class=\"fill series1\" x=\"570.4\" y=\"168.0\" width=\"118.4\" height=\"40.0\"><title>PyTorch, batch 64: 51200 images/s";
        assert!(svg.contains(quarter), "{svg}");
        assert!(svg.contains(">205k</text>"));
    }

    #[test]
    fn a_framework_without_a_measurement_has_no_bar() {
        assert!(!render(&example()).contains("<title>JAX, batch 64"));
    }

    #[test]
    fn small_rates_keep_a_decimal() {
        assert_eq!([90.0, 9_949.0, 9_951.0].map(short), ["0.1k", "9.9k", "10k"]);
    }
}
