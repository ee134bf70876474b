//! [`Number`] and [`Tensor`]: values with error bounds.

/// A value and two bounds on the error of a computation of it in limited precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Number {
    /// Value, computed in f64.
    pub value: f64,
    /// Largest possible error of a correct computation.
    pub hard: f64,
    /// Error that a correct computation rarely exceeds. If it is larger than `hard`, `hard` applies.
    pub soft: f64,
}

impl Number {
    /// A value without error.
    #[inline]
    pub fn exact(value: f64) -> Self {
        Self { value, hard: 0.0, soft: 0.0 }
    }

    /// Whether every correct computation gives zero.
    #[inline]
    pub(crate) fn is_zero(self) -> bool {
        self.value == 0.0 && self.hard == 0.0
    }
}

/// An array of [`Number`]s, row-major; `values`, `hard` and `soft` have one element each.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Shape, such as `[batch, channels, height, width]`.
    pub shape: Vec<usize>,
    /// Values, in f64.
    pub values: Vec<f64>,
    /// Hard bound of each value.
    pub hard: Vec<f64>,
    /// Soft bound of each value.
    pub soft: Vec<f64>,
}

impl Tensor {
    /// A tensor of values without error.
    ///
    /// # Panics
    /// If the number of elements does not match the shape.
    pub fn exact(shape: &[usize], values: Vec<f64>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            values.len(),
            "shape {shape:?} of {} values",
            values.len()
        );
        let zeros = vec![0.0; values.len()];
        Self { shape: shape.to_vec(), values, hard: zeros.clone(), soft: zeros }
    }

    /// A tensor of f32 inputs, which are exact.
    ///
    /// # Panics
    /// If the number of elements does not match the shape.
    pub fn from_f32(shape: &[usize], values: &[f32]) -> Self {
        Self::exact(shape, values.iter().copied().map(f64::from).collect())
    }

    /// A tensor `[1]` of a single number, such as a loss.
    pub fn scalar(number: Number) -> Self {
        Self::from_numbers(&[1], [number])
    }

    /// A tensor of numbers with bounds.
    pub(crate) fn from_numbers(shape: &[usize], numbers: impl IntoIterator<Item = Number>) -> Self {
        let mut tensor = Self::exact(&[0], Vec::new());
        for number in numbers {
            tensor.values.push(number.value);
            tensor.hard.push(number.hard);
            tensor.soft.push(number.soft);
        }
        assert_eq!(shape.iter().product::<usize>(), tensor.values.len());
        tensor.shape = shape.to_vec();
        tensor
    }

    /// The element at row-major offset `index`.
    pub fn number(&self, index: usize) -> Number {
        Number { value: self.values[index], hard: self.hard[index], soft: self.soft[index] }
    }

    /// All elements, row-major.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        (0..self.values.len()).map(|index| self.number(index))
    }

    /// The same elements in another shape.
    ///
    /// # Panics
    /// If the number of elements does not match the shape.
    pub fn reshape(self, shape: &[usize]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), self.values.len());
        Self { shape: shape.to_vec(), ..self }
    }

    /// The same values without error bounds.
    pub fn without_bounds(&self) -> Self {
        Self::exact(&self.shape, self.values.clone())
    }

    /// The predicted class of each row of `[rows, classes]`.
    pub fn argmax(&self) -> Vec<Prediction> {
        let classes = self.shape.last().copied().unwrap_or(1).max(1);
        let rows = self.values.len() / classes;
        (0..rows).map(|row| self.argmax_of(row * classes..(row + 1) * classes)).collect()
    }

    fn argmax_of(&self, range: std::ops::Range<usize>) -> Prediction {
        let start = range.start;
        let best =
            range.clone().fold(start, |best, i| if self.values[i] > self.values[best] { i } else { best });
        let mut prediction = Prediction { class: best - start, margin: f64::INFINITY, decided: true };
        for i in range.filter(|i| *i != best) {
            let margin = self.values[best] - self.values[i];
            prediction.margin = prediction.margin.min(margin);
            prediction.decided &= margin > self.hard[best] + self.hard[i];
        }
        prediction
    }
}

/// The class with the largest score; see [`Tensor::argmax`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// Index of the class, the first if several scores are equal.
    pub class: usize,
    /// Difference between its score and the second largest.
    pub margin: f64,
    /// Whether no error within the hard bounds changes the class.
    pub decided: bool,
}
