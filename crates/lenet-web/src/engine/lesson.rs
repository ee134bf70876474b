//! [`Lesson`]: one step of training in the five parts of the tutorial.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_backend::integers;
use lenet_model::LeNet;
use lenet_train::{Loss, Optimizer};

use super::gradients::by_name;
use super::network::{Network, numbers};
use super::reading::Reading;
use super::steps::Steps;
use crate::Error;

/// A step of training, one part at a time: define, forward, loss, backward, update.
#[derive(Debug)]
pub struct Lesson {
    network: Network,
    image: Option<Vec<u8>>,
    lost: Option<(Loss, u8)>,
    is_backward_done: bool,
}

/// What an update has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// The loss of the image before the update.
    pub loss_before: f64,
    /// And after it.
    pub loss_after: f64,
}

impl Lesson {
    /// Defines a network with the random initial weights of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { network: Network::initial(seed), image: None, lost: None, is_backward_done: false }
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The forward pass.
    ///
    /// # Errors
    /// As [`Network::read`].
    pub fn forward(&mut self, image: &[u8]) -> Result<Reading, Error> {
        let reading = self.network.read(image)?;
        (self.image, self.lost, self.is_backward_done) = (Some(image.to_vec()), None, false);
        Ok(reading)
    }

    /// The loss of the image for its label.
    ///
    /// # Errors
    /// [`Error::TooEarly`] before [`forward`](Self::forward), [`Error::Argument`] if the label is no class.
    pub fn loss(&mut self, label: u8, loss: Loss) -> Result<f64, Error> {
        self.network.check_class(label.into())?;
        if self.image.is_none() {
            return Err(Error::TooEarly { part: "loss", before: "forward" });
        }
        (self.lost, self.is_backward_done) = (Some((loss, label)), false);
        let (loss, _) = self.tracked("loss")?;
        Ok(f64::from(numbers(loss.inner())?[0]))
    }

    /// The backward pass: the gradients of the loss by the names of the parameters, in PyTorch's layouts.
    ///
    /// # Errors
    /// [`Error::TooEarly`] before [`loss`](Self::loss).
    pub fn backward(&mut self) -> Result<Vec<(String, Vec<f32>)>, Error> {
        let (loss, net) = self.tracked("backward")?;
        self.is_backward_done = true;
        by_name(&loss, &net)
    }

    /// The update: a step of SGD.
    ///
    /// # Errors
    /// [`Error::TooEarly`] before [`backward`](Self::backward), [`Error::Argument`] if the learning rate is no
    /// number.
    pub fn update(&mut self, learning_rate: f64) -> Result<Update, Error> {
        if !learning_rate.is_finite() {
            return Err(Error::argument("the learning rate", learning_rate, "a number"));
        }
        if !self.is_backward_done {
            return Err(Error::TooEarly { part: "update", before: "backward" });
        }
        let (loss, net) = self.tracked("update")?;
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        let updated = Steps::new(Optimizer::sgd()).step(learning_rate, net, gradients);
        self.network = Network::trained(&updated, self.network.state())?;
        let (after, _) = self.tracked("update")?;
        self.is_backward_done = false;
        let [loss_before, loss_after] =
            [loss, after].map(|loss| numbers(loss.inner()).map(|loss| f64::from(loss[0])));
        Ok(Update { loss_before: loss_before?, loss_after: loss_after? })
    }

    /// The loss as a tensor that tracks gradients, and the network that it was computed with.
    fn tracked(&self, part: &'static str) -> Result<(Tensor<1>, LeNet), Error> {
        let (Some(image), Some((loss, label))) = (&self.image, self.lost) else {
            return Err(Error::TooEarly { part, before: "loss" });
        };
        let net = self.network.net.clone();
        let x = self.network.input(self.network.normalised(image)?);
        let labels = integers(&[label.into()], &x.device());
        Ok((loss.forward(net.forward(x), labels), net))
    }
}
