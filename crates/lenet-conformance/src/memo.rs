//! [`Memo`]: caches the oracle's results, which all subjects of one precision share.

use std::cell::RefCell;
use std::rc::Rc;

use lenet_oracle::Precision;

/// One lazily computed value for each [`Precision`].
pub(crate) struct Memo<T>(RefCell<Vec<(Precision, Rc<T>)>>);

impl<T> Memo<T> {
    /// An empty cache.
    pub fn new() -> Self {
        Self(RefCell::default())
    }

    /// Returns the value for `precision`; calls `compute` only the first time.
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
