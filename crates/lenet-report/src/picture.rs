//! [`Picture`]: numbers as pixels, in a PNG inside of a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Compression, Encoder};

/// Number of colours on each side of zero. With the transparent one, the palette has 2 × 31 + 1 + 1.
const LEVELS: i16 = 31;
/// Colours of the largest negative and the largest positive number.
const NEGATIVE: [u8; 3] = [0xe8, 0x6a, 0x1c];
const POSITIVE: [u8; 3] = [0x1f, 0x8f, 0xd6];

/// A picture of square pixels with a scale of colours of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Row-major; `None` is transparent.
    values: Vec<Option<f32>>,
    scale: Scale,
}

/// Colours of the numbers of a [`Picture`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 0 and below are black, the largest number white.
    Grey,
    /// 0 is transparent, so that a picture suits a light and a dark page; positive numbers are blue, negative ones
    /// orange, the more opaque the larger, as on the page of lenet-web.
    Signed,
}

impl Picture {
    /// A picture of `values`, `[height × width]`, row-major. Missing values are transparent, surplus ones ignored.
    pub fn new(width: usize, height: usize, values: &[f32], scale: Scale) -> Self {
        Self::tiles([width, height], &[values], 1, scale)
    }

    /// Several pictures of the size `[width, height]` on one scale, `columns` in a row, with gaps of a pixel.
    pub fn tiles([width, height]: [usize; 2], tiles: &[&[f32]], columns: usize, scale: Scale) -> Self {
        let columns = columns.clamp(1, tiles.len().max(1));
        let rows = tiles.len().div_ceil(columns);
        let (across, down) = (columns * (width + 1), rows * (height + 1));
        let mut values = vec![None; across * down];
        for (number, tile) in tiles.iter().enumerate() {
            let corner = number / columns * (height + 1) * across + number % columns * (width + 1);
            for (index, value) in tile.iter().take(width * height).enumerate() {
                values[corner + index / width * across + index % width] = Some(*value);
            }
        }
        // The gaps after the last column and row go.
        let (cut_width, cut_height) = (across.saturating_sub(1), down.saturating_sub(1));
        let rows = values.chunks_exact(across.max(1)).take(cut_height);
        let values = rows.flat_map(|row| &row[..cut_width]).copied().collect();
        Self { width: cut_width, height: cut_height, values, scale }
    }

    /// Number of columns of pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// A `data:` URI of the picture as PNG.
    pub fn data_uri(&self) -> String {
        format!("data:image/png;base64,{}", STANDARD.encode(self.png().unwrap_or_default()))
    }

    /// The PNG. Writing to memory fails only for a picture without pixels.
    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::High);
        let colours: Vec<[u8; 4]> = (-LEVELS..=LEVELS).map(|level| self.colour(level)).collect();
        encoder
            .set_palette(colours.iter().flat_map(|c| &c[..3]).chain(&[0; 3]).copied().collect::<Vec<u8>>());
        encoder.set_trns(colours.iter().map(|c| c[3]).chain([0]).collect::<Vec<u8>>());
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.indices())?;
        writer.finish()?;
        Ok(bytes)
    }

    /// Index of the colour of each pixel.
    fn indices(&self) -> Vec<u8> {
        let finite = self.values.iter().flatten().filter(|value| value.is_finite());
        let largest = finite.fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        let index = |value: &Option<f32>| match value {
            // Between 0 and 62: the clamped share is between -1 and 1, or NaN, which `as` makes 0.
            Some(value) => ((value / largest).clamp(-1.0, 1.0) * f32::from(LEVELS)).round() as i16 + LEVELS,
            None => 2 * LEVELS + 1,
        };
        self.values.iter().map(|value| index(value) as u8).collect()
    }

    fn colour(&self, level: i16) -> [u8; 4] {
        let share = (level.unsigned_abs() * 255 / LEVELS.unsigned_abs()) as u8;
        match (self.scale, level) {
            (Scale::Grey, ..=0) => [0, 0, 0, 255],
            (Scale::Grey, _) => [share, share, share, 255],
            (Scale::Signed, ..=0) => [NEGATIVE[0], NEGATIVE[1], NEGATIVE[2], share],
            (Scale::Signed, _) => [POSITIVE[0], POSITIVE[1], POSITIVE[2], share],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes to RGBA.
    fn pixels(picture: &Picture) -> Vec<[u8; 4]> {
        let png = picture.png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let size = reader.next_frame(&mut bytes).unwrap().buffer_size();
        bytes[..size].as_chunks().0.to_vec()
    }

    #[test]
    fn signed_numbers_are_orange_transparent_and_blue() {
        let picture = Picture::new(3, 1, &[-2.0, 0.0, 1.0], Scale::Signed);
        let found = pixels(&picture);
        assert_eq!((found[0][..3].to_vec(), found[0][3], found[1][3]), (NEGATIVE.to_vec(), 255, 0));
        assert_eq!(found[2][..3], POSITIVE);
        assert!((120..136).contains(&found[2][3]));
    }

    #[test]
    fn tiles_share_a_scale_and_have_gaps() {
        let picture = Picture::tiles([1, 1], &[&[1.0], &[0.5], &[0.0]], 2, Scale::Grey);
        assert_eq!((picture.width(), picture.height()), (3, 3));
        let found = pixels(&picture);
        assert_eq!((found[0], found[1][3], found[6]), ([255; 4], 0, [0, 0, 0, 255]));
        assert!((120..=136).contains(&found[2][0]) && found[8][3] == 0);
    }

    #[test]
    fn numbers_that_are_not_finite_are_pixels_too() {
        let picture = Picture::new(2, 1, &[f32::NAN, 0.0], Scale::Grey);
        assert_eq!(pixels(&picture), [[0, 0, 0, 255]; 2]);
    }
}
