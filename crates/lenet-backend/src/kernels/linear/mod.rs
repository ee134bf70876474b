//! Linear layer `y = act(xW + b)`, forward and backward; `act` is ReLU or nothing.

mod outer;
mod product;

use lenet_threads::split::items_per_task;
use lenet_threads::{Fresh, Piece, for_each};

use self::outer::{Dots, Outer};
use self::product::Product;
use crate::kernels::result::{UNWRITTEN, write_piece};
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Isa, Kernel, Simd};
use crate::kernels::transpose::Transpose;

/// Below this many products one thread is faster than two.
const SERIAL_PRODUCTS: usize = 1 << 18;
/// From this batch size on, transposing W once is cheaper than a sum over lanes for each number of the
/// gradient.
const TRANSPOSE_BATCH: usize = 8;
/// Rows of the weight gradient in one task.
const ROWS_PER_TASK: usize = 32;
/// Below this many numbers one thread is faster than two.
const SERIAL_TRANSPOSE: usize = 1 << 15;
/// Columns of W in one task of the transposition, at least: more than a vector of any instruction set.
const COLUMNS_PER_TASK: usize = 24;

/// One linear layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear<'a> {
    /// Weights `[K, N]`, inputs by outputs, as Burn has them.
    pub weight: &'a [f32],
    /// Biases `[N]`.
    pub bias: &'a [f32],
    /// Whether `max(0, ·)` follows; NaN stays NaN.
    pub relu: bool,
}

impl Linear<'_> {
    fn sizes(&self, x: usize) -> (usize, usize, usize) {
        let outputs = self.bias.len();
        assert!(
            outputs > 0 && !self.weight.is_empty() && self.weight.len().is_multiple_of(outputs),
            "weights"
        );
        let inputs = self.weight.len() / outputs;
        assert!(x.is_multiple_of(inputs), "{x} numbers are no whole rows of {inputs}");
        (x / inputs, inputs, outputs)
    }
}

/// Computes `y = act(xW + b)`; `x` is `[B, K]`, `y` is `[B, N]`.
///
/// # Panics
/// If a slice does not have its length: the kernels rely on it.
pub(crate) fn linear_forward(isa: Isa, layer: Linear, x: &[f32]) -> Vec<f32> {
    let (batch, inputs, outputs) = layer.sizes(x.len());
    let Linear { weight: w, bias, relu } = layer;
    let parallel = batch * w.len() >= SERIAL_PRODUCTS;
    let rows = if parallel { items_per_task(batch).next_multiple_of(8) } else { batch.max(1) };
    let mut y = Fresh::new(batch * outputs, UNWRITTEN);
    let tasks = x.chunks(rows * inputs).zip(y.pieces(rows * outputs));
    for_each(tasks, |(x, y)| {
        // SAFETY: `Product` writes all of y.
        unsafe { write_piece(y, |y| isa.run(Product { x, w, bias, y, inputs, outputs, relu })) }
    });
    y.finish()
}

/// The gradients of a linear layer.
#[derive(Debug)]
pub(crate) struct LinearGradients {
    /// `[K, N]`.
    pub weight: Vec<f32>,
    /// `[N]`.
    pub bias: Vec<f32>,
    /// `[B, K]`, if `with_x`.
    pub x: Option<Vec<f32>>,
}

