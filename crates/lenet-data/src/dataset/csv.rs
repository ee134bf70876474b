//! CSV files with an image a line: the label, then the pixels, as Kaggle publishes MNIST and Fashion-MNIST.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ::csv::{ByteRecord, ReaderBuilder};

use super::{Part, classes, entries, name_of};
use crate::{DigitSet, Error, SIDE, idx, permutation};

/// Maximum size of a file in bytes, compressed or decompressed: 13 times Kaggle's MNIST.
const LARGEST_FILE: u64 = 1 << 30;
/// Maximum length of a line in bytes: a label and 1024 pixels take 4 KiB.
const LONGEST_LINE: usize = 64 << 10;
/// Of so many lines, the last is for the test if there is no test set.
const TEST_EVERY: usize = 5;
/// Seed of the order of the images: files may be sorted by label.
const ORDER: u64 = 0x4353_5621; // "CSV!"

/// The files of a data set.
#[derive(Clone, Debug)]
pub(super) struct CsvFiles {
    train: PathBuf,
    test: Option<PathBuf>,
}

/// The CSV files in a folder; `None` if there are none. Test images without labels, as in Kaggle's contests,
/// are no test set.
pub(super) fn find(folder: &Path) -> Result<Option<CsvFiles>, Error> {
    let lower = |path: &Path| name_of(path).to_lowercase();
    let mut files = entries(folder)?;
    files.retain(|file| [".csv", ".csv.gz"].iter().any(|end| lower(file).ends_with(end)));
    let with = |part: &str| files.iter().filter(|file| lower(file).contains(part)).collect::<Vec<_>>();
    let (train, test) = match (&files[..], &with("train")[..], &with("test")[..]) {
        ([], ..) => return Ok(None),
        ([only], [], []) => (only, None),
        (_, &[train], []) => (train, None),
        (_, &[train], &[test]) => (train, Some(test)),
        (files, ..) => {
            let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
            let expected = "one CSV file with `train` in its name and at most one with `test`";
            return Err(Error::malformed(folder, expected, names.join(", ")));
        }
    };
    let test = match test {
        Some(test) if has_labels(test)? => Some(test.clone()),
        _ => None,
    };
    Ok(Some(CsvFiles { train: train.clone(), test }))
}

impl CsvFiles {
    pub(super) fn names_file(&self) -> PathBuf {
        classes::names_file(&self.train)
    }

    pub(super) fn load(&self, part: Part) -> Result<DigitSet, Error> {
        let train = read(&self.train)?;
        has_two_classes(&self.train, &train.labels)?;
        let (count, names) = classes::of(&self.train, &train.labels)?;
        let (table, path) = match (part, &self.test) {
            (Part::Valid, _) => (Table { pixels: vec![], labels: vec![], ..train }, &self.train),
            (Part::Train, Some(_)) => (train.in_order(|_| true), &self.train),
            (Part::Test, Some(path)) => (read(path)?, path),
            (Part::Train, None) => (train.in_order(|line| line % TEST_EVERY != TEST_EVERY - 1), &self.train),
            (Part::Test, None) => (train.in_order(|line| line % TEST_EVERY == TEST_EVERY - 1), &self.train),
        };
        if let Some(label) = table.labels.iter().find(|&&label| usize::from(label) >= count) {
            let expected = format!("labels from 0 to {}", count - 1);
            return Err(Error::malformed(path, expected, label.to_string()));
        }
        let digits = DigitSet::with_classes(table.pixels, table.labels, [table.side; 2], count)?;
        if names.is_empty() { Ok(digits) } else { digits.with_class_names(names) }
    }
}

/// The images of a file.
struct Table {
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// Rows, and columns, of an image.
    side: usize,
}

impl Table {
    /// The images of some lines, counted from 0, in an order that is always the same.
    fn in_order(self, is_taken: impl Fn(usize) -> bool) -> Self {
        let mut order = permutation(ORDER, 0, self.labels.len());
        order.retain(|&line| is_taken(line));
        let area = self.side * self.side;
        let pixels = order.iter().flat_map(|&line| &self.pixels[line * area..][..area]).copied().collect();
        Self { pixels, labels: order.iter().map(|&line| self.labels[line]).collect(), side: self.side }
    }
}

