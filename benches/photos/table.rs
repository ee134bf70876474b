//! Reads the pictures of a kind, counts the answers and measures the time.

use std::path::Path;
use std::time::{Duration, Instant};

use lenet_data::{SIDE, photo};

use crate::kinds::Answer;

/// A digit is read confidently if its probability is at least this.
const CONFIDENT: f32 = 0.9;

/// The digit that a network reads in the pixels of a picture, and its probability.
pub type Guess = (u8, f32);

/// The answers to the pictures of one kind.
#[derive(Debug, Default)]
pub struct Row {
    /// Number of pictures.
    pub pictures: usize,
    /// Pictures of a digit that were read, and pictures without one that were refused.
    pub right: usize,
    /// Pictures that were refused, right or not.
    pub refused: usize,
    /// Another digit was read, or one where there is none.
    pub wrong: usize,
    /// As `wrong`, with a probability of at least 90 %.
    pub confidently_wrong: usize,
    /// Time of reading, without the network.
    time: Duration,
}

impl Row {
    /// Reads the bytes of a picture of `digit` and counts the answer.
    pub fn count<E>(
        &mut self,
        bytes: &[u8],
        (answer, digit): (Answer, u8),
        guess: impl FnOnce(&[u8; SIDE * SIDE]) -> Result<Guess, E>,
    ) -> Result<(), E> {
        let start = Instant::now();
        let pixels = photo::decode(Path::new("picture"), bytes);
        self.time += start.elapsed();
        self.pictures += 1;
        let Ok(pixels) = pixels else {
            self.refused += 1;
            self.right += usize::from(answer != Answer::Digit);
            return Ok(());
        };
        let (read, probability) = guess(&pixels)?;
        if answer != Answer::Refusal && read == digit {
            self.right += 1;
        } else {
            self.wrong += 1;
            self.confidently_wrong += usize::from(probability >= CONFIDENT);
        }
        Ok(())
    }

    /// The cells of a Markdown table: right, refused, wrong and confidently wrong in percent, milliseconds
    /// per picture.
    pub fn cells(&self) -> String {
        let counts = [self.right, self.refused, self.wrong, self.confidently_wrong];
        let percent = |count: usize| format!("{:.1}", 100.0 * count as f64 / self.pictures as f64);
        let milliseconds = 1e3 * self.time.as_secs_f64() / self.pictures as f64;
        format!("{} | {milliseconds:.2}", counts.map(percent).join(" | "))
    }
}
