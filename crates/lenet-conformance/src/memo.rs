//! [`Memo`]: what the oracle computed, kept for the next subject.

use std::cell::RefCell;
use std::rc::Rc;

use lenet_oracle::Precision;

/// A value for each precision, computed when it is first asked for.
pub(crate) struct Memo<T>(RefCell<Vec<(Precision, Rc<T>)>>);

impl<T> Memo<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(RefCell::default())
    }

    /// The value for `precision`.
    pub fn get(&self, precision: Precision, compute: impl FnOnce() -> T) -> Rc<T> {
        let known =
            self.0.borrow().iter().find(|(other, _)| *other == precision).map(|(_, value)| Rc::clone(value));
        known.unwrap_or_else(|| {
            let value = Rc::new(compute());
            self.0.borrow_mut().push((precision, Rc::clone(&value)));
            value
        })
    }
}
