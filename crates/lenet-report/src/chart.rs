//! Charts as SVG: lines over steps, and bars side by side.
//!
//! A chart takes its colours from the CSS variables of the page ([`STYLE`]), which follow the light or dark
//! mode of the browser. Each line and bar has a `<title>` that browsers show under the pointer and screen
//! readers speak.

mod axis;
mod bars;
mod lines;
mod plot;
mod sparkline;

use maud::{Markup, PreEscaped, html};

pub use bars::{Bar, BarChart, Group, Panel};
pub use lines::{BAND, Line, LineChart};
pub use plot::{Plot, PlotLine};
pub use sparkline::sparkline;

/// CSS of pages and charts: colours for light and dark, text, tables, and the classes `series0` to `series7`.
pub const STYLE: &str = include_str!("style.css");

/// Number of series that have a colour of their own; further ones repeat the colours.
pub const COLOURS: usize = 8;

/// CSS class of series number `index`.
pub fn series_class(index: usize) -> String {
    format!("series{}", index % COLOURS)
}

/// Legend with the colour and name of each series, given as `(index, name)`. `band` adds the entry of the
/// limit line.
pub fn legend<'a>(series: impl IntoIterator<Item = (usize, &'a str)>, band: bool) -> Markup {
    html! {
        p.legend {
            @for (index, name) in series {
                span { i class=(series_class(index)) {} (name) } " "
            }
            @if band { span { i.band {} "band" } }
        }
    }
}

/// An SVG document that contains its own style sheet.
fn standalone(width: f64, height: f64, label: &str, content: &Markup) -> Markup {
    html! {
        svg.bars xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(label) {
            style { (PreEscaped(STYLE)) }
            (content)
        }
    }
}

/// The smallest of …, 0.5, 1, 2, 5, 10, … that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0].map(|factor| factor * power);
    round.into_iter().find(|round| *round >= step).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_an_axis_are_round() {
        assert_eq!([0.21, 0.5, 0.9, 6.0].map(round_step), [0.5, 0.5, 1.0, 10.0]);
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let hostile = "<script>alert('\"')</script>";
        let markup = legend([(0, hostile)], false).into_string();
        assert!(!markup.contains("<script>") && markup.contains("&lt;script&gt;"), "{markup}");
    }
}
