//! A font of 3×5 pixels: digits, capital letters and a few signs.

/// The dark pixels of a line of text, `[column, row]`, a column of 4·n being the left edge of character n. Small letters are drawn as
/// capitals. `None` if the font lacks a character.
pub(super) fn pixels(text: &str) -> Option<Vec<[u32; 2]>> {
    let mut pixels = Vec::new();
    for (place, character) in (0..).zip(text.chars()) {
        let index = CHARACTERS.find(character.to_ascii_uppercase())?; // A byte to a character.
        for (row, bits) in (0..).zip(PICTURES[index]) {
            let columns = (0..3).filter(|column| bits >> (2 - column) & 1 == 1);
            pixels.extend(columns.map(|column| [4 * place + column, row]));
        }
    }
    Some(pixels)
}

const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -_./";

/// A picture for each of [`CHARACTERS`]; a row is three bits.
const PICTURES: [[u8; 5]; CHARACTERS.len()] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 1, 1, 1],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
    [2, 5, 7, 5, 5],
    [6, 5, 6, 5, 6],
    [3, 4, 4, 4, 3],
    [6, 5, 5, 5, 6],
    [7, 4, 6, 4, 7],
    [7, 4, 6, 4, 4],
    [3, 4, 5, 5, 3],
    [5, 5, 7, 5, 5],
    [7, 2, 2, 2, 7],
    [1, 1, 1, 5, 2],
    [5, 5, 6, 5, 5],
    [4, 4, 4, 4, 7],
    [5, 7, 7, 5, 5],
    [6, 5, 5, 5, 5],
    [2, 5, 5, 5, 2],
    [6, 5, 6, 4, 4],
    [2, 5, 5, 6, 3],
    [6, 5, 6, 5, 5],
    [3, 4, 2, 1, 6],
    [7, 2, 2, 2, 2],
    [5, 5, 5, 5, 7],
    [5, 5, 5, 5, 2],
    [5, 5, 7, 7, 5],
    [5, 5, 2, 5, 5],
    [5, 5, 2, 2, 2],
    [7, 1, 2, 4, 7],
    [0, 0, 0, 0, 0],
    [0, 0, 7, 0, 0],
    [0, 0, 0, 0, 7],
    [0, 0, 0, 0, 2],
    [1, 1, 2, 4, 4],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_letter_is_drawn_as_a_capital_beside_the_one_before_it() {
        assert_eq!(pixels("-"), Some(vec![[0, 2], [1, 2], [2, 2]]));
        assert_eq!(pixels("-t"), pixels("-T"));
        assert!(pixels("-t").unwrap().contains(&[5, 4]));
    }

    #[test]
    fn a_character_that_the_font_lacks_is_not_left_out() {
        assert_eq!(pixels("日"), None);
    }
}
