//! Links from one file to another.

use std::ffi::OsStr;
use std::path::{Component, Path, absolute};

/// The address of `target` in the page `page`: a relative one, so that both can be moved together.
pub(super) fn between(page: &Path, target: &Path) -> String {
    let [page, target] = [page, target].map(|path| absolute(path).unwrap_or_else(|_| path.to_owned()));
    let folder: Vec<Component<'_>> = page.parent().unwrap_or(&page).components().collect();
    let target: Vec<Component<'_>> = target.components().collect();
    let common = folder.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let up = folder[common..].iter().map(|_| "..".to_owned());
    let down = target[common..].iter().map(|part| encoded(part.as_os_str()));
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A part of a path with percent-encoded bytes. A name that begins like `a:` would be taken for a scheme otherwise.
fn encoded(part: &OsStr) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let byte = |byte: &u8| match *byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    part.as_encoded_bytes().iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_relative_to_the_folder_of_the_page() {
        let link = |page: &str, target: &str| between(Path::new(page), Path::new(target));
        assert_eq!(link("runs/runs.html", "runs/one/report.html"), "one/report.html");
        assert_eq!(link("all.html", "runs/one/report.html"), "runs/one/report.html");
        assert_eq!(link("pages/all.html", "runs/one/report.html"), "../runs/one/report.html");
    }

    #[test]
    fn bytes_that_an_address_cannot_have_are_encoded() {
        let link = between(Path::new("runs.html"), Path::new("a b:é\"/report.html"));
        assert_eq!(link, "a%20b%3A%C3%A9%22/report.html");
    }
}
