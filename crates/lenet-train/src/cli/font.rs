//! A font of 3×5 pixels: digits, capital letters and a few signs.

/// The dark pixels of a line of text, `[column, row]`, a column of 4·n being the left edge of character n. Small letters are drawn as
/// capitals, and characters that the font lacks as boxes.
pub(super) fn pixels(text: &str) -> Vec<[u32; 2]> {
    let mut pixels = Vec::new();
    for (place, character) in (0..).zip(text.chars()) {
        for (row, bits) in (0..).zip(place_of(character).map_or(BOX, |place| PICTURES[place])) {
            let columns = (0..3).filter(|column| bits >> (2 - column) & 1 == 1);
            pixels.extend(columns.map(|column| [4 * place + column, row]));
        }
    }
    pixels
}

/// Whether the font has a picture of some characters of `text`.
pub(super) fn can_draw(text: &str) -> bool {
    text.chars().any(|character| place_of(character).is_some())
}

fn place_of(character: char) -> Option<usize> {
    CHARACTERS.find(character.to_ascii_uppercase()) // A byte to a character.
}

const BOX: [u8; 5] = [7, 5, 5, 5, 7];
const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -_./+()%&,:'#=!?*@";

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
    [0, 2, 7, 2, 0],
    [1, 2, 2, 2, 1],
    [4, 2, 2, 2, 4],
    [5, 1, 2, 4, 5],
    [2, 5, 2, 5, 3],
    [0, 0, 0, 2, 4],
    [0, 2, 0, 2, 0],
    [2, 2, 0, 0, 0],
    [5, 7, 5, 7, 5],
    [0, 7, 0, 7, 0],
    [2, 2, 2, 0, 2],
    [6, 1, 2, 0, 2],
    [0, 5, 2, 5, 0],
    [7, 5, 7, 4, 7],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_letter_is_drawn_as_a_capital_beside_the_one_before_it() {
        assert_eq!(pixels("-"), [[0, 2], [1, 2], [2, 2]]);
        assert_eq!(pixels("-t"), pixels("-T"));
        assert!(pixels("-t").contains(&[5, 4]));
    }

    #[test]
    fn a_character_that_the_font_lacks_is_not_left_out() {
        assert_eq!(pixels("é").len(), 12);
        assert!(can_draw("é-") && !can_draw("日本"));
    }
}
