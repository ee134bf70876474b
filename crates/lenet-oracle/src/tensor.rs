//! [`Tensor`]: numbers with their bounds.

/// A number and how far a computation in the precision at hand may be from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Number {
    /// Computed in f64.
    pub value: f64,
    /// No correct result is farther from `value`.
    pub hard: f64,
    /// Correct results are rarely farther from `value`; the smaller of this and `hard` applies.
    pub soft: f64,
}

impl Number {
    /// A number without error.
    #[inline]
    pub fn exact(value: f64) -> Self {
        Self { value, hard: 0.0, soft: 0.0 }
    }

    /// Whether this is zero in every computation.
    #[inline]
    pub(crate) fn is_zero(self) -> bool {
        self.value == 0.0 && self.hard == 0.0
    }
}

/// An array of [`Number`]s, row-major; `values`, `hard` and `soft` have one element each.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Such as `[batch, channels, height, width]`.
    pub shape: Vec<usize>,
    /// The values in f64.
    pub values: Vec<f64>,
    /// Their hard bounds.
    pub hard: Vec<f64>,
    /// Their soft bounds.
    pub soft: Vec<f64>,
}

impl Tensor {
    /// Numbers without error.
    ///
    /// # Panics
    /// If the shape does not fit.
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

    /// The inputs of a computation, which f32 holds exactly.
    ///
    /// # Panics
    /// If the shape does not fit.
    pub fn from_f32(shape: &[usize], values: &[f32]) -> Self {
        Self::exact(shape, values.iter().copied().map(f64::from).collect())
    }

    /// A single number, `[1]`, such as a loss.
    pub fn of(number: Number) -> Self {
        Self::from_numbers(&[1], [number])
    }

    /// The given numbers in this shape.
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

    /// The element at `index`, counted row by row.
    pub fn number(&self, index: usize) -> Number {
        Number { value: self.values[index], hard: self.hard[index], soft: self.soft[index] }
    }

    /// All elements.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        (0..self.values.len()).map(|index| self.number(index))
    }

    /// The same numbers in another shape, as `flatten` has it.
    ///
    /// # Panics
    /// If the shape does not fit.
    pub fn reshape(self, shape: &[usize]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), self.values.len());
        Self { shape: shape.to_vec(), ..self }
    }

    /// The values without their bounds.
    pub fn without_bounds(&self) -> Self {
        Self::exact(&self.shape, self.values.clone())
    }

    /// The largest number of each row of `[rows, classes]`, with its distance from the next.
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

/// Which class has the largest score; see [`Tensor::argmax`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class, the first of several.
    pub class: usize,
    /// How much larger its score is than any other.
    pub margin: f64,
    /// Whether no rounding within the hard bounds changes the class.
    pub decided: bool,
}
