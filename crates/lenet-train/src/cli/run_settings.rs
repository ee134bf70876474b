//! `run.toml`: the settings of a run, with a checksum. `--config` reads them for another run, `--resume` for
//! this one.

use std::path::Path;

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

/// File name.
pub(super) const SETTINGS: &str = "run.toml";
/// Limit of the size of a file of settings.
const MOST_BYTES: u64 = 1 << 20;
/// Beginning of the first line, which ends with the SHA-256 of the lines after it.
const MARK: &str = "# --resume checks the SHA-256 of the lines below: ";

/// Reads a file of settings.
pub(super) fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = lenet_files::read(file, MOST_BYTES)?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))
}

/// Reads `run.toml`. Settings that changed since they were written would resume another training.
pub(super) fn read_sealed(file: &Path) -> anyhow::Result<String> {
    let text = read(file)?;
    if let Some((seal, settings)) = text.strip_prefix(MARK).and_then(|rest| rest.split_once('\n')) {
        ensure!(
            seal == sha256(settings.as_bytes()),
            "{} is damaged or was edited: its SHA-256 is not the one in its first line; to train with these settings, \
             use --config",
            file.display()
        );
    } else {
        ensure!(
            !text.starts_with('#'),
            "{} is damaged: its first line is not the one that was written",
            file.display()
        );
    }
    Ok(text)
}

/// Whether the text is that of a `run.toml`.
pub(super) fn is_of_a_run(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Adds the checksum to settings.
pub(super) fn sealed(settings: &str) -> String {
    format!("{MARK}{}\n{settings}", sha256(settings.as_bytes()))
}

/// The SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(SETTINGS);
        let settings = "data = \"digits\"\nepochs = 3\nlr = 0.05\n";
        let whole = sealed(settings);
        std::fs::write(&file, &whole).unwrap();
        assert!(read_sealed(&file).unwrap().ends_with(settings));
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone().into_bytes();
                damaged[place] ^= 1 << bit;
                std::fs::write(&file, damaged).unwrap();
                // A damaged mark leaves a line that is neither a comment nor a setting.
                let read = read_sealed(&file);
                let parsed = read.map(|text| text.parse::<toml::Table>().is_ok());
                assert!(!matches!(parsed, Ok(true)), "bit {bit} of byte {place}");
            }
        }
    }

    #[test]
    fn settings_without_a_checksum_are_those_of_an_older_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(SETTINGS);
        std::fs::write(&file, "epochs = 3\n").unwrap();
        assert_eq!(read_sealed(&file).unwrap(), "epochs = 3\n");
    }
}
