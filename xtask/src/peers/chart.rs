//! peers.svg: the fastest setting of each framework, a panel for each kind of work.

use super::Work;
use super::markdown::title;
use super::report::Report;

/// A family, its name and its colours on a light and on a dark page (after Okabe and Ito, who chose theirs to
/// be told apart by everyone).
const FAMILIES: [(&str, &str, &str, &str); 5] = [
    ("lenet", "this workspace", "#0072b2", "#56b4e9"),
    ("torch", "PyTorch", "#d55e00", "#e69f00"),
    ("jax", "JAX", "#009e73", "#2fc79a"),
    ("onnxruntime", "ONNX Runtime", "#cc79a7", "#cc79a7"),
    ("candle", "candle", "#8a8a8a", "#9a9a9a"),
];

const WIDTH: f64 = 900.0;
const LEGEND: f64 = 34.0;
const PANEL: f64 = 240.0;
/// Within a panel, the lower end of the bars, and how high the highest of them is.
const FLOOR: f64 = 208.0;
const HEIGHT: f64 = 160.0;

/// The report as a picture that follows the reader's choice of light or dark.
pub fn render(report: &Report) -> String {
    let height = LEGEND + PANEL * report.settings.work.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
        aria-label=\"Images per second of each framework\">\n{}",
        style()
    );
    let took_part =
        FAMILIES.iter().filter(|f| report.settings.work.iter().any(|&work| does(report, work, f.0)));
    for (index, (family, name, ..)) in took_part.enumerate() {
        let x = 20.0 + 150.0 * index as f64;
        svg += &format!("<rect class=\"{family}\" x=\"{x}\" y=\"12\" width=\"12\" height=\"12\"/>\n");
        svg += &format!("<text x=\"{}\" y=\"22\">{name}</text>\n", x + 18.0);
    }
    for (index, &work) in report.settings.work.iter().enumerate() {
        let y = LEGEND + PANEL * index as f64;
        svg += &format!("<g transform=\"translate(0 {y})\">\n{}</g>\n", panel(report, work));
    }
    svg + "</svg>\n"
}

/// Groups of bars, one for each batch size; all of a panel to one scale.
fn panel(report: &Report, work: Work) -> String {
    let batches = &report.settings.batches;
    let families: Vec<_> = FAMILIES.iter().filter(|f| does(report, work, f.0)).collect();
    let rate = |batch, family| report.best_of(work, batch, family).and_then(|m| m.rate());
    let rates = batches.iter().flat_map(|&batch| families.iter().filter_map(move |f| rate(batch, f.0)));
    let highest = rates.fold(f64::MIN_POSITIVE, f64::max);

    let mut svg = format!("<text x=\"20\" y=\"28\" class=\"title\">{}: images/s</text>\n", title(work));
    let group = (WIDTH - 40.0) / batches.len() as f64;
    let bar = group * 0.84 / families.len().max(1) as f64;
    for (index, &batch) in batches.iter().enumerate() {
        let left = 20.0 + group * index as f64;
        let middle = left + group * 0.42;
        svg += &format!("<text x=\"{middle:.1}\" y=\"226\" class=\"middle\">batch {batch}</text>\n");
        let present = families.iter().filter_map(|family| Some((family, rate(batch, family.0)?)));
        for (place, ((family, name, ..), rate)) in present.enumerate() {
            let (x, height) = (left + bar * place as f64, HEIGHT * rate / highest);
            let (y, width, centre) = (FLOOR - height, bar - 2.0, x + bar / 2.0);
            svg += &format!(
                "<rect class=\"{family}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
                <title>{name}, batch {batch}: {rate:.0} images/s</title></rect>\n\
                <text x=\"{centre:.1}\" y=\"{:.1}\" class=\"middle small\">{}</text>\n",
                y - 4.0,
                short(rate),
            );
        }
    }
    svg
}

/// Whether there is a number of a family for a kind of work.
fn does(report: &Report, work: Work, family: &str) -> bool {
    report.settings.batches.iter().any(|&batch| report.best_of(work, batch, family).is_some())
}

/// Thousands, as short as a bar is narrow: `0.9k`, `19k`.
fn short(rate: f64) -> String {
    let thousands = rate / 1000.0;
    if thousands < 9.95 { format!("{thousands:.1}k") } else { format!("{thousands:.0}k") }
}

fn style() -> String {
    let fills = |colour: fn(&(&str, &'static str, &'static str, &'static str)) -> &'static str| {
        FAMILIES.iter().map(|f| format!(".{}{{fill:{}}}", f.0, colour(f))).collect::<String>()
    };
    format!(
        "<style>\ntext{{font:13px sans-serif;fill:#222}}.title{{font-weight:bold}}.small{{font-size:11px}}\
        .middle{{text-anchor:middle}}{}\n@media(prefers-color-scheme:dark){{text{{fill:#ddd}}{}}}\n</style>\n",
        fills(|f| f.2),
        fills(|f| f.3),
    )
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn bars_are_to_scale_and_labelled() {
        let svg = render(&example());
        let bar = "class=\"lenet\" x=\"450.0\" y=\"48.0\" width=\"118.4\" height=\"160.0\"><title>this workspace, batch 64: 204800 images/s";
        assert!(svg.contains(bar), "{svg}");
        let quarter = "class=\"torch\" x=\"570.4\" y=\"168.0\" width=\"118.4\" height=\"40.0\"><title>PyTorch, batch 64: 51200 images/s";
        assert!(svg.contains(quarter), "{svg}");
        assert!(svg.contains(">205k</text>"));
    }

    #[test]
    fn who_was_not_measured_has_no_bar() {
        assert!(!render(&example()).contains("<title>JAX, batch 64"));
    }

    #[test]
    fn small_rates_keep_a_decimal() {
        assert_eq!([90.0, 9_949.0, 9_951.0].map(short), ["0.1k", "9.9k", "10k"]);
    }
}