/// What the column of labels is called in a header.
const LABELS: [&str; 5] = ["label", "labels", "class", "target", "y"];
const EXPECTED: &str = "lines of a label and then the pixels of a square image of at most 32x32";

/// The records of a file.
fn records(path: &Path) -> Result<::csv::Reader<impl Read + use<>>, Error> {
    let (reader, _) = idx::open(path, LARGEST_FILE)?;
    let reader = ShortLines { reader: reader.take(LARGEST_FILE), length: 0 };
    Ok(ReaderBuilder::new().has_headers(false).flexible(true).quoting(false).from_reader(reader))
}

/// Whether the lines have a label: without it, the number of fields is a square.
fn has_labels(path: &Path) -> Result<bool, Error> {
    let mut record = ByteRecord::new();
    records(path)?.read_byte_record(&mut record).map_err(|error| broken(path, &error))?;
    Ok(record.len() != record.len().isqrt().pow(2))
}

fn read(path: &Path) -> Result<Table, Error> {
    let (mut records, mut record) = (records(path)?, ByteRecord::new());
    let mut table = Table { pixels: vec![], labels: vec![], side: 0 };
    let mut fields = None;
    while records.read_byte_record(&mut record).map_err(|error| broken(path, &error))? {
        let line = record.position().map_or(0, ::csv::Position::line);
        let wrong = |found: String| Error::malformed(path, EXPECTED, format!("{found} in line {line}"));
        let count = *fields.get_or_insert(record.len());
        table.side = (count - 1).isqrt();
        if record.len() != count || table.side.pow(2) + 1 != count || !(1..=SIDE).contains(&table.side) {
            return Err(wrong(format!("{} fields", record.len())));
        }
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        if line == 1 && text(&record[0]).parse::<f64>().is_err() {
            // The header.
            let is_label = |field: &[u8]| LABELS.contains(&&*text(field).to_lowercase());
            match record.iter().position(is_label) {
                None | Some(0) => continue,
                Some(index) => {
                    return Err(wrong(format!("{:?} as column {}", text(&record[index]), index + 1)));
                }
            }
        }
        let mut numbers = record.iter().map(|field| {
            let number = text(field).parse::<u8>();
            number.map_err(|_| wrong(format!("{:?}, not a number from 0 to 255,", text(field))))
        });
        table.labels.extend(numbers.next().transpose()?);
        for pixel in numbers {
            table.pixels.push(pixel?);
        }
    }
    if table.labels.is_empty() {
        return Err(Error::malformed(path, EXPECTED, "none"));
    }
    Ok(table)
}

/// Refuses a file of which the first numbers of all lines are the same: they are pixels, and the label is elsewhere.
fn has_two_classes(path: &Path, labels: &[u8]) -> Result<(), Error> {
    let is_same = labels.len() > 1 && labels.iter().all(|label| *label == labels[0]);
    if is_same {
        let found = format!("the same label, {}, in all {} lines", labels[0], labels.len());
        return Err(Error::malformed(path, EXPECTED, found));
    }
    Ok(())
}

fn broken(path: &Path, error: &::csv::Error) -> Error {
    Error::malformed(path, EXPECTED, format!("a file that cannot be read ({error})"))
}

/// Refuses lines of more than [`LONGEST_LINE`] bytes, because a record takes several times the memory of its
/// line.
struct ShortLines<R> {
    reader: R,
    /// Length of the line so far.
    length: usize,
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        for byte in &buffer[..count] {
            self.length = if matches!(byte, b'\n' | b'\r') { 0 } else { self.length + 1 };
            if self.length > LONGEST_LINE {
                return Err(io::Error::other(format!("a line of more than {LONGEST_LINE} bytes")));
            }
        }
        Ok(count)
    }
}
