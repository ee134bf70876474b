//! The filters and weight maps of a network, and what its layers make of some images.

use maud::{Markup, html};

use super::percent;
use crate::picture::Picture;
use crate::training::{Example, Network};

/// Width of a picture of weights on the page.
const WEIGHTS_WIDTH: usize = 620;
/// Width of the picture of a layer.
const LAYER_WIDTH: usize = 260;

pub fn render(network: &Network) -> Markup {
    html! {
        @if !network.examples.is_empty() {
            h3 { "Layer by layer" }
            p.muted {
                "An image of each class, and the output of each layer: black is 0, white the largest number of the layer."
            }
            @for (index, example) in network.examples.iter().enumerate() { (activations(example, index == 0)) }
        }
        @if !network.dead.is_empty() {
            h3 { "Silent outputs " span.muted { "0 for all of " (network.images) " images, after ReLU" } }
            ul.inline {
                @for (name, dead, all) in &network.dead { li { b { (name) } " " (dead) " of " (all) } }
            }
        }
        h3 { "Weights" }
        p.muted {
            "Blue is positive, orange negative, and a stronger colour a larger number. Each picture has a scale of its own."
        }
        @for weights in &network.weights {
            @let alt = format!("weights of {}: {}", weights.name, weights.caption);
            figure.weights {
                figcaption { (weights.name) " " span.muted { (weights.caption) } }
                (picture(&weights.picture, WEIGHTS_WIDTH, &alt))
            }
        }
    }
}

fn activations(example: &Example, open: bool) -> Markup {
    let best = example.probabilities.iter().copied().fold(0.0, f32::max);
    html! {
        details.example open[open] {
            summary {
                (example.label) " "
                span.muted { "image " (example.image) ", answered with " (percent(f64::from(best))) }
            }
            div.layers {
                @for layer in &example.layers {
                    figure {
                        figcaption { (layer.name) " " span.muted { (layer.shape) } }
                        (picture(&layer.picture, LAYER_WIDTH, &format!("{} for a {}", layer.name, example.label)))
                    }
                }
            }
        }
    }
}

/// A picture with square pixels of a whole number of the page's, as wide as `width` allows.
fn picture(picture: &Picture, width: usize, alt: &str) -> Markup {
    let scale = (width / picture.width().max(1)).clamp(1, 12);
    let [width, height] = [picture.width(), picture.height()].map(|size| scale * size);
    html! { img.pixels src=(picture.data_uri()) width=(width) height=(height) alt=(alt); }
}
