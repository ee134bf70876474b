//! Prints what a network reads in an image.

use std::path::Path;

use lenet_data::SIDE;
use lenet_model::Prediction;
use serde::Serialize;

use super::calibration::probability;
use super::data::lossy;
use super::print::print_line;

/// Number of candidates printed for each digit.
const TOP: usize = 3;

/// A digit that was found in an image, or an image as a whole.
pub(super) struct Found {
    /// The network's input.
    pub(super) pixels: [u8; SIDE * SIDE],
    /// First column, first row, number of columns and of rows in the image.
    pub(super) at: Option<[u32; 4]>,
}

/// How answers are printed.
#[derive(Clone, Copy)]
pub(super) struct Format {
    pub(super) json: bool,
    /// Images may have several digits.
    pub(super) several: bool,
    /// An answer with a lower probability is unsure.
    pub(super) unsure_below: f64,
}

/// Prints the answers to one image. `names` are the names of the classes; without names they are digits.
pub(super) fn print(
    file: &Path,
    answers: &[(&Found, Prediction)],
    names: &[String],
    format: Format,
) -> anyhow::Result<()> {
    let lines: Vec<Line<'_>> = answers.iter().map(|answer| Line::new(answer, names, format)).collect();
    match (format.several, format.json) {
        (false, false) => {
            lines.iter().try_for_each(|line| print_line(format_args!("{}: {}", file.display(), line.text())))
        }
        (false, true) => lines.iter().try_for_each(|line| print_json(&OfFile { file, found: line })),
        (true, true) => print_json(&OfFile { file, found: Row { read: read(&lines), found: &lines } }),
        (true, false) => {
            print_line(format_args!("{}: {}", file.display(), read(&lines)))?;
            lines.iter().try_for_each(|line| print_line(format_args!("  {}", line.text())))
        }
    }
}

fn print_json(line: &impl Serialize) -> anyhow::Result<()> {
    print_line(serde_json::to_string(line)?)
}

/// The answers in order: digits without spaces between them, names with.
fn read(lines: &[Line<'_>]) -> String {
    let names: Vec<String> = lines.iter().map(|line| line.answer.text()).collect();
    names.join(if lines.iter().any(|line| matches!(line.answer, Answer::Class(_))) { " " } else { "" })
}

/// A line of `--json`.
#[derive(Serialize)]
struct OfFile<'a, T> {
    #[serde(serialize_with = "lossy")]
    file: &'a Path,
    #[serde(flatten)]
    found: T,
}

/// The digits of an image.
#[derive(Serialize)]
struct Row<'a> {
    read: String,
    found: &'a [Line<'a>],
}

/// The answer to one digit.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    unsure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Area>,
    top: Vec<Candidate<'a>>,
}

/// A place in an image, in pixels.
#[derive(Clone, Copy, Serialize)]
struct Area {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct Candidate<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    probability: f32,
}

/// A class: a name if the classes have names, else a digit.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer<'a> {
    Digit(u8),
    Class(&'a str),
}

impl Answer<'_> {
    fn text(&self) -> String {
        match self {
            Answer::Digit(digit) => digit.to_string(),
            Answer::Class(name) => (*name).to_owned(),
        }
    }
}

impl<'a> Line<'a> {
    fn new((found, prediction): &(&Found, Prediction), names: &'a [String], format: Format) -> Self {
        let answer = |class: u8| {
            names.get(usize::from(class)).map_or(Answer::Digit(class), |name| Answer::Class(name))
        };
        let candidate = |(class, probability)| Candidate { answer: answer(class), probability };
        Self {
            answer: answer(prediction.class()),
            unsure: probability(prediction) < format.unsure_below,
            at: found.at.map(|[left, top, width, height]| Area { left, top, width, height }),
            top: prediction.top(TOP).into_iter().map(candidate).collect(),
        }
    }

    /// The most probable classes, with a note on an unsure answer and on where the digit is.
    fn text(&self) -> String {
        let percent =
            |one: &Candidate<'_>| format!("{} ({:.1} %)", one.answer.text(), 100.0 * one.probability);
        let candidates = self.top.iter().map(percent).collect::<Vec<_>>().join(", ");
        let unsure = if self.unsure { ": unsure" } else { "" };
        let at = |area: Area| {
            format!("; {}x{} pixels at column {}, row {}", area.width, area.height, area.left, area.top)
        };
        format!("{candidates}{unsure}{}", self.at.map_or_else(String::new, at))
    }
}
