//! ReLU, max-pool and argmax where it matters which way they decide.

use lenet_oracle::{Kinks, Tensor, max_pool, max_pool_backward, relu, relu_backward};

fn with_error(shape: &[usize], values: &[f64], hard: f64) -> Tensor {
    let exact = Tensor::exact(shape, values.to_vec());
    Tensor { hard: vec![hard; values.len()], soft: vec![hard / 2.0; values.len()], ..exact }
}

fn window(values: [f64; 4], hard: f64) -> Tensor {
    with_error(&[1, 1, 2, 2], &values, hard)
}

fn one() -> Tensor {
    Tensor::exact(&[1, 1, 1, 1], vec![1.0])
}

#[test]
fn relu_passes_errors_where_it_passes_numbers() {
    let y = relu(&with_error(&[3], &[-1.0, -0.1, 1.0], 0.2));
    assert_eq!(y.values, [0.0, 0.0, 1.0]);
    assert!(y.hard[0] == 0.0 && (y.hard[1] - 0.1).abs() < 1e-15 && y.hard[2] == 0.2);
}

#[test]
fn a_gradient_at_a_relu_that_may_open_or_close_is_bounded_by_itself() {
    let x = with_error(&[3], &[-0.1, 0.1, 1.0], 0.2);
    let g = relu_backward(&x, &Tensor::exact(&[3], vec![5.0; 3]));
    assert_eq!((g.values, g.hard), (vec![0.0, 5.0, 5.0], vec![5.0, 5.0, 0.0]));
    assert_eq!(Kinks::of_relu("c1", &x).ambiguous, 2);
}

#[test]
fn the_gradient_at_an_exact_zero_is_zero() {
    let g = relu_backward(&Tensor::exact(&[1], vec![0.0]), &Tensor::exact(&[1], vec![5.0]));
    assert_eq!((g.values[0], g.hard[0]), (0.0, 0.0));
}

#[test]
fn a_window_whose_two_largest_are_near_may_give_its_gradient_to_either() {
    let x = window([1.0, 3.0, 2.9, 0.0], 0.1);
    let g = max_pool_backward(&x, &one());
    assert_eq!((g.values, g.hard), (vec![0.0, 1.0, 0.0, 0.0], vec![0.0, 1.0, 1.0, 0.0]));
    assert!(!Kinks::of_max_pool("s2", &x).comparable());
    assert!(Kinks::of_max_pool("s2", &window([1.0, 3.0, 2.7, 0.0], 0.1)).comparable());
}

#[test]
fn the_first_of_equal_numbers_has_the_gradient() {
    let x = window([1.0, 3.0, 3.0, 3.0], 0.1);
    let g = max_pool_backward(&x, &one());
    assert_eq!((g.values, g.hard), (vec![0.0, 1.0, 0.0, 0.0], vec![0.0; 4]));
    let kinks = Kinks::of_max_pool("s2", &x);
    assert_eq!((kinks.decisions, kinks.ambiguous, kinks.ties), (1, 0, 1));
}

/// Behind ReLU, all four are zero; but two of them may come out positive, and the larger of these has the
/// gradient.
#[test]
fn zeros_that_may_come_out_positive_are_no_tie() {
    let before = window([-5.0, -0.01, -5.0, -0.02], 0.1);
    let after = relu(&before);
    let g = relu_backward(&before, &max_pool_backward(&after, &one()));
    assert_eq!((g.values, g.hard), (vec![0.0; 4], vec![0.0, 1.0, 0.0, 1.0]));
}

#[test]
fn the_error_of_a_maximum_is_that_of_a_number_that_may_be_it() {
    let mut x = window([1.0, 3.0, 2.9, 0.0], 0.1);
    x.hard[3] = 2.0;
    assert_eq!(max_pool(&x).hard, [0.1]);
    x.hard[3] = 3.5;
    assert_eq!(max_pool(&x).hard, [3.5]);
}

#[test]
fn an_odd_last_row_and_column_are_left_out() {
    let x = Tensor::exact(&[1, 1, 3, 3], (0..9).map(f64::from).collect());
    assert_eq!(max_pool(&x).values, [4.0]);
}

#[test]
fn nan_is_the_maximum_and_nothing_but_nan_will_do() {
    let y = max_pool(&window([1.0, f64::NAN, 2.0, 0.0], 0.1));
    assert!(y.compare(&[f64::NAN]).hard == 0.0 && y.compare(&[2.0]).hard == f64::INFINITY);
}

#[test]
fn a_prediction_is_decided_when_no_error_changes_it() {
    let scores = with_error(&[3, 3], &[1.0, 3.0, 2.0, 1.0, 2.1, 2.0, 5.0, 5.0, 0.0], 0.1);
    let found = scores.argmax();
    assert_eq!(found.iter().map(|p| p.class).collect::<Vec<_>>(), [1, 1, 0]);
    assert_eq!(found.iter().map(|p| p.decided).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(found[0].margin, 1.0);
}
