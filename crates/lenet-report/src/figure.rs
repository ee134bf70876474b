//! The figure of a network as SVG: its layers from left to right, drawn to scale from their shapes.

use std::fmt::Write as _;

/// Pixels of the figure for a pixel of an image.
const PIXEL: f64 = 3.7;
/// Height of the figure, and of the line through the middle of all layers.
const HEIGHT: f64 = 330.0;
const MIDDLE: f64 = 168.0;
/// Space between two layers, and at both ends.
const GAP: f64 = 56.0;
const MARGIN: f64 = 26.0;
/// Width of a layer of units.
const UNITS_WIDTH: f64 = 22.0;

/// A layer of the figure.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stage {
    /// Name, such as `C1`.
    pub name: String,
    /// The operation that computes the layer.
    pub operation: Operation,
    /// Shape of the output.
    pub shape: Shape,
}

/// The operation that computes a layer from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// The layer is the input.
    Input,
    /// A convolution with windows of this size, and a ReLU.
    Convolution(usize),
    /// A max-pool with windows of this size.
    MaxPool(usize),
    /// A linear layer and a ReLU.
    LinearRelu,
    /// A linear layer.
    Linear,
}

/// Shape of a layer's output for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// So many maps of so many rows and columns.
    Maps(usize, usize),
    /// So many numbers.
    Units(usize),
}

impl Stage {
    /// A layer.
    pub fn new(name: impl Into<String>, operation: Operation, shape: Shape) -> Self {
        Self { name: name.into(), operation, shape }
    }
}

impl std::fmt::Display for Shape {
    /// `6@28×28` or `120`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Maps(maps, side) => write!(f, "{maps}@{side}×{side}"),
            Self::Units(units) => write!(f, "{units}"),
        }
    }
}

impl Operation {
    /// The two lines below the arrow.
    fn lines(self) -> [String; 2] {
        match self {
            Self::Input => [String::new(), String::new()],
            Self::Convolution(size) => ["convolution".into(), format!("{size}×{size}, ReLU")],
            Self::MaxPool(size) => ["max-pool".into(), format!("{size}×{size}")],
            Self::LinearRelu => ["linear".into(), "ReLU".into()],
            Self::Linear => ["linear".into(), String::new()],
        }
    }
}

/// Draws the layers as an SVG file that follows the light or dark mode of the viewer.
pub fn svg(stages: &[Stage]) -> String {
    let places = places(stages);
    let width = places.last().map_or(2.0 * MARGIN, |place| place.right + MARGIN + 30.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {HEIGHT:.0}\" role=\"img\" \
         aria-labelledby=\"title description\" font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, \
         sans-serif\">\n<title id=\"title\">LeNet</title>\n<desc id=\"description\">{}.</desc>\n<style>\n{STYLE}</style>\n",
        escaped(&description(stages))
    );
    out += &format!(
        "<rect class=\"card\" x=\".5\" y=\".5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"12\"/>\n",
        width - 1.0,
        HEIGHT - 1.0
    );
    for (stage, place) in stages.iter().zip(&places) {
        layer(&mut out, stage, place);
    }
    for pair in 0..stages.len().saturating_sub(1) {
        connection(&mut out, &stages[pair + 1], [&places[pair], &places[pair + 1]]);
    }
    out + "</svg>\n"
}

/// The layers and operations in a sentence.
pub fn description(stages: &[Stage]) -> String {
    let stage = |stage: &Stage| match stage.operation {
        Operation::Input => format!("{} {}", stage.name, stage.shape),
        operation => {
            let [kind, detail] = operation.lines();
            format!("{kind} {detail}").trim_end().to_owned() + &format!(" to {} {}", stage.name, stage.shape)
        }
    };
    stages.iter().map(stage).collect::<Vec<_>>().join(", ")
}

/// Where a layer is drawn.
struct Place {
    left: f64,
    right: f64,
    /// Upper end of the first map or of the units.
    top: f64,
    /// Side of a map, or height of the units.
    size: f64,
    /// Distance between two maps, to the right and downwards.
    offset: (f64, f64),
    maps: usize,
}

