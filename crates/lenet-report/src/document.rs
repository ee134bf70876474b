//! [`document`] and [`sections`]: the frame of every page, which needs no network and runs no script but its own.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::STYLE;

/// The script of a page.
pub struct Script {
    /// The text, without the element.
    pub text: &'static str,
    /// SHA-256 of the text in base64: the browser runs no other script.
    pub sha256: &'static str,
}

/// One part of a page: its title, its id, and its content, if it has any.
pub type Section = (&'static str, &'static str, Option<Markup>);

/// A page with the content `body`, in the style of all pages and in `style`. With a script, the browser runs no
/// other one and loads nothing.
pub fn document(title: &str, style: &str, script: Option<&Script>, body: &Markup) -> String {
    let policy = |script: &Script| {
        format!(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{}'; base-uri 'none'; \
             form-action 'none'",
            script.sha256
        )
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(script) = script {
                    meta http-equiv="Content-Security-Policy" content=(policy(script));
                }
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                (body)
                @if let Some(script) = script {
                    script { (PreEscaped(script.text)) }
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// The content of a page: its header, links to the sections, and the sections that have content.
pub fn sections(header: &Markup, sections: &[Section]) -> Markup {
    let present = || sections.iter().filter_map(|(title, id, body)| Some((title, id, body.as_ref()?)));
    html! {
        header { (header) }
        nav aria-label="Sections" {
            @for (title, id, _) in present() { a href={ "#" (id) } { (title) } " " }
        }
        main {
            @for (title, id, body) in present() {
                section id=(id) aria-labelledby={ (id) "-title" } {
                    h2 id={ (id) "-title" } { (title) }
                    (body)
                }
            }
        }
    }
}

#[cfg(test)]
impl Script {
    /// Fails unless the SHA-256 is that of the text.
    pub(crate) fn has_its_sha256(&self) {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD;
        use sha2::{Digest, Sha256};
        assert_eq!(self.sha256, STANDARD.encode(Sha256::digest(self.text)));
    }
}
