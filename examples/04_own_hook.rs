//! A custom hook: it adds noise to the gradients, and reports their largest norm. ("Adding gradient noise
//! improves learning for very deep networks", A. Neelakantan and others, 2015; LeNet does not need it.)
//!
//! A hook may read and change the batch, the learning rate and the gradients, skip a step, and end an epoch
//! or the training. Checkpoints keep its state, from which it resumes.

use std::error::Error;

use burn::tensor::Distribution;
use lenet_data::{HostBatch, Loader};
use lenet_model::LeNet;
use lenet_train::{AfterBackward, AfterEpoch, Flow, Hook, Loss, Schedule, Trainer};

/// Adds noise of variance `scale` / (1 + step)^0.55 to each gradient.
struct GradientNoise {
    scale: f64,
    /// Largest norm of all gradients so far, before the noise.
    largest: f32,
}

impl<M, B> Hook<M, B> for GradientNoise {
    fn after_backward(&mut self, step: &mut AfterBackward<'_, M>) -> Result<Flow, lenet_train::Error> {
        // Reading a number waits for the device, so not at every step.
        if let (0, Some(norm)) = (step.step % 10, step.gradients.global_norm()) {
            self.largest = self.largest.max(norm.into_scalar::<f32>());
        }
        let deviation = (self.scale / (1.0 + step.step as f64).powf(0.55)).sqrt();
        step.gradients.map(|_name, gradient| {
            let noise = gradient.random_like(Distribution::Normal(0.0, deviation));
            gradient + noise
        });
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, lenet_train::Error> {
        println!(
            "epoch {}: loss {:.3}, largest gradient {:.2}",
            epoch.epoch + 1,
            epoch.train_loss,
            self.largest
        );
        let enough = epoch.train_loss < 0.5;
        Ok(if enough {
            Flow::EndFit(format!("good after epoch {}", epoch.epoch + 1))
        } else {
            Flow::Continue
        })
    }

    fn state(&self) -> Result<Option<Vec<u8>>, lenet_train::Error> {
        Ok(Some(self.largest.to_le_bytes().to_vec()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), lenet_train::Error> {
        let wrong = |_| lenet_train::Error::HookState {
            hook: "GradientNoise".into(),
            reason: format!("expected 4 bytes, found {}", state.len()),
        };
        self.largest = f32::from_le_bytes(state.try_into().map_err(wrong)?);
        Ok(())
    }
}

pub fn main() -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    device.seed(1);
    let (mut train, _) = lenet_examples::digits()?;
    train.split_off(4_000); // keeps 4,000
    let train = Loader::new(train, 64)?.shuffle(7);

    let mut noise = GradientNoise { scale: 1e-4, largest: 0.0 };
    let outcome = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .schedule(Schedule::Constant { learning_rate: 0.1 })
    .epochs(20)
    .hook(&mut noise) // lent, so that it can be read afterwards
    .fit(LeNet::new(42, &device), &train)?;

    println!("{} of 20 epochs: {}", outcome.epochs, outcome.end);
    println!("norm of the gradients: at most {:.2}", noise.largest);
    Ok(())
}