/// Backward pass of [`linear_forward`]: gradients with respect to weight, bias and, if `with_x`, `x`, given
/// the gradient `gy` with respect to `y`. A ReLU passes the gradient on except where `y <= 0`.
///
/// # Panics
/// If a slice does not have its length: the kernels rely on it.
pub(crate) fn linear_backward(
    isa: Isa,
    layer: Linear,
    x: &[f32],
    y: &[f32],
    gy: &[f32],
    with_x: bool,
) -> LinearGradients {
    let (batch, inputs, outputs) = layer.sizes(x.len());
    assert_eq!((y.len(), gy.len()), (batch * outputs, batch * outputs), "outputs");

    let mut bias = vec![0.0; outputs];
    let mut masked = Scratch::any(if layer.relu { gy.len() } else { 0 });
    isa.run(Sums { y, gy, masked: &mut masked, bias: &mut bias });
    let g = if layer.relu { &masked } else { gy };
    let split = batch * layer.weight.len() >= SERIAL_PRODUCTS;
    let rows = if split { ROWS_PER_TASK } else { inputs };
    let images = if split { items_per_task(batch).next_multiple_of(8) } else { batch.max(1) };
    let by_dots = batch < TRANSPOSE_BATCH;
    let transposed = match with_x && !by_dots {
        true => transposed(isa, layer.weight, outputs),
        false => Scratch::any(0),
    };
    let mut weight = Fresh::new(layer.weight.len(), UNWRITTEN);
    let of_weights = weight.pieces(rows * outputs).enumerate();
    let of_weights = of_weights.map(|(task, dw)| Gradient::Weights { dw, first: task * rows });
    let mut x_gradient = with_x.then(|| Fresh::new(x.len(), UNWRITTEN));
    let of_inputs = x_gradient.iter_mut().flat_map(|x| x.pieces(images * inputs));
    let of_inputs = of_inputs.zip(g.chunks(images * outputs)).map(|(dx, g)| Gradient::Inputs { g, dx });
    let tasks = of_weights.chain(of_inputs);
    // SAFETY: the kernels write all of dW and dx.
    let work = |task| unsafe {
        match task {
            Gradient::Weights { dw, first } => {
                write_piece(dw, |dw| isa.run(Outer { x, g, dw, first, inputs, outputs }))
            }
            Gradient::Inputs { g, dx } if by_dots => {
                write_piece(dx, |dx| isa.run(Dots { g, w: layer.weight, dx, outputs }))
            }
            Gradient::Inputs { g, dx } => write_piece(dx, |y| {
                let (w, inputs, outputs) = (&transposed, outputs, inputs);
                isa.run(Product { x: g, w, bias: &[], y, inputs, outputs, relu: false });
            }),
        }
    };
    if split {
        for_each(tasks, work)
    } else {
        tasks.for_each(work)
    }
    LinearGradients { weight: weight.finish(), bias, x: x_gradient.map(Fresh::finish) }
}

/// Masks `gy` by the ReLU, and sums it over the batch.
struct Sums<'a> {
    y: &'a [f32],
    gy: &'a [f32],
    /// `gy` where the ReLU passes it on, else 0; empty if there is no ReLU.
    masked: &'a mut [f32],
    /// The sums; overwritten.
    bias: &'a mut [f32],
}

impl Kernel for Sums<'_> {
    /// Plain loops, which the compiler vectorises.
    #[inline(always)]
    fn run<V: Simd>(self) {
        let Self { y, gy, masked, bias } = self;
        if !masked.is_empty() {
            let passed_on = y.iter().zip(gy).map(|(y, gy)| if *y <= 0.0 { 0.0 } else { *gy });
            masked.iter_mut().zip(passed_on).for_each(|(to, from)| *to = from);
        }
        bias.fill(0.0);
        let g = if masked.is_empty() { gy } else { masked };
        for g in g.chunks_exact(bias.len()) {
            bias.iter_mut().zip(g).for_each(|(sum, g)| *sum += *g);
        }
    }
}

/// A task of the backward pass.
enum Gradient<'a> {
    /// Rows of dW, from row `first` on.
    Weights { dw: Piece<'a, f32>, first: usize },
    /// Rows of dx.
    Inputs { g: &'a [f32], dx: Piece<'a, f32> },
}

/// Transposes W `[K, N]` to `[N, K]`, in parallel if W is large.
fn transposed(isa: Isa, weight: &[f32], outputs: usize) -> Scratch {
    let inputs = weight.len() / outputs;
    let mut transposed = Scratch::any(weight.len());
    let columns = outputs.div_ceil((outputs / COLUMNS_PER_TASK).max(1));
    let tasks = transposed.chunks_mut(columns * inputs).enumerate();
    let work = |(task, to)| {
        isa.run(Transpose { from: &weight[task * columns..], rows: inputs, pitch: outputs, to });
    };
    if weight.len() >= SERIAL_TRANSPOSE {
        for_each(tasks, work)
    } else {
        tasks.for_each(work)
    }
    transposed
}
