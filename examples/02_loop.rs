//! The training loop, written with Burn alone: data, forward, loss, backward, update.

use std::error::Error;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{GradientsParams, SgdConfig, momentum::MomentumConfig};
use lenet_data::Loader;
use lenet_model::LeNet;

pub fn main() -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    let (mut train, name) = lenet_examples::digits()?;
    let test = Loader::new(train.split_off(train.len() - 1_000), 250)?;
    let train = Loader::new(train, 64)?.shuffle(7);
    println!("{name}: {} batches", train.batches());

    let mut net = LeNet::new(42, &device);
    // Burn's default dampening of momentum is 0.1, PyTorch's is 0.
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);

    let mut sum = 0.0;
    for (step, batch) in (1..).zip(train.epoch(0)) {
        let batch = batch?.to_device(&device); //                              data
        let logits = net.forward(batch.images); //                             forward
        let loss = cross_entropy.forward(logits, batch.labels); //             loss
        let gradients = GradientsParams::from_grads(loss.backward(), &net); // backward
        net = optimizer.step(0.02, net, gradients); //                         update

        sum += loss.into_scalar::<f32>();
        if step % 50 == 0 {
            println!("step {step:3}: mean loss {:.3}", sum / 50.0);
            sum = 0.0;
        }
    }

    let net = net.valid(); // without autodiff
    let mut correct = 0;
    for batch in test.epoch(0) {
        let batch = batch?.to_device(&device.clone().inner());
        let digits = net.forward(batch.images).argmax(1).squeeze_dim::<1>(1);
        correct += digits.equal(batch.labels).int().sum().into_scalar::<i64>();
    }
    println!("{:.1} % of 1000 digits it has not seen", correct as f64 / 10.0);
    Ok(())
}
