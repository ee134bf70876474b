//! The worst mistakes and the least sure answers, and which pixels mattered.

use maud::{Markup, html};

use super::percent;
use crate::training::Test;

/// Number of mistakes, and of unsure answers.
const WORST: usize = 18;
const LEAST_SURE: usize = 12;
/// Pixels of the page for a pixel of an image.
const SCALE: usize = 3;

/// The images; `None` if all are read rightly.
pub fn render(test: &Test) -> Option<Markup> {
    let (worst, least_sure) = (test.worst(WORST), test.least_sure(LEAST_SURE));
    let page = html! {
        h3 { "The worst " span.muted { "the surest of the wrong answers" } }
        @if test.attributions.iter().any(|attribution| worst.contains(&attribution.image)) {
            p.muted {
                "Beside an image: where more ink would speak for the answer (blue) or for the label (orange), by the "
                "gradient; and which patches spoke for the answer (blue) or for the label (orange), by covering them."
            }
        }
        ol.cards { @for image in worst { li { (card(test, image)) } } }
        h3 { "The least sure " span.muted { "right and wrong answers with the lowest probability" } }
        ol.cards { @for image in least_sure { li { (card(test, image)) } } }
    };
    (test.right() < test.len()).then_some(page)
}

fn card(test: &Test, image: usize) -> Markup {
    let (answer, probability) = test.answer(image);
    let label = test.labels[image];
    let of_label = test.probabilities_of(image).get(usize::from(label)).copied().unwrap_or(0.0);
    let (width, height) = (SCALE * test.images.width, SCALE * test.images.height);
    let attribution = test.attributions.iter().find(|attribution| attribution.image == image);
    let is_right = answer == label;
    html! {
        div.pictures {
            img.pixels src=(test.sheet(&[image], 1).data_uri()) width=(width) height=(height)
                alt={ "image " (image) ", a " (test.class(label)) };
            @if let Some(attribution) = attribution {
                img.pixels.map src=(attribution.gradient.data_uri()) width=(width) height=(height)
                    alt="gradient of the pixels";
                img.pixels.map src=(attribution.occlusion.data_uri()) width=(width) height=(height)
                    alt="effect of covering patches";
            }
        }
        p class=(if is_right { "pass" } else { "warn" }) {
            b { (test.class(label)) } (if is_right { " read rightly, " } else { " read as " })
            @if !is_right { b { (test.class(answer)) } ", " }
            (percent(f64::from(probability)))
        }
        p.muted {
            @if !is_right { (test.class(label)) ": " (percent(f64::from(of_label))) ", " }
            "image " (image)
        }
    }
}