impl Place {
    /// Left and upper end of the map in front.
    fn front(&self) -> (f64, f64) {
        let behind = self.maps.saturating_sub(1) as f64;
        (self.left + behind * self.offset.0, self.top + behind * self.offset.1)
    }

    fn centre(&self) -> f64 {
        (self.left + self.right) / 2.0
    }
}

fn places(stages: &[Stage]) -> Vec<Place> {
    let mut left = MARGIN;
    let place = |stage: &Stage| {
        let place = match stage.shape {
            Shape::Maps(maps, side) => {
                let across = if maps > 8 { 4.2 } else { 6.5 };
                let (offset, size) = ((across, 0.62 * across), PIXEL * side as f64);
                let behind = maps.saturating_sub(1) as f64;
                let (right, height) = (left + size + behind * offset.0, size + behind * offset.1);
                Place { left, right, top: MIDDLE - height / 2.0, size, offset, maps }
            }
            Shape::Units(units) => {
                let scale = if units > 32 { 1.5 } else { 10.0 };
                let size = (scale * units as f64).clamp(20.0, 180.0);
                let (top, right) = (MIDDLE - size / 2.0, left + UNITS_WIDTH);
                Place { left, right, top, size, offset: (0.0, 0.0), maps: 1 }
            }
        };
        left = place.right + GAP;
        place
    };
    stages.iter().map(place).collect()
}

fn layer(out: &mut String, stage: &Stage, place: &Place) {
    let class = match stage.operation {
        Operation::Input => "image",
        Operation::Convolution(_) => "map",
        Operation::MaxPool(_) => "pool",
        Operation::LinearRelu | Operation::Linear => "dense",
    };
    let &Place { left, top, size, offset, .. } = place;
    match stage.shape {
        Shape::Maps(maps, _) => {
            for map in 0..maps {
                let (x, y) = (left + map as f64 * offset.0, top + map as f64 * offset.1);
                rect(out, class, [x, y, size, size]);
            }
        }
        // So few units are drawn one by one.
        Shape::Units(units @ 1..=10) => {
            let height = size / units as f64;
            for unit in 0..units {
                let y = top + unit as f64 * height;
                rect(out, class, [left, y, UNITS_WIDTH, height]);
                text(out, "small", left + UNITS_WIDTH + 11.0, y + 0.82 * height, &unit.to_string());
            }
        }
        Shape::Units(_) => rect(out, class, [left, top, UNITS_WIDTH, size]),
    }
    text(out, "name", place.centre(), 42.0, &stage.name);
    text(out, "shape", place.centre(), 61.0, &stage.shape.to_string());
    if stage.operation == Operation::Input {
        digit(out, place);
    }
}

/// Draws what joins two layers, and the name of the operation below.
fn connection(out: &mut String, to: &Stage, [before, after]: [&Place; 2]) {
    match to.operation {
        Operation::Convolution(window) | Operation::MaxPool(window) => {
            windows(out, PIXEL * window as f64, [before, after]);
        }
        _ => {
            let (x, top) = before.front();
            let x = if before.maps > 1 { x + before.size } else { before.right };
            let (bottom, right) = (top + before.size, after.left);
            let (upper, lower) = (after.top, after.top + after.size);
            let _ = writeln!(
                out,
                "<path class=\"fan\" d=\"M{x:.1} {top:.1}L{right:.1} {upper:.1}V{lower:.1}L{x:.1} {bottom:.1}Z\"/>"
            );
        }
    }
    let (from, until) = (before.centre() + 6.0, after.centre() - 6.0);
    let _ = writeln!(out, "<path class=\"step\" d=\"M{from:.1} 274v6H{until:.1}v-6\"/>");
    for (line, y) in to.operation.lines().iter().zip([298.0, 314.0]).filter(|(line, _)| !line.is_empty()) {
        text(out, "shape", (from + until) / 2.0, y, line);
    }
}

