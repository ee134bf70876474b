//! The reasons why no digit is read in a picture.

/// Why no digit is read. The later of two reasons says more about the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// No ink.
    Blank,
    /// Ink at the border only.
    Edge,
    /// A filled region.
    Blot,
    /// Strokes around many pieces of paper.
    Pattern,
    /// More than one digit.
    Several,
    /// More than one row of digits.
    Rows,
    /// More shapes than digits in a row.
    Many,
}

impl Refusal {
    /// What was found instead of a digit.
    pub(super) fn found(self) -> &'static str {
        match self {
            Self::Blank => "nothing that stands out",
            Self::Edge => "only lines or an edge",
            Self::Blot => "a filled spot without strokes",
            Self::Pattern => "a grid or a pattern",
            Self::Several => "several shapes; crop the image to one digit, or read it as several digits",
            Self::Rows => "several rows of shapes; crop the image to one row",
            Self::Many => "too many shapes for a row of digits",
        }
    }
}
