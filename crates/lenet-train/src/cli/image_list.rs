//! Images with their labels and the network's answers: a table, and a sheet in the same order.

use std::path::Path;

use lenet_data::dataset::Part;
use lenet_model::Prediction;

use super::calibration::probability;
use super::data::Digits;
use super::pictures::{self, Mistake};
use super::print::print_line;

/// An image of a list.
pub(super) struct Listed<'a> {
    /// Position in the training set, from 0.
    pub(super) index: usize,
    pub(super) label: u8,
    pub(super) prediction: &'a Prediction,
    /// Loss of this image alone.
    pub(super) loss: f64,
    /// Square, row by row.
    pub(super) pixels: &'a [u8],
}

/// Prints a row for each of `images`, and draws them to the file `sheet`. Classes are called by their `names`, or by their
/// numbers if they have none; an image of `digits` that has a file is shown with its name in the folder of the data.
pub(super) fn show(
    images: &[Listed<'_>],
    names: &[String],
    digits: &Digits,
    sheet: &Path,
) -> anyhow::Result<()> {
    let shown = images.iter().map(|image| {
        let read = image.prediction.class();
        Mistake { label: image.label, read, pixels: image.pixels }
    });
    pictures::contact_sheet(&shown.collect::<Vec<_>>(), names, sheet)?;
    let name = |class: u8| names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string());
    let width = names.iter().map(|name| name.chars().count()).chain([6]).max().unwrap_or(6);
    let files = digits.files(Part::Train);
    let file = if files.is_some() { "  file" } else { "" };
    print_line(format_args!(
        " image  {:>width$}  {:>width$}  probability     loss{file}",
        "label", "answer"
    ))?;
    for Listed { index, label, prediction, loss, .. } in images {
        let (label, answer) = (name(*label), name(prediction.class()));
        let percent = format!("{:.1} %", 100.0 * probability(prediction));
        let file = files.as_ref().and_then(|files| files.get(*index));
        let file = file.map_or(String::new(), |file| format!("  {}", name_of_file(file, digits)));
        print_line(format_args!(
            "{index:>6}  {label:>width$}  {answer:>width$}  {percent:>11}  {loss:>7.4}{file}"
        ))?;
    }
    print_line(format_args!(
        "{}: the images in this order, each with its label and the answer",
        sheet.display()
    ))
}

/// The name of a file in the folder of the data.
fn name_of_file(file: &Path, digits: &Digits) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.strip_prefix(&digits.setting).unwrap_or(&file).display().to_string()
}
