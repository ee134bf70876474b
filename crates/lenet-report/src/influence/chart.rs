//! The effects of the shards of one division: a row for each, around zero.

use maud::{Markup, html};

use super::Effect;

/// Width of the chart, and the ends of its axis.
const WIDTH: f64 = 560.0;
const AXIS: [f64; 2] = [120.0, 540.0];
/// Height of a row, and of the space above and below the rows.
const ROW: f64 = 20.0;
const TOP: f64 = 6.0;
const BOTTOM: f64 = 26.0;

/// The chart of `effects`, which share a threshold.
pub(super) fn chart(effects: &[&Effect]) -> Markup {
    let ends = effects.iter().map(|effect| effect.effect.abs() + effect.standard_error);
    let threshold = effects.first().map_or(0.0, |effect| effect.threshold);
    let reach =
        1.08 * ends.chain([threshold, f64::MIN_POSITIVE]).filter(|end| end.is_finite()).fold(0.0, f64::max);
    let x = |effect: f64| {
        let [left, right] = AXIS;
        (left + right) / 2.0 + (right - left) / 2.0 * (effect / reach).clamp(-1.0, 1.0)
    };
    let bottom = TOP + ROW * effects.len() as f64;
    html! {
        svg.influence viewBox={ "0 0 " (WIDTH) " " (bottom + BOTTOM) } role="img"
            aria-label="Effect of leaving each shard out on the log-odds of the label" {
            rect.noise x=(number(x(-threshold))) y=(TOP) width=(number(x(threshold) - x(-threshold))) height=(bottom - TOP) {}
            path.zero d={ "M" (number(x(0.0))) " " (TOP) "V" (bottom) } {}
            @for (row, effect) in effects.iter().enumerate() { (dot(effect, TOP + ROW * (row as f64 + 0.5), &x)) }
            @for effect in [-tick(reach), 0.0, tick(reach)] {
                text.middle x=(number(x(effect))) y=(bottom + 17.0) { (signed(effect)) }
            }
        }
    }
}

fn dot(effect: &Effect, y: f64, x: &impl Fn(f64) -> f64) -> Markup {
    let Effect { left_out, images, effect: size, standard_error, .. } = effect;
    let title = format!("{left_out}, {images} images: {size:+.2} ± {standard_error:.2}");
    let ends = [size - standard_error, size + standard_error].map(|end| number(x(end)));
    html! {
        g.found[effect.is_influence()] {
            title { (title) }
            text.end x=(AXIS[0] - 8.0) y=(number(y + 3.5)) { (left_out) }
            path d={ "M" (ends[0]) " " (number(y)) "H" (ends[1]) } {}
            circle cx=(number(x(*size))) cy=(number(y)) r="4.5" {}
        }
    }
}

/// A round number in the outer half of the axis.
fn tick(reach: f64) -> f64 {
    let power = 10f64.powf(reach.log10().floor());
    [5.0, 2.0, 1.0].map(|digit| digit * power).into_iter().find(|tick| *tick <= reach).unwrap_or(power)
}

fn signed(effect: f64) -> String {
    if effect == 0.0 {
        "0".to_owned()
    } else {
        format!("{}{}", if effect > 0.0 { "+" } else { "−" }, effect.abs())
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn effects_lie_on_their_side_of_zero_and_influences_are_marked() {
        let influence = sample::influence();
        let effects: Vec<&Effect> = influence.effects[..2].iter().collect();
        let svg = chart(&effects).into_string();
        let places: Vec<f64> =
            svg.split("cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect();
        assert!(places[0] > 330.0 && places[1] < 330.0, "{places:?}");
        assert_eq!(svg.matches("class=\"found\"").count(), 1);
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!([0.7, 1.0, 3.4, 9.9, 42.0].map(tick), [0.5, 1.0, 2.0, 5.0, 20.0]);
        assert_eq!([-0.5, 0.0, 20.0].map(signed), ["−0.5", "0", "+20"]);
    }
}
