//! Images with their labels and the network's answers: a table, and a sheet in the same order.

use std::path::{Path, PathBuf};

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

/// The names of the files of the training images, in the folder of the data; empty where an image has no file of its own.
pub(super) fn file_names(digits: &Digits) -> Vec<String> {
    let files = digits.files(Part::Train).unwrap_or_default();
    let absolute = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
    let files = files.iter().map(absolute);
    files.map(|file| file.strip_prefix(&digits.setting).unwrap_or(&file).display().to_string()).collect()
}

/// Prints a row for each of `images`, and draws them to the file `sheet`. Classes are called by their `names`, or by their
/// numbers if they have none; `files` has the name of each training image's file, or nothing.
pub(super) fn show(
    images: &[Listed<'_>],
    names: &[String],
    files: &[String],
    sheet: &Path,
) -> anyhow::Result<()> {
    let shown = images.iter().map(|image| {
        let read = image.prediction.class();
        Mistake { label: image.label, read, pixels: image.pixels }
    });
    pictures::contact_sheet(&shown.collect::<Vec<_>>(), names, sheet)?;
    let name = |class: u8| names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string());
    let width = names.iter().map(|name| name.chars().count()).chain([6]).max().unwrap_or(6);
    let file = if files.is_empty() { "" } else { "  file" };
    print_line(format_args!(
        " image  {:>width$}  {:>width$}  probability     loss{file}",
        "label", "answer"
    ))?;
    for Listed { index, label, prediction, loss, .. } in images {
        let (label, answer) = (name(*label), name(prediction.class()));
        let percent = format!("{:.1} %", 100.0 * probability(prediction));
        let file = files.get(*index).map_or(String::new(), |file| format!("  {file}"));
        print_line(format_args!(
            "{index:>6}  {label:>width$}  {answer:>width$}  {percent:>11}  {loss:>7.4}{file}"
        ))?;
    }
    print_line(format_args!(
        "{}: the images in this order, each with its label and the answer",
        sheet.display()
    ))
}
