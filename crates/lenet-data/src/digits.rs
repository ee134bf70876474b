//! [`DigitSet`]: labelled grey images, one byte per pixel.

use sha2::{Digest, Sha256};

use crate::{Error, Normalisation};

/// Number of classes of digits.
const DIGITS: usize = 10;
/// Maximum number of classes: a label is a byte.
const MOST_CLASSES: usize = 256;

/// Labelled grey images of one size, stored as bytes: one allocation for all pixels, one for all labels.
///
/// The images are digits, in ten classes, or of any other classes: letters, clothes.
///
/// 60,000 images of 28×28 take 47 MB, of 32×32 61 MB. Pixels are row-major, from 0 (background) to 255 (ink).
#[derive(Clone, PartialEq)]
pub struct DigitSet {
    images: Vec<u8>,
    labels: Vec<u8>,
    height: usize,
    width: usize,
    classes: usize,
    class_names: Vec<String>,
    normalisation: Normalisation,
}

impl DigitSet {
    /// A set of the pixels `[n, height, width]` and the labels `[n]`, each 0 to 9. `n` may be 0.
    ///
    /// # Errors
    /// [`Error::Shape`] if an image has no pixel, the numbers of pixels and labels do not match, or a label
    /// is above 9.
    pub fn new(images: Vec<u8>, labels: Vec<u8>, height: usize, width: usize) -> Result<Self, Error> {
        Self::with_classes(images, labels, [height, width], DIGITS)
    }

    /// A set of the pixels `[n, height, width]` and the labels `[n]`, each below `classes`, for images of the
    /// size `[height, width]`. `n` may be 0.
    ///
    /// # Errors
    /// [`Error::Shape`] as [`new`](Self::new), or if `classes` is not 1 to 256.
    pub fn with_classes(
        images: Vec<u8>,
        labels: Vec<u8>,
        [height, width]: [usize; 2],
        classes: usize,
    ) -> Result<Self, Error> {
        if classes == 0 || classes > MOST_CLASSES {
            return Err(Error::Shape(format!("{classes} classes, expected 1 to {MOST_CLASSES}")));
        }
        let expected = labels.len().checked_mul(height).and_then(|n| n.checked_mul(width));
        if height == 0 || width == 0 {
            return Err(Error::Shape(format!("images of {height}x{width} pixels")));
        }
        if expected != Some(images.len()) {
            return Err(Error::Shape(format!(
                "{} labels of {height}x{width} images, but {} pixels",
                labels.len(),
                images.len()
            )));
        }
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= classes) {
            let (label, last) = (labels[index], classes - 1);
            return Err(Error::Shape(format!("label {label} of sample {index} is not 0 to {last}")));
        }
        let (class_names, normalisation) = (Vec::new(), Normalisation::MNIST);
        Ok(Self { images, labels, height, width, classes, class_names, normalisation })
    }

    /// Sets the names of the classes.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is not one name for each class.
    pub fn with_class_names(self, names: Vec<String>) -> Result<Self, Error> {
        if names.len() != self.classes {
            return Err(Error::Shape(format!("{} names of {} classes", names.len(), self.classes)));
        }
        Ok(Self { class_names: names, ..self })
    }

    /// Sets the normalisation of the batches, which is [`Normalisation::MNIST`] otherwise.
    pub fn with_normalisation(self, normalisation: Normalisation) -> Self {
        Self { normalisation, ..self }
    }

    /// Number of classes: 10 for digits.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Names of the classes; empty if they are called by their numbers.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The name of a class: its number if it has no other.
    pub fn class_name(&self, class: u8) -> String {
        self.class_names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The normalisation of the batches.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// The pixels and the labels.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.images, self.labels)
    }

    /// The pixels of all images: `[n, height, width]`, row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.images
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the set has no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Number of columns of an image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The pixels of image `index`: `[height × width]`, row-major.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), as for a slice.
    pub fn image(&self, index: usize) -> &[u8] {
        let pixels = self.height * self.width;
        &self.images[index * pixels..][..pixels]
    }

    /// The label of image `index`, below [`classes`](Self::classes).
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), as for a slice.
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// The labels of all images, in order.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Splits the set in two: keeps the first `at` images and returns the others (an empty set if `at` is
    /// [`len`](Self::len) or more). Use it to hold out a validation set.
    pub fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.len());
        let rest = Self {
            images: self.images.split_off(at * self.height * self.width),
            labels: self.labels.split_off(at),
            class_names: self.class_names.clone(),
            ..*self
        };
        self.images.shrink_to_fit();
        rest
    }

    /// Keeps the images of the indices for which `keep` is true, in their order.
    ///
    /// ```
    /// let mut digits = lenet_data::synthetic::digits(42, 0..10)?;
    /// let third = digits.label(3);
    /// digits.retain(|index| index % 3 == 0);
    /// assert_eq!((digits.len(), digits.label(1)), (4, third));
    /// # Ok::<(), lenet_data::Error>(())
    /// ```
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<usize> = (0..self.len()).filter(|index| keep(*index)).collect();
        self.images = kept.iter().flat_map(|index| self.image(*index)).copied().collect();
        self.labels = kept.iter().map(|index| self.label(*index)).collect();
    }

    /// SHA-256 of the sizes, the labels and the pixels, in hexadecimal: identifies the data of a run. The
    /// number of classes, if it is not 10, and their names, if they have any, count, too.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for size in [self.len(), self.height, self.width] {
            hash.update((size as u64).to_le_bytes());
        }
        hash.update(&self.labels);
        hash.update(&self.images);
        if self.classes != DIGITS || !self.class_names.is_empty() {
            hash.update((self.classes as u64).to_le_bytes());
            hash.update(self.class_names.join("\n"));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for DigitSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DigitSet({} images of {}x{})", self.len(), self.height, self.width)
    }
}