/// A window in the front map of one layer, the number computed from it in that of the next, and rays between them.
fn windows(out: &mut String, window: f64, [before, after]: [&Place; 2]) {
    let ((x, y), (next_x, next_y)) = (before.front(), after.front());
    let inner = (before.size - window).max(0.0);
    let (x, y) = (x + 0.75 * inner + 2.0, y + 0.625 * inner);
    let inner = (after.size - PIXEL).max(0.0);
    let (next_x, next_y) = (next_x + 0.9 * inner, next_y + 0.625 * inner);
    rect(out, "window", [x, y, window, window]);
    rect(out, "window", [next_x, next_y, PIXEL, PIXEL]);
    let right = x + window;
    let (low, next_low) = (y + window, next_y + PIXEL);
    let _ = writeln!(
        out,
        "<path class=\"ray\" d=\"M{right:.1} {y:.1}L{next_x:.1} {next_y:.1}M{right:.1} {low:.1}L{next_x:.1} \
         {next_low:.1}\"/>"
    );
}

/// A handwritten 3 in the input.
fn digit(out: &mut String, place: &Place) {
    let scale = place.size / 118.4;
    let _ = writeln!(
        out,
        "<path class=\"digit\" transform=\"translate({:.1} {:.1}) scale({scale:.3})\" d=\"M40.3 32C53.3 18.9 80.5 22.5 \
         78.1 40.3C77 53.3 65.1 56.8 54.5 56.8C71 56.8 84.1 65.1 81.7 80.5C79.3 98.3 52.1 100.6 39.1 88.8\"/>",
        place.left, place.top
    );
}

fn rect(out: &mut String, class: &str, [x, y, width, height]: [f64; 4]) {
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
    );
}

fn text(out: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(text));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const STYLE: &str = "\
.card { fill: #ffffff; stroke: #d0d7de }
.name { fill: #1f2328; font-size: 15px; font-weight: 600; text-anchor: middle }
.shape, .small { fill: #59636e; font-size: 13px; text-anchor: middle }
.small { font-size: 9px }
.map { fill: #ddf4ff; stroke: #0969da; stroke-width: 1 }
.pool { fill: #dafbe1; stroke: #1a7f37; stroke-width: 1 }
.image { fill: #f6f8fa; stroke: #59636e; stroke-width: 1 }
.dense { fill: #fff1e5; stroke: #bc4c00; stroke-width: 1 }
.window { fill: none; stroke: #cf222e; stroke-width: 1.5 }
.ray { stroke: #cf222e; stroke-width: 1; opacity: .55 }
.fan { fill: #bc4c00; opacity: .10 }
.digit { fill: none; stroke: #1f2328; stroke-width: 11; stroke-linecap: round; stroke-linejoin: round }
.step { stroke: #818b98; stroke-width: 1; fill: none }
@media (prefers-color-scheme: dark) {
.card { fill: #0d1117; stroke: #3d444d }
.name { fill: #f0f6fc }
.shape, .small { fill: #9198a1 }
.map { fill: #12263f; stroke: #4493f8 }
.pool { fill: #12301c; stroke: #3fb950 }
.image { fill: #151b23; stroke: #9198a1 }
.dense { fill: #3a2212; stroke: #f0883e }
.window { stroke: #ff7b72 }
.ray { stroke: #ff7b72 }
.fan { fill: #f0883e; opacity: .16 }
.digit { stroke: #f0f6fc }
.step { stroke: #656c76 }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    fn stages() -> Vec<Stage> {
        vec![
            Stage::new("INPUT", Operation::Input, Shape::Maps(1, 32)),
            Stage::new("C1", Operation::Convolution(5), Shape::Maps(6, 28)),
            Stage::new("OUTPUT", Operation::Linear, Shape::Units(10)),
        ]
    }

    #[test]
    fn each_map_and_each_of_few_units_is_a_rectangle_to_scale() {
        let svg = svg(&stages());
        assert_eq!(svg.matches("class=\"map\"").count(), 6);
        assert_eq!(svg.matches("class=\"dense\"").count(), 10);
        assert!(svg.contains("width=\"103.6\" height=\"103.6\""), "28 pixels");
    }

    #[test]
    fn the_description_names_layers_and_operations() {
        let expected = "INPUT 1@32×32, convolution 5×5, ReLU to C1 6@28×28, linear to OUTPUT 10";
        assert_eq!(description(&stages()), expected);
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let stage = Stage::new("<script>", Operation::Input, Shape::Maps(1, 8));
        assert!(!svg(&[stage]).contains("<script>"));
    }
}
