//! Several devices in one program, compared on the same weights. In Burn 0.22 the backend is a property of
//! the device, not a type parameter, so one loop covers all devices. `--features ndarray,wgpu` adds the other
//! two.

use std::error::Error;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use lenet_data::{Batch, HostBatch, Samples, synthetic};
use lenet_model::LeNet;
use lenet_train::Loss;

pub fn main() -> Result<(), Box<dyn Error>> {
    let batch = synthetic::digits(42, 0..64)?.gather(&(0..64).collect::<Vec<_>>())?;
    let mut open = Vec::new();
    for name in ["flex", "ndarray", "wgpu"] {
        match lenet_backend::open(&name.parse()?) {
            Ok(device) => open.push((name, device.autodiff())),
            Err(error) => println!("{name:8} {error}"), // not in this build, or not in this machine
        }
    }

    // Initial weights are drawn on the host, so they have the same bits on every device.
    let results =
        open.iter().map(|(name, device)| Ok((*name, pass(&LeNet::new(42, device), batch.clone(), device)?)));
    let results = results.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let (_, first) = results.first().ok_or("this build has no device")?;
    println!("{:8} {:>10} {:>14} {:>16}", "device", "loss", "logits apart", "gradient apart");
    for (name, pass) in &results {
        let (logits, gradient) = (apart(&pass.logits, &first.logits), apart(&pass.gradient, &first.gradient));
        println!("{name:8} {:10.6} {logits:14.1e} {gradient:16.1e}", pass.loss);
    }

    // `fork` copies a module to another device, `to_device` moves a tensor.
    if let [(_, one), .., (name, other)] = &open[..] {
        let moved = LeNet::new(42, one).fork(other);
        let logits = moved.forward(Tensor::zeros([1, 1, 32, 32], other));
        println!("moved to {name}: {} logits", logits.to_device(one).dims()[1]);
    }
    Ok(())
}

/// Results of one forward and backward pass, on the host.
struct Pass {
    loss: f32,
    /// `batch × 10`.
    logits: Vec<f32>,
    /// Gradient of fc1.weight, `400 × 120`.
    gradient: Vec<f32>,
}

fn pass(net: &LeNet, batch: HostBatch, device: &Device) -> Result<Pass, Box<dyn Error>> {
    let Batch { images, labels, .. } = batch.to_device(device);
    let logits = net.forward(images);
    let loss = Loss::CrossEntropy.forward(logits.clone(), labels);
    let gradients = loss.backward();
    let gradient = net.fc1.weight.grad(&gradients).ok_or("a gradient")?;
    Ok(Pass {
        loss: loss.try_into_scalar()?,
        logits: logits.try_into_vec_as()?,
        gradient: gradient.try_into_vec_as()?,
    })
}

/// Maximum absolute difference between corresponding numbers.
fn apart(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
