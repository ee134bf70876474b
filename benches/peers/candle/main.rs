//! candle as a program of the comparison.
//!
//! ```sh
//! LENET_DATA_DIR=mnist RAYON_NUM_THREADS=2 cargo run --release -- train 64 2
//! ```

#[path = "../../src/protocol.rs"]
mod protocol;
#[path = "../../src/stopwatch.rs"]
mod stopwatch;

use std::io::{stdin, stdout};
use std::path::PathBuf;

use anyhow::Context;
use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::{Conv2d, Linear, Module, VarBuilder, VarMap, conv2d, linear, loss};
use protocol::{Request, Work, serve};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use stopwatch::Stopwatch;

const LEARNING_RATE: f64 = 0.001; // as in benches/peers/lenet.rs
const IMAGES_TO_INFER: usize = 4096;
const DEVICE: Device = Device::Cpu;

struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl LeNet {
    fn new(vars: VarBuilder) -> Result<Self> {
        Ok(Self {
            conv1: conv2d(1, 6, 5, Default::default(), vars.pp("conv1"))?,
            conv2: conv2d(6, 16, 5, Default::default(), vars.pp("conv2"))?,
            fc1: linear(400, 120, vars.pp("fc1"))?,
            fc2: linear(120, 84, vars.pp("fc2"))?,
            fc3: linear(84, 10, vars.pp("fc3"))?,
        })
    }

    fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let s2 = self.conv1.forward(images)?.max_pool2d(2)?.relu()?;
        let s4 = self.conv2.forward(&s2)?.max_pool2d(2)?.relu()?;
        let f5 = self.fc1.forward(&s4.flatten_from(1)?)?.relu()?;
        self.fc3.forward(&self.fc2.forward(&f5)?.relu()?)
    }
}

fn main() -> anyhow::Result<()> {
    let (images, labels) = digits()?;
    let measure = |request: Request| {
        let answer = match request.work {
            Work::Infer => infer(request, &images),
            Work::Train | Work::TrainMse => train(request, &images, &labels),
        };
        answer.map_err(|error| error.to_string())
    };
    let about = json!({ "version": "candle 0.11" });
    let request: Vec<String> = std::env::args().skip(1).collect();
    if request.is_empty() {
        serve(&about, stdin().lock(), stdout(), measure)?;
    } else {
        serve(&about, request.join(" ").as_bytes(), stdout(), measure)?;
    }
    Ok(())
}

fn infer(request: Request, images: &Tensor) -> Result<Value> {
    let vars = VarMap::new();
    LeNet::new(VarBuilder::from_varmap(&vars, DType::F32, &DEVICE))?;
    // Operations on detached tensors are not recorded for autodiff.
    let names = vars.data().lock().map(|vars| vars.clone()).unwrap_or_default();
    let tensors = names.into_iter().map(|(name, var)| (name, var.as_detached_tensor())).collect();
    let net = LeNet::new(VarBuilder::from_tensors(tensors, DType::F32, &DEVICE))?;

    let last = IMAGES_TO_INFER.max(request.batch) - request.batch;
    let mut watch = Stopwatch::start(request.seconds);
    for start in (0..=last).step_by(request.batch).cycle() {
        net.forward(&images.narrow(0, start, request.batch)?)?;
        if !watch.lap() {
            break;
        }
    }
    Ok(watch.answer(request.batch))
}

fn train(request: Request, images: &Tensor, labels: &Tensor) -> Result<Value> {
    let vars = VarMap::new();
    let net = LeNet::new(VarBuilder::from_varmap(&vars, DType::F32, &DEVICE))?;
    // candle's own SGD has no momentum.
    let momentum = if request.work == Work::Train { 0.9 } else { 0.0 };
    let mut parameters: Vec<(Var, Option<Tensor>)> =
        vars.all_vars().into_iter().map(|var| (var, None)).collect();
    let mut rng = SmallRng::seed_from_u64(7);
    let mut order: Vec<u32> = (0..labels.elem_count() as u32).collect();
    let mut watch = Stopwatch::start(request.seconds);
    loop {
        order.shuffle(&mut rng);
        for indices in order.chunks_exact(request.batch) {
            let indices = Tensor::new(indices, &DEVICE)?;
            let labels = labels.index_select(&indices, 0)?;
            let logits = net.forward(&images.index_select(&indices, 0)?)?;
            let loss = match request.work {
                Work::Train => loss::cross_entropy(&logits, &labels)?,
                _ => loss::mse(&logits, &one_hot(&labels)?)?,
            };
            let gradients = loss.backward()?;
            for (parameter, velocity) in &mut parameters {
                let Some(gradient) = gradients.get(parameter) else { continue };
                let change = match velocity.take() {
                    Some(velocity) if momentum > 0.0 => ((velocity * momentum)? + gradient)?,
                    _ => gradient.clone(),
                };
                parameter.set(&(parameter.as_tensor() - (&change * LEARNING_RATE)?)?)?;
                *velocity = Some(change.detach());
            }
            if !watch.lap() {
                return Ok(watch.answer(request.batch));
            }
        }
    }
}

fn one_hot(labels: &Tensor) -> Result<Tensor> {
    let columns = Tensor::arange(0u32, 10, &DEVICE)?.unsqueeze(0)?;
    labels.unsqueeze(D::Minus1)?.broadcast_eq(&columns)?.to_dtype(DType::F32)
}

/// Reads images `[n, 1, 32, 32]`, padded and normalised, and labels `[n]` from the folder that LENET_DATA_DIR
/// names.
fn digits() -> anyhow::Result<(Tensor, Tensor)> {
    let folder = PathBuf::from(std::env::var_os("LENET_DATA_DIR").context("LENET_DATA_DIR is not set")?);
    let images = std::fs::read(folder.join("train-images-idx3-ubyte"))?;
    let labels = std::fs::read(folder.join("train-labels-idx1-ubyte"))?;
    let side = usize::from(images[15]); // Last byte of the big-endian width.
    let (pixels, labels) = (&images[16..], &labels[8..]);
    let images = Tensor::from_slice(pixels, (labels.len(), 1, side, side), &DEVICE)?;
    let around = (32 - side) / 2;
    let images = images.pad_with_zeros(2, around, around)?.pad_with_zeros(3, around, around)?;
    let images = ((images.to_dtype(DType::F32)? / 255.0)? - 0.1307)? / 0.3081;
    let labels = Tensor::from_iter(labels.iter().map(|&label| u32::from(label)), &DEVICE)?;
    Ok((images?, labels))
}
