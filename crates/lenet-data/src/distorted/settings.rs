//! [`Distortion`]: limits of random distortions.

use crate::{Error, SIDE};

/// Limits of the random changes of one image. Each change is drawn evenly between its limit and the negative
/// of it; a limit of 0 leaves it out.
///
/// An image is stretched, sheared, rotated and scaled about its centre, in this order, then translated, and
/// an elastic displacement is added.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Distortion {
    /// Rotation in degrees, 0 to 180.
    pub rotation: f64,
    /// Horizontal shear, 0 to 1: a row moves sideways by up to so many times its distance from the middle.
    pub shear: f64,
    /// Change of the size, 0 to 0.5: 0.1 makes an image up to 10 % larger or smaller.
    pub scale: f64,
    /// Change of the proportions, 0 to 0.5: 0.1 multiplies the width by up to 1.1 or down to 0.9, and divides
    /// the height by the same factor.
    pub stretch: f64,
    /// Translation in pixels along each axis, 0 to 16, not rounded to whole pixels.
    pub translation: f64,
    /// Elastic displacement in pixels, 0 to 4: the root mean square along each axis in the images with the
    /// strongest one. The strength of an image is drawn evenly from half of it to all of it.
    ///
    /// The displacement is a uniform cubic B-spline over random control points 8 pixels apart, a free-form
    /// deformation (D. Rueckert et al., IEEE Transactions on Medical Imaging 18, 1999). It is about as smooth
    /// as noise after a Gaussian filter with σ = 4.6 pixels (P. Simard et al., ICDAR 2003).
    pub elastic: f64,
}

impl Distortion {
    /// No change.
    pub const fn none() -> Self {
        Self { rotation: 0.0, shear: 0.0, scale: 0.0, stretch: 0.0, translation: 0.0, elastic: 0.0 }
    }

    /// Sets the limit of [`rotation`](Self::rotation), in degrees.
    pub const fn rotation(self, degrees: f64) -> Self {
        Self { rotation: degrees, ..self }
    }

    /// Sets the limit of [`shear`](Self::shear).
    pub const fn shear(self, shear: f64) -> Self {
        Self { shear, ..self }
    }

    /// Sets the limit of [`scale`](Self::scale).
    pub const fn scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// Sets the limit of [`stretch`](Self::stretch).
    pub const fn stretch(self, stretch: f64) -> Self {
        Self { stretch, ..self }
    }

    /// Sets the limit of [`translation`](Self::translation), in pixels.
    pub const fn translation(self, pixels: f64) -> Self {
        Self { translation: pixels, ..self }
    }

    /// Sets the limit of [`elastic`](Self::elastic), in pixels.
    pub const fn elastic(self, pixels: f64) -> Self {
        Self { elastic: pixels, ..self }
    }

    /// Checks that each limit is in its range.
    ///
    /// # Errors
    /// [`Error::Distortion`] with the first one that is not.
    pub fn check(&self) -> Result<(), Error> {
        let limits = [
            ("rotation", self.rotation, 180.0),
            ("shear", self.shear, 1.0),
            ("scale", self.scale, 0.5),
            ("stretch", self.stretch, 0.5),
            ("translation", self.translation, SIDE as f64 / 2.0),
            ("elastic", self.elastic, 4.0),
        ];
        match limits.into_iter().find(|(_, found, most)| !(0.0..=*most).contains(found)) {
            Some((limit, found, most)) => Err(Error::Distortion { limit, found, most }),
            None => Ok(()),
        }
    }
}
