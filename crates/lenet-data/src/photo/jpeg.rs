//! Recognises JPEG files that were cut short. The decoder fills the missing rows with grey instead of an
//! error.

/// The end of a file with one of two continuations, or `None` if the file is no JPEG or has an end marker.
///
/// The pixels of a complete image do not depend on the bytes that follow: if the image changes with the
/// continuation, pixels are missing.
pub(super) fn continued(bytes: &[u8]) -> Option<[Vec<u8>; 2]> {
    let is_jpeg = bytes.starts_with(&[0xff, 0xd8]);
    // Four bits per symbol are read differently, and none is an escape of the format (0xff).
    let with = |filler: u8| [bytes, &[filler; 64], &[0xff, 0xd9]].concat();
    (is_jpeg && !has_end(bytes)).then(|| [with(0x00), with(0xaa)])
}

/// Whether a file has an end marker after its first scan. The end marker of a thumbnail lies within a
/// segment.
fn has_end(bytes: &[u8]) -> bool {
    let mut place = 2;
    let mut in_scan = false;
    while let Some(&[escape, marker]) = bytes.get(place..place + 2) {
        match (escape, marker) {
            // A stuffed byte, a restart marker, a fill byte, or a marker without a segment.
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => place += 2,
            (0xff, 0xff) => place += 1,
            (0xff, 0xd9) => return in_scan,
            (0xff, _) => {
                in_scan |= marker == 0xda;
                let Some(&[high, low]) = bytes.get(place + 2..place + 4) else { return false };
                place += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            _ => place += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_marker_is_found_outside_of_segments() {
        let start = [0xff, 0xd8];
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd9, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 2, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
        let end = [0xff, 0xd9];
        assert!(!has_end(&[&start[..], &thumbnail, &scan].concat()));
        assert!(has_end(&[&start[..], &thumbnail, &scan, &end].concat()));
        assert!(has_end(&[&start[..], &scan, &end, &[7; 9]].concat()));
        assert!(!has_end(&[]) && !has_end(&start) && !has_end(&[&start[..], &[0xff, 0xda, 0xff]].concat()));
    }
}
