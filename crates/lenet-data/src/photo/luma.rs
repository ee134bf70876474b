//! Colours as grey: their luma.

use image::{DynamicImage, GrayAlphaImage, GrayImage, Luma, LumaA};

/// The image in grey, without its alpha channel if it has one.
pub(super) fn grey(image: DynamicImage) -> GrayImage {
    match image {
        // Images of 8 bits, as cameras make them: the decoder's conversion takes a second for twelve million pixels in a
        // development build.
        DynamicImage::ImageRgb8(colours) => {
            let (width, height) = colours.dimensions();
            GrayImage::from_fn(width, height, |x, y| Luma([luma(colours.get_pixel(x, y).0)]))
        }
        image => image.into_luma8(),
    }
}

/// The image in grey, with its alpha channel.
pub(super) fn grey_and_alpha(image: DynamicImage) -> GrayAlphaImage {
    match image {
        DynamicImage::ImageRgba8(colours) => {
            let (width, height) = colours.dimensions();
            GrayAlphaImage::from_fn(width, height, |x, y| {
                let [red, green, blue, alpha] = colours.get_pixel(x, y).0;
                LumaA([luma([red, green, blue]), alpha])
            })
        }
        image => image.into_luma_alpha8(),
    }
}

/// Red, green and blue with the weights of ITU-R BT.709, rounded.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let weighted = 2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue);
    ((weighted + 5000) / 10000) as u8 // The weights add up to 10000.
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// Some 4,000 colours, those of cubes' corners among them.
    fn colours() -> impl Iterator<Item = [u8; 3]> {
        let steps = || (0..=255).step_by(17);
        steps()
            .flat_map(move |red| steps().flat_map(move |green| steps().map(move |blue| [red, green, blue])))
    }

    #[test]
    fn the_luma_of_a_colour_is_that_of_the_decoders_library() {
        for colour in colours() {
            let image = || DynamicImage::from(RgbImage::from_pixel(1, 1, Rgb(colour)));
            let [ours, theirs] = [grey(image()), image().into_luma8()].map(|grey| grey.get_pixel(0, 0).0[0]);
            assert!(ours.abs_diff(theirs) <= 1, "{colour:?}: {ours}, {theirs}");
        }
    }

    #[test]
    fn greys_and_alpha_stay_as_they_are() {
        for shade in 0..=255 {
            let image = DynamicImage::from(RgbaImage::from_pixel(1, 1, Rgba([shade, shade, shade, 7])));
            assert_eq!(grey_and_alpha(image).get_pixel(0, 0).0, [shade, 7]);
        }
    }
}
