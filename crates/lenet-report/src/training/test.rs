//! [`Test`]: the answers of a network to the images of a test set.

use crate::picture::{Picture, Scale};
use crate::statistics::Answer;

/// The images of a test set, their labels, and the probabilities that a network gives to each class.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Test {
    /// Description of the test set.
    pub data: String,
    /// Mean cross-entropy.
    pub loss: Option<f64>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Label of each image, below the number of classes.
    pub labels: Vec<u8>,
    /// `[images, classes]`, each in 0..=1.
    pub probabilities: Vec<f32>,
    /// The images.
    pub images: Images,
    /// Which pixels mattered, for some images.
    pub attributions: Vec<Attribution>,
}

/// Grey images of one size.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Images {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// `[images, height, width]`, from 0 (background) to 255 (ink).
    pub pixels: Vec<u8>,
}

/// Which pixels of an image spoke for the answer and against the label.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attribution {
    /// Index of the image.
    pub image: usize,
    /// Gradient of logit(answer) − logit(label) with respect to each pixel.
    pub gradient: Picture,
    /// Fall of logit(answer) − logit(label) when the patch around a pixel is replaced by background.
    pub occlusion: Picture,
}

impl Test {
    /// The answers to a test set of these classes. Missing probabilities are 0.
    pub fn new(classes: Vec<String>, labels: Vec<u8>, probabilities: Vec<f32>, images: Images) -> Self {
        Self { classes, labels, probabilities, images, ..Self::default() }
    }

    /// Sets the description of the data and the mean loss.
    pub fn on(self, data: impl Into<String>, loss: Option<f64>) -> Self {
        Self { data: data.into(), loss, ..self }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Probabilities of the classes for an image.
    pub fn probabilities_of(&self, image: usize) -> &[f32] {
        let classes = self.classes.len();
        self.probabilities.get(image * classes..(image + 1) * classes).unwrap_or_default()
    }

    /// The most probable class of an image, and its probability.
    pub fn answer(&self, image: usize) -> (u8, f32) {
        let better = |best: (u8, f32), (class, p): (u8, f32)| if p > best.1 { (class, p) } else { best };
        (0..=u8::MAX).zip(self.probabilities_of(image).iter().copied()).fold((0, 0.0), better)
    }

    /// Whether the answer to an image is its label.
    pub fn is_right(&self, image: usize) -> bool {
        self.answer(image).0 == self.labels[image]
    }

    /// Number of right answers.
    pub fn right(&self) -> usize {
        (0..self.len()).filter(|&image| self.is_right(image)).count()
    }

    /// The probability of each answer, and whether it is right.
    pub fn answers(&self) -> Vec<Answer> {
        (0..self.len()).map(|image| (f64::from(self.answer(image).1), self.is_right(image))).collect()
    }

    /// The most confident mistakes, the worst one first.
    pub fn worst(&self, count: usize) -> Vec<usize> {
        let mut wrong: Vec<usize> = (0..self.len()).filter(|&image| !self.is_right(image)).collect();
        wrong.sort_by(|&one, &other| self.answer(other).1.total_cmp(&self.answer(one).1));
        wrong.truncate(count);
        wrong
    }

    /// The images with the least probable answers, right or wrong, the least sure one first.
    pub fn least_sure(&self, count: usize) -> Vec<usize> {
        let mut images: Vec<usize> = (0..self.len()).collect();
        images.sort_by(|&one, &other| self.answer(one).1.total_cmp(&self.answer(other).1));
        images.truncate(count);
        images
    }

    /// The name of a class.
    pub fn class(&self, class: u8) -> &str {
        self.classes.get(usize::from(class)).map_or("?", String::as_str)
    }

    /// Some images side by side.
    pub fn sheet(&self, images: &[usize], columns: usize) -> Picture {
        let Images { width, height, pixels } = &self.images;
        let size = width * height;
        let tile = |&image: &usize| -> Vec<f32> {
            let pixels = pixels.get(image * size..(image + 1) * size).unwrap_or_default();
            pixels.iter().map(|&pixel| f32::from(pixel)).collect()
        };
        let tiles: Vec<Vec<f32>> = images.iter().map(tile).collect();
        let tiles: Vec<&[f32]> = tiles.iter().map(Vec::as_slice).collect();
        Picture::tiles([*width, *height], &tiles, columns, Scale::Grey)
    }
}

impl Images {
    /// Images of `width` columns and `height` rows: `pixels` is `[images, height, width]`.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        Self { width, height, pixels }
    }
}

impl Attribution {
    /// The attributions of an image.
    pub fn new(image: usize, gradient: Picture, occlusion: Picture) -> Self {
        Self { image, gradient, occlusion }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn mistakes_are_sorted_by_confidence() {
        let test = sample::test();
        assert_eq!((test.right(), test.worst(9), test.least_sure(1)), (2, vec![2, 3], vec![3]));
        assert_eq!(test.answer(2), (0, 0.9));
    }
}
