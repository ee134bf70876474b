//! Ties, NaN, zeros, numbers too large, and bytes that no forward pass wrote.

use super::conv::Case;
use super::*;
use crate::kernels::conv::*;

fn everywhere(check: impl Fn(Isa, ConvShape, [Layout; 2])) {
    for isa in Isa::available() {
        check(isa, LENET_1, [Layout::ChannelsFirst, Layout::ChannelsLast]);
        check(isa, LENET_2, [Layout::ChannelsLast, Layout::ChannelsFirst]);
    }
}

#[test]
fn the_first_of_equal_candidates_wins() {
    everywhere(|isa, shape, layouts| {
        let mut case = Case::new(isa, shape, 1, layouts, |_, n| vec![1.0; n]);
        case.weight.fill(0.0);
        for filter in case.weight.chunks_mut(shape.patch()) {
            filter[0] = 1.0;
        }
        let gx = case.run().x;
        let [down, right, _] = layouts[0].strides(shape.channels, shape.height, shape.width);
        for row in 0..shape.height {
            for column in 0..shape.width {
                let wins = row % 2 == 0 && column % 2 == 0;
                let wins = wins && row / 2 < shape.pooled_height() && column / 2 < shape.pooled_width();
                let expected = if wins { shape.filters as f32 } else { 0.0 };
                assert_eq!(gx[row * down + column * right], expected, "{isa} {shape:?} at {row}, {column}");
            }
        }
    });
}

#[test]
fn nan_comes_out_of_the_windows_that_see_it_and_of_no_other() {
    everywhere(|isa, shape, layouts| {
        let [down, right, deep] = layouts[0].strides(shape.channels, shape.height, shape.width);
        let [y_down, y_right, y_deep] =
            layouts[1].strides(shape.filters, shape.pooled_height(), shape.pooled_width());
        for (row, column) in [(0, 0), (5, 6), (shape.height - 1, 3), (4, shape.width - 1)] {
            let mut case = Case::new(isa, shape, 1, layouts, numbers);
            case.x[row * down + column * right + (shape.channels - 1) * deep] = f32::NAN;
            let y = case.run().y;
            let sees = |window: usize, at: usize| 2 * window <= at && at <= 2 * window + shape.kernel;
            for i in 0..shape.pooled_height() {
                for j in 0..shape.pooled_width() {
                    for filter in 0..shape.filters {
                        let nan = y[i * y_down + j * y_right + filter * y_deep].is_nan();
                        assert_eq!(nan, sees(i, row) && sees(j, column), "{isa} {shape:?} at {i}, {j}");
                    }
                }
            }
        }
    });
}

#[test]
fn nothing_positive_means_no_output_and_no_gradient() {
    everywhere(|isa, shape, layouts| {
        for bias in [0.0, -0.0, -1.0] {
            let mut case = Case::new(isa, shape, 2, layouts, numbers);
            case.weight.fill(0.0);
            case.bias.fill(bias);
            let results = case.run();
            let all = [results.y, results.weight, results.bias, results.x].concat();
            assert!(all.iter().all(|x| x.to_bits() == 0), "{isa} {shape:?}");
        }
    });
}

#[test]
fn sums_too_large_for_f32_are_infinite_not_nan() {
    everywhere(|isa, shape, layouts| {
        let mut case = Case::new(isa, shape, 1, layouts, |_, n| vec![1.0; n]);
        case.x.fill(1e38);
        assert!(case.run().y.iter().all(|y| *y == f32::INFINITY), "{isa} {shape:?}");
        case.weight.fill(-1.0);
        assert!(case.run().y.iter().all(|y| *y == 0.0), "{isa} {shape:?}");
    });
}

#[test]
fn any_bytes_are_safe_as_routes() {
    everywhere(|isa, shape, layouts| {
        let case = Case::new(isa, shape, 1, layouts, numbers);
        let routes: Vec<u8> = (0..case.gy.len()).map(|i| (i * 37 % 256) as u8).collect();
        let (x, gy) =
            (Images { data: &case.x, layout: layouts[0] }, Images { data: &case.gy, layout: layouts[1] });
        let ConvGradients { weight, bias, x } =
            conv_backward(isa, shape, x, &case.weight, &routes, gy, Some(layouts[0]));
        assert!([weight, bias, x.unwrap()].concat().iter().all(|g| g.is_finite()), "{isa} {shape:?}");
    });
}

#[test]
fn shapes_outside_the_rule_are_refused() {
    assert!(LENET_1.is_supported() && LENET_2.is_supported());
    for wrong in [
        ConvShape { kernel: 4, ..LENET_1 },
        ConvShape { kernel: 0, ..LENET_1 },
        ConvShape { height: 31, ..LENET_1 },
        ConvShape { width: 4, ..LENET_1 },
        ConvShape { channels: 0, ..LENET_1 },
        ConvShape { filters: 0, ..LENET_1 },
        ConvShape { filters: usize::MAX, ..LENET_1 },
        // An image, and the packed filters, with offsets beyond 32 bits.
        ConvShape { channels: 1 << 22, ..LENET_1 },
        ConvShape { filters: 1 << 24, ..LENET_1 },
        ConvShape { channels: 1, height: 1 << 16, width: 1 << 17, filters: 1, kernel: 1 },
    ] {
        assert!(!wrong.is_supported(), "{wrong:?}");
    }
}
