//! Everything that the program prints goes through here: control characters of names, settings and records
//! are escaped, an error of standard output is an error of the program, and one of standard error is not.

use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;

use anyhow::Context;

/// Prints a line on standard output.
///
/// # Errors
/// Any error except a closed pipe, such as that of `| head`.
pub(super) fn print_line(line: impl Display) -> anyhow::Result<()> {
    print(&escaped(&line.to_string(), false))
}

/// Prints lines of the program's own on standard output: as [`print_line`], but newlines stay.
pub(super) fn print_text(text: impl Display) -> anyhow::Result<()> {
    print(&escaped(&text.to_string(), true))
}

/// Prints a line with the colours of [`terminal`](super::terminal) on standard output. Its parts come from
/// [`plain`].
pub(super) fn print_styled(line: &str) -> anyhow::Result<()> {
    print(line)
}

/// A name or a value without control characters.
pub(super) fn plain(text: &str) -> String {
    escaped(text, false)
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    is_printed(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Prints bytes for another program on standard output.
pub(super) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    is_printed(out.write_all(bytes).and_then(|()| out.flush()))
}

fn is_printed(result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Prints a line on standard error. Errors are ignored: there is nobody to tell.
pub(super) fn print_note(line: impl Display) {
    let _ = writeln!(stderr(), "{}", escaped(&line.to_string(), false));
}

/// Prints an error that does not end the program, or the last one, in a line on standard error.
pub(crate) fn print_error(error: &anyhow::Error) {
    print_note(format_args!("error: {}", on_one_line(error)));
}

/// Prints help, the version or a usage error, and returns the exit code.
pub(super) fn print_clap(error: &clap::Error) -> anyhow::Result<ExitCode> {
    let plain = error.render().to_string();
    let code = u8::try_from(error.exit_code()).unwrap_or(1);
    if !error.use_stderr() {
        is_printed(error.print().and_then(|()| stdout().flush()))?;
    } else if escaped(&plain, true) == plain {
        let _ = error.print(); // In colours.
    } else {
        let _ = write!(stderr(), "{}", escaped(&plain, true));
    }
    Ok(ExitCode::from(code))
}

/// Formats an error and its sources on one line, skipping sources whose text is already included.
pub(super) fn on_one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for source in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&source) {
            text += &format!(": {source}");
        }
    }
    match error.downcast_ref() {
        Some(lenet_data::Error::Fetch { .. }) => text.replace("\n  ", "; "), // A line for each mirror.
        _ => text,
    }
}

/// Escapes characters that control a terminal or the direction of text, as Rust writes them: `\u{1b}`.
fn escaped(text: &str, keep_newlines: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        let directs = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (char.is_control() || directs) && !(keep_newlines && char == '\n') {
            let _ = write!(escaped, "{}", char.escape_default()); // A String accepts everything.
        } else {
            escaped.push(char);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("a\u{1b}[31mb\n\u{9b}\u{202e}", false), "a\\u{1b}[31mb\\n\\u{9b}\\u{202e}");
        assert_eq!(escaped("two\nlines é", true), "two\nlines é");
    }

    #[test]
    fn a_source_that_is_told_already_is_skipped() {
        let error = anyhow::anyhow!("disk full").context("cannot write: disk full").context("no weights");
        assert_eq!(on_one_line(&error), "no weights: cannot write: disk full");
    }
}
