//! [`BarChart`]: groups of bars, one panel above the other.

use maud::{Markup, html};

use super::{series_class, standalone};

const WIDTH: f64 = 900.0;
const LEGEND: f64 = 34.0;
const PANEL: f64 = 240.0;
/// Within a panel, the lower end of the bars, and the height of the highest one.
const FLOOR: f64 = 208.0;
const HEIGHT: f64 = 160.0;

/// Bars of several series.
#[derive(Clone, Debug, Default)]
pub struct BarChart {
    /// Description of the chart for screen readers.
    pub label: String,
    /// The series in the legend: index, which determines the colour, and name.
    pub series: Vec<(usize, String)>,
    /// The panels, from the top.
    pub panels: Vec<Panel>,
}

/// A panel of a [`BarChart`]. Its bars have one scale.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// Number of bars for which each group has room.
    pub bars: usize,
    /// The groups, from the left.
    pub groups: Vec<Group>,
}

/// A group of bars.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The label below it.
    pub label: String,
    /// The bars, from the left.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// Number of the series.
    pub series: usize,
    /// Its height, at least 0.
    pub value: f64,
    /// The label above it.
    pub label: String,
    /// The text under the pointer.
    pub title: String,
}

impl BarChart {
    /// Renders an SVG file that follows the light or dark mode of the viewer.
    pub fn to_svg(&self) -> String {
        let height = LEGEND + PANEL * self.panels.len() as f64;
        let content = html! {
            @for (place, (series, name)) in self.series.iter().enumerate() {
                @let x = 20.0 + 150.0 * place as f64;
                rect class={ "fill " (series_class(*series)) } x=(x) y="12" width="12" height="12" {}
                text x=(x + 18.0) y="22" { (name) }
            }
            @for (index, panel) in self.panels.iter().enumerate() {
                g transform={ "translate(0 " (LEGEND + PANEL * index as f64) ")" } { (draw(panel)) }
            }
        };
        standalone(WIDTH, height, &self.label, &content).into_string() + "\n"
    }
}

fn draw(panel: &Panel) -> Markup {
    let values = panel.groups.iter().flat_map(|group| group.bars.iter().map(|bar| bar.value));
    let highest = values.fold(f64::MIN_POSITIVE, f64::max);
    let group_width = (WIDTH - 40.0) / panel.groups.len().max(1) as f64;
    let bar_width = group_width * 0.84 / panel.bars.max(1) as f64;
    html! {
        text x="20" y="28" class="title" { (panel.title) }
        @for (index, group) in panel.groups.iter().enumerate() {
            @let left = 20.0 + group_width * index as f64;
            text x=(format!("{:.1}", left + group_width * 0.42)) y="226" class="middle" { (group.label) }
            @for (place, bar) in group.bars.iter().enumerate() {
                @let (x, height) = (left + bar_width * place as f64, HEIGHT * bar.value / highest);
                rect class={ "fill " (series_class(bar.series)) } x=(format!("{x:.1}"))
                    y=(format!("{:.1}", FLOOR - height)) width=(format!("{:.1}", bar_width - 2.0))
                    height=(format!("{height:.1}")) { title { (bar.title) } }
                text x=(format!("{:.1}", x + bar_width / 2.0)) y=(format!("{:.1}", FLOOR - height - 4.0))
                    class="middle" { (bar.label) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(series: usize, value: f64) -> Bar {
        Bar { series, value, label: format!("{value}"), title: format!("<{value}>") }
    }

    #[test]
    fn the_highest_bar_fills_its_panel_and_the_others_are_to_scale() {
        let groups = vec![Group { label: "batch 64".into(), bars: vec![bar(0, 200.0), bar(1, 50.0)] }];
        let panels = vec![Panel { title: "training".into(), bars: 2, groups }];
        let svg = BarChart { panels, ..BarChart::default() }.to_svg();
        assert!(svg.contains("height=\"160.0\"><title>&lt;200&gt;"), "{svg}");
        assert!(svg.contains("height=\"40.0\"><title>&lt;50&gt;"), "{svg}");
    }
}
