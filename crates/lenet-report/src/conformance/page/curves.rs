//! The plots: one for each case, with a line for each subject and the band below which they should stay.

use maud::{Markup, html};

use crate::chart::{BAND, Line, LineChart, legend};
use crate::conformance::record::Curve;
use crate::conformance::report::Report;

/// The lines of all subjects for one case.
struct Plot<'a> {
    curve: &'a Curve,
    chart: LineChart,
}

/// All plots, grouped by kind, and the colour of each subject. `None` if there are no curves.
pub fn render(report: &Report) -> Option<Markup> {
    let plots = plots(report);
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for plot in &plots {
        if !kinds.contains(&kind(plot.curve)) {
            kinds.push(kind(plot.curve));
        }
    }
    let subjects = report.subjects.iter().enumerate().filter(|(_, subject)| !subject.curves.is_empty());
    let page = html! {
        (legend(subjects.map(|(index, subject)| (index, subject.name.as_str())), true))
        @for (rung, title) in &kinds {
            h3 { (rung) " " span.muted { (title) } }
            div.plots {
                @for plot in plots.iter().filter(|plot| kind(plot.curve) == (rung, title)) {
                    figure { figcaption { (plot.curve.case) } (plot.chart.svg()) }
                }
            }
        }
    };
    (!plots.is_empty()).then_some(page)
}

fn plots(report: &Report) -> Vec<Plot<'_>> {
    let mut plots: Vec<Plot> = Vec::new();
    for (index, subject) in report.subjects.iter().enumerate() {
        for curve in &subject.curves {
            let is_it = |plot: &Plot| plot.curve.case == curve.case && kind(plot.curve) == kind(curve);
            let position = plots.iter().position(is_it).unwrap_or_else(|| {
                plots.push(Plot { curve, chart: empty(curve) });
                plots.len() - 1
            });
            add(&mut plots[position].chart.lines, curve, index, &subject.name);
        }
    }
    plots
}

/// The rung, and what the plot shows.
fn kind(curve: &Curve) -> (&str, &str) {
    (&curve.rung, &curve.title)
}

fn empty(curve: &Curve) -> LineChart {
    let label = format!("{}, {}", curve.case, curve.title);
    LineChart { label, x: curve.x.clone(), y: curve.y.clone(), log: curve.log, lines: Vec::new() }
}

/// Adds a subject's lines. Bands that coincide are drawn once.
fn add(lines: &mut Vec<Line>, curve: &Curve, subject: usize, name: &str) {
    for series in &curve.series {
        let is_band = series.name == BAND;
        let values: Vec<f64> = series.values.iter().map(|value| value.0).collect();
        if is_band && lines.iter().any(|line| line.series.is_none() && line.values == values) {
            continue;
        }
        let name = match series.name.as_str() {
            BAND => format!("band of {name}"),
            own if own == name => name.to_owned(),
            own => format!("{name}: {own}"),
        };
        lines.push(Line { series: (!is_band).then_some(subject), name, values });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;

    #[test]
    fn subjects_share_the_plot_of_a_case_and_a_common_band_is_drawn_once() {
        let html = render(&sample::report()).unwrap().into_string();
        assert_eq!(html.matches("<figure>").count(), 1);
        assert_eq!(html.matches("<path class=\"band\"").count(), 1);
        assert!(html.contains("<path class=\"series0\"") && html.contains("<path class=\"series1\""));
    }
}
