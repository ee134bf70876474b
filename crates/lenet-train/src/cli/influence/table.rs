//! The table on standard output.

use lenet_report::influence::Effect;
use lenet_report::numbers::{grouped, percent};

use super::super::print::{plain, print_line, print_styled};
use super::super::terminal::Styles;
use super::subject::Subject;

/// Number of rows for a test image: the shards with the strongest effects.
const ROWS: usize = 4;

/// Prints what is done, before it takes its time.
pub(super) fn announce(
    subject: &Subject,
    shards: usize,
    seeds: usize,
    is_shuffled: bool,
) -> anyhow::Result<()> {
    let images = grouped(subject.images() as f64);
    print_line(format_args!(
        "{shards} shards of {images} training images, each left out with {seeds} seeds"
    ))?;
    let order = if is_shuffled { "; @0: in an order shuffled by seed 0" } else { "" };
    print_line(format_args!("effect: on the log-odds of the label{order}"))
}

/// Prints the strongest effects on each test image, and what may be said of them.
pub(super) fn print(subject: &Subject, level: usize, effects: &[Effect], detect: f64) -> anyhow::Result<()> {
    let styles = Styles::of_standard_output();
    for test in 0..subject.tests.len() {
        let mut own: Vec<&Effect> = effects.iter().filter(|effect| effect.test == test).collect();
        own.sort_by(|one, other| other.effect.abs().total_cmp(&one.effect.abs()));
        let Some(first) = own.first() else { continue };
        print_styled(&styles.heading.apply_to(plain(&heading(subject, test, level, first))).to_string())?;
        print_line("left out            images   without      else     effect   error  speaks")?;
        for effect in own.iter().take(ROWS) {
            print_line(row(effect))?;
        }
        print_line(verdict(&own, detect))?;
    }
    Ok(())
}

fn heading(subject: &Subject, test: usize, level: usize, effect: &Effect) -> String {
    let (read, probability) = subject.reading(test);
    let image = format!("test image {}, a {}", effect.test_image, effect.label);
    let reading = format!("read as {read}, with {} for {}", percent(Some(probability)), effect.label);
    match level {
        1 => format!("{image}, {reading}"),
        _ => format!("{image}: shards of {}", effect.of),
    }
}

fn row(effect: &Effect) -> String {
    let Effect { left_out, effect: size, standard_error, .. } = effect;
    let (without, others) = (percent(Some(effect.probability)), percent(Some(effect.probability_of_others)));
    let images = grouped(effect.images as f64);
    format!(
        "{left_out:<16}  {images:>8}  {without:>8}  {others:>8}  {size:>+9.2}  {standard_error:>6.2}  {}",
        side(effect)
    )
}

/// For or against the label the images of a shard speak; nothing if the effect may be noise.
fn side(effect: &Effect) -> &'static str {
    match (effect.is_influence(), effect.effect > 0.0) {
        (false, _) => "–",
        (true, true) => "against it",
        (true, false) => "for it",
    }
}

/// What the effects allow to say, and what it would take to say more.
fn verdict(effects: &[&Effect], detect: f64) -> String {
    let Some(first) = effects.first() else { return String::new() };
    let (found, all) = (effects.iter().filter(|effect| effect.is_influence()).count(), effects.len());
    let (seeds, needed) = (first.seeds, first.seeds_to_detect);
    let power = match needed > seeds as u64 {
        true => format!("an effect of {detect} would need about {needed}"),
        false => format!("an effect of {detect} would be found 4 times of 5"),
    };
    match found {
        0 => format!("no influence found at {seeds} seeds; {power}"),
        _ => format!("influences: {found} of {all} shards, whose effect is above {:.2}", first.threshold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(size: f64) -> Effect {
        let mut effect = Effect::new(7, 1, "0:", "3::10");
        (effect.effect, effect.standard_error, effect.threshold) = (size, 0.2, 0.8);
        (effect.images, effect.seeds, effect.seeds_to_detect) = (5_500, 5, 9);
        (effect.probability, effect.probability_of_others) = (0.5, 0.031);
        effect
    }

    #[test]
    fn a_row_has_80_columns_or_fewer_and_names_the_side() {
        let row = super::row(&effect(3.2));
        assert_eq!(row, "3::10                5,500   50.00 %    3.10 %      +3.20    0.20  against it");
        assert!(row.chars().count() <= 80);
        assert!(super::row(&effect(-3.2)).ends_with("for it") && super::row(&effect(0.5)).ends_with('–'));
    }

    #[test]
    fn an_effect_within_the_noise_is_called_no_influence() {
        let [weak, strong] = [0.5, -2.0].map(effect);
        assert_eq!(
            verdict(&[&weak], 1.0),
            "no influence found at 5 seeds; an effect of 1 would need about 9"
        );
        assert_eq!(verdict(&[&strong, &weak], 1.0), "influences: 1 of 2 shards, whose effect is above 0.80");
        let mut precise = weak;
        precise.seeds_to_detect = 3;
        assert!(verdict(&[&precise], 1.0).ends_with("an effect of 1 would be found 4 times of 5"));
    }
}
