//! The page, as one HTML file.

use maud::{Markup, html};

use super::chart::chart;
use super::{Effect, Influence, Neighbour, TestImage};
use crate::document::document;
use crate::numbers::grouped;
use crate::picture::Picture;
use crate::training::percent;

const STYLE: &str = include_str!("page.css");
/// Pixels of the page for a pixel of an image.
const SCALE: usize = 3;

/// Renders the page of `influence`.
pub fn render(influence: &Influence) -> String {
    let body = html! {
        header { (header(influence)) }
        main {
            @for (place, test) in influence.tests.iter().enumerate() { (section(influence, place, test)) }
        }
    };
    document(&format!("Influence on {}", influence.run), STYLE, None, &body)
}

fn header(influence: &Influence) -> Markup {
    let has_influence =
        |place: &usize| influence.effects.iter().any(|one| one.test == *place && one.is_influence());
    let found = (0..influence.tests.len()).filter(has_influence).count();
    html! {
        h1 { "Influence on " (influence.run) }
        p.result { b { (found) } " of " (influence.tests.len()) " test images with an influence above the noise of the seeds" }
        p.muted {
            "The network was trained again without each shard of the training images, with " (influence.seeds) " seeds each. A dot is \
             the log-odds of the label without a shard, minus their median over all shards, with its standard error; the \
             grey band is the noise: if all shards are alike, one of all dots lies outside with a probability of about 5 %. To the \
             right: without these images the network believes the label more, so they speak against it. A shard is a slice of the \
             indices, as Python has them"
            @if influence.effects.iter().any(|effect| effect.left_out.contains('@')) {
                "; @0: of the indices in an order shuffled by seed 0"
            }
            "."
        }
    }
}

fn section(influence: &Influence, place: usize, test: &TestImage) -> Markup {
    let own: Vec<&Effect> = influence.effects.iter().filter(|effect| effect.test == place).collect();
    let divisions = own.chunk_by(|one, other| (one.level, &one.of) == (other.level, &other.of));
    let id = format!("image-{}", test.index);
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { "Test image " (test.index) ", a " (test.label) }
            div.subject {
                (pixels(&test.picture, &format!("test image {}, a {}", test.index, test.label)))
                p {
                    "read as " b { (test.read) } ", with " (percent(Some(test.probability))) " for " (test.label)
                }
            }
            @for effects in divisions { (division(effects, &test.label)) }
            @if !test.neighbours.is_empty() { (neighbours(&own, test)) }
        }
    }
}

fn division(effects: &[&Effect], label: &str) -> Markup {
    let Some(first) = effects.first() else { return html! {} };
    let of =
        if first.level == 1 { "all training images".to_owned() } else { format!("the shard {}", first.of) };
    let mut influences: Vec<&&Effect> = effects.iter().filter(|effect| effect.is_influence()).collect();
    influences.sort_by(|one, other| other.effect.abs().total_cmp(&one.effect.abs()));
    html! {
        h3 { "Shards of " (of) }
        div.wide tabindex="0" role="region" aria-label={ "Shards of " (of) } { (chart(effects)) }
        @for effect in &influences {
            p {
                "Without " b { (effect.left_out) } " (" (grouped(effect.images as f64)) " images): " (percent(Some(effect.probability)))
                " for " (label) ", instead of " (percent(Some(effect.probability_of_others))) ". These images speak "
                (if effect.effect > 0.0 { "against" } else { "for" }) " " (label) "."
            }
        }
        @if influences.is_empty() {
            p {
                "No influence found at " (first.seeds) " seeds. The smallest effect that would have been called one is "
                (format!("{:.2}", first.threshold)) "."
            }
        }
    }
}

fn neighbours(effects: &[&Effect], test: &TestImage) -> Markup {
    let influences = effects.iter().filter(|effect| effect.is_influence());
    let last = influences.map(|effect| effect.level).max().unwrap_or(1);
    html! {
        h3 { "Images of the strongest shard of level " (last) " that are most like the test image" }
        ul.neighbours {
            @for Neighbour { index, label, picture } in &test.neighbours {
                li {
                    (pixels(picture, &format!("training image {index}, a {label}")))
                    p class=(if *label == test.label { "muted" } else { "warn" }) { b { (label) } " · " (index) }
                }
            }
        }
        p.muted { "Below an image: its label and its index among the training images. By the distance of the pixels." }
    }
}

fn pixels(picture: &Picture, alt: &str) -> Markup {
    let [width, height] = [picture.width(), picture.height()].map(|side| SCALE * side);
    html! { img.pixels src=(picture.data_uri()) width=(width) height=(height) alt=(alt); }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn influences_are_told_with_their_side_and_their_absence_is_told() {
        let page = render(&sample::influence());
        assert!(page.contains("<b>1</b> of 2 test images with an influence"), "{page}");
        assert!(page.contains(
            "Without <b>0::2</b> (50 images): 80.00\u{a0}% for &lt;five&gt;, instead of 10.00\u{a0}%"
        ));
        assert_eq!(page.matches("speak against &lt;five&gt;").count(), 1);
        assert_eq!(page.matches("speak for &lt;five&gt;").count(), 1);
        assert_eq!(page.matches("No influence found at 5 seeds").count(), 1);
        assert!(page.contains("training image 2, a 3") && page.contains("strongest shard of level 2"));
    }

    #[test]
    fn names_are_text_and_the_page_needs_nothing_from_outside() {
        let page = render(&sample::influence());
        assert!(!page.contains("<five>") && !page.contains("<a>"));
        for external in ["src=\"http", "href=\"http", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(external), "{external}");
        }
    }
}
