//! [`Normalisation`]: from pixels to the network's input.

/// Maps a pixel x in 0..=255 to (x/255 − mean) / std, in f32, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Normalisation {
    /// Mean of the pixels on a scale from 0 to 1.
    pub mean: f32,
    /// Standard deviation of the pixels on a scale from 0 to 1.
    pub std: f32,
}

impl Normalisation {
    /// The constants of MNIST's training images.
    pub const MNIST: Self = Self { mean: 0.1307, std: 0.3081 };

    /// A normalisation with this mean and this standard deviation, which should be above 0.
    pub const fn new(mean: f32, std: f32) -> Self {
        Self { mean, std }
    }

    /// Mean and standard deviation of these pixels, computed from exact sums; `None` if there is no pixel or
    /// all are equal.
    pub fn of(pixels: &[u8]) -> Option<Self> {
        let mut counts = [0_u64; 256];
        pixels.iter().for_each(|&pixel| counts[usize::from(pixel)] += 1);
        let moment =
            |power: u32| (0_u64..).zip(counts).map(|(pixel, count)| pixel.pow(power) * count).sum::<u64>();
        let count = pixels.len() as f64;
        let (mean, square) = (moment(1) as f64 / count / 255.0, moment(2) as f64 / count / (255.0 * 255.0));
        let std = (square - mean * mean).max(0.0).sqrt();
        let is_even = counts.iter().filter(|count| **count > 0).count() < 2;
        (!is_even).then(|| Self::new(mean as f32, std as f32))
    }

    /// The normalised value of each of the 256 pixel values.
    pub const fn table(self) -> [f32; 256] {
        let mut table = [0.0; 256];
        let mut pixel = 0;
        while pixel < 256 {
            table[pixel] = (pixel as f32 / 255.0 - self.mean) / self.std;
            pixel += 1;
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_standard_deviation_are_those_of_the_pixels() {
        assert_eq!(Normalisation::of(&[0, 255, 255, 0]), Some(Normalisation::new(0.5, 0.5)));
        let Normalisation { mean, std } = Normalisation::of(&[0, 0, 0, 255]).unwrap();
        assert_eq!((mean, std), (0.25, 0.1875_f32.sqrt()));
    }

    #[test]
    fn pixels_without_a_difference_have_no_normalisation() {
        assert_eq!(Normalisation::of(&[]), None);
        assert_eq!(Normalisation::of(&[7; 9]), None);
    }
}
