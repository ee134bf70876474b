//! The confusion matrix, whose cells open their images.

use maud::{Markup, html};

use crate::training::Test;

/// A cell shows no more images than this.
const MOST_IMAGES: usize = 24;
const COLUMNS: usize = 6;

/// The images of each cell: a row for each label, a column for each answer.
pub fn counts(test: &Test) -> Vec<Vec<Vec<usize>>> {
    let classes = test.classes.len();
    let mut counts = vec![vec![Vec::new(); classes]; classes];
    for (image, label) in test.labels.iter().enumerate() {
        counts[usize::from(*label)][usize::from(test.answer(image).0)].push(image);
    }
    counts
}

/// The matrix. A cell that is not empty is a button that opens its images.
pub fn render(test: &Test) -> Markup {
    let counts = counts(test);
    html! {
        p.muted { "A row for each label, a column for each answer. A cell opens its images." }
        div.wide tabindex="0" role="region" aria-label="Confusion matrix" {
            table.heat.confusion {
                tr { td {} @for class in &test.classes { th scope="col" { (class) } } }
                @for (label, row) in counts.iter().enumerate() {
                    @let all: usize = row.iter().map(Vec::len).sum();
                    tr {
                        th scope="row" { (test.classes[label]) }
                        @for (answer, images) in row.iter().enumerate() {
                            (cell([label, answer], images, all, &test.classes))
                        }
                    }
                }
            }
        }
        @for (label, row) in counts.iter().enumerate() {
            @for (answer, images) in row.iter().enumerate() {
                @if !images.is_empty() { (popover(test, [label, answer], images)) }
            }
        }
    }
}

fn cell([label, answer]: [usize; 2], images: &[usize], all: usize, classes: &[String]) -> Markup {
    // Mistakes are a few in a thousand: the square root makes them visible.
    let heat = (images.len() as f64 / all.max(1) as f64).sqrt();
    let style = (label != answer).then(|| format!("--heat:{heat:.2}"));
    let class = if label == answer { "share right" } else { "share" };
    html! {
        @if images.is_empty() {
            td.none {}
        } @else {
            td class=(class) style=[style] {
                button type="button" popovertarget={ "cell-" (label) "-" (answer) }
                    aria-label={ (images.len()) " images of " (classes[label]) " read as " (classes[answer]) } {
                    (images.len())
                }
            }
        }
    }
}

fn popover(test: &Test, [label, answer]: [usize; 2], images: &[usize]) -> Markup {
    let shown = &images[..images.len().min(MOST_IMAGES)];
    let sheet = test.sheet(shown, COLUMNS);
    let (width, height) = (2 * sheet.width(), 2 * sheet.height());
    let id = format!("cell-{label}-{answer}");
    let title = format!("{} read as {}", test.classes[label], test.classes[answer]);
    let numbers = shown.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    html! {
        div popover id=(id) role="dialog" aria-label=(title) {
            h4 { (title) }
            img.pixels src=(sheet.data_uri()) width=(width) height=(height) alt={ (shown.len()) " images" };
            p.muted {
                @if shown.len() < images.len() { "The first " (shown.len()) " of " (images.len()) " images. " }
                "Numbers in the test set: " (numbers) "."
            }
            button type="button" popovertarget=(id) popovertargetaction="hide" { "Close" }
        }
    }
}
