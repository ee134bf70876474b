//! The terminal that standard output is, if it is one.

use console::{Style, Term, colors_enabled};

/// Number of columns of the window; `None` if standard output is no terminal, such as a pipe.
pub(super) fn width() -> Option<usize> {
    let terminal = Term::stdout();
    let columns = terminal.size_checked().map_or(80, |(_, columns)| usize::from(columns));
    terminal.is_term().then_some(columns)
}

/// Styles of a text on the terminal; none of them changes the text in a pipe, or if `NO_COLOR` is set.
#[derive(Clone, Debug)]
pub(super) struct Styles {
    pub(super) heading: Style,
    pub(super) good: Style,
    pub(super) muted: Style,
}

impl Styles {
    pub(super) fn of_standard_output() -> Self {
        let style = || Style::new().force_styling(width().is_some() && colors_enabled());
        Self { heading: style().bold(), good: style().green().bold(), muted: style().dim() }
    }
}
