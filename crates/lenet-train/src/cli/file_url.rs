//! Paths as text: a path that is not UTF-8 is written as a `file:` URL with percent-encoded bytes (RFC 8089), so
//! that a settings file can hold it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

const SCHEME: &str = "file://";

/// The path as text. Outside of Unix, characters that are not Unicode become U+FFFD.
pub(super) fn to_text(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        #[cfg(unix)]
        None => encoded(path),
        #[cfg(not(unix))]
        None => path.to_string_lossy().into_owned(),
    }
}

/// The path that a flag or a setting names: a `file:` URL of an absolute path, or the path itself.
pub(super) fn from_text(text: OsString) -> PathBuf {
    let path = text.to_str().and_then(|text| text.strip_prefix(SCHEME)).and_then(decoded);
    path.unwrap_or_else(|| text.into())
}

#[cfg(unix)]
fn encoded(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let byte = |byte: &u8| match *byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    SCHEME.chars().map(String::from).chain(path.as_os_str().as_bytes().iter().map(byte)).collect()
}

#[cfg(unix)]
fn decoded(path: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::new();
    let mut rest = path.strip_prefix("localhost").unwrap_or(path).as_bytes();
    if rest.first() != Some(&b'/') {
        return None; // Of another host.
    }
    while let [first, tail @ ..] = rest {
        let (byte, after) = match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low].map(char::from).map(|digit| digit.to_digit(16));
                (u8::try_from(16 * digits[0]? + digits[1]?).ok()?, after)
            }
            (b'%', _) => return None,
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Some(OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn decoded(_: &str) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn a_path_of_any_bytes_is_read_from_its_text() {
        for bytes in [&b"/tmp/digits"[..], b"/d\xff\xfe% \n\"", b"/\xc3\xa9", b"relative"] {
            let path = PathBuf::from(OsString::from_vec(bytes.to_vec()));
            assert_eq!(from_text(to_text(&path).into()), path);
        }
        assert_eq!(to_text(&PathBuf::from(OsString::from_vec(b"/a b\xff".to_vec()))), "file:///a%20b%FF");
    }

    #[test]
    fn what_is_not_a_url_of_this_machine_is_a_path() {
        for text in ["file:///a%2", "file:///a%+1", "file://host/a", "file:a", "%41"] {
            assert_eq!(from_text(text.into()), PathBuf::from(text), "{text}");
        }
    }
}
