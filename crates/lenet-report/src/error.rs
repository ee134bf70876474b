//! Errors of records.

/// Why a record was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the JSON of a report.
    #[error("not a report.json of `cargo xtask test-backends`: {0}")]
    NotAReport(serde_json::Error),
    /// The report has another version.
    #[error("the report has version {found}, this program reads version {expected}: make it again")]
    Version {
        /// Version of the report.
        found: u32,
        /// Version that is read here.
        expected: u32,
    },
    /// The JUnit XML could not be written.
    #[error("cannot write JUnit XML: {0}")]
    Junit(String),
}
