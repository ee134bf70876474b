//! PyTorch's "Neural Networks" tutorial, step by step. README.md has the PyTorch line for each.

use std::error::Error;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::loss::{MseLoss, Reduction};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Distribution, Tensor};
use lenet_model::LeNet;
use lenet_train::{Optimizer, OptimizerKind, mse};

pub fn main() -> Result<(), Box<dyn Error>> {
    // In PyTorch every tensor can track gradients. In Burn the device decides: on `device.autodiff()` tensors
    // do.
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    device.seed(1);

    // Define the network.
    let net = LeNet::new(42, &device); // 42 decides the initial weights
    println!("{net}");

    let state = net.state_dict()?; // the learnable parameters, as PyTorch names and shapes them
    println!("{} parameters", state.parameters().len());
    println!("{} {:?}", state.parameters()[0].name, state.parameters()[0].shape);

    // Forward pass with a random 32×32 input.
    let normal = Distribution::Normal(0.0, 1.0);
    let input = Tensor::<4>::random([1, 1, 32, 32], normal, &device).require_grad();
    let out = net.forward(input.clone());
    println!("out {:.4?}", numbers(&out)?);

    // Backward pass with random output gradients `v`. In Burn a backward pass starts from a scalar, so `out`
    // is multiplied by `v` and summed: the gradient of Σ out·v is the vector–Jacobian product of PyTorch's
    // `out.backward(v)`.
    let v = Tensor::<2>::random([1, 10], normal, &device);
    let gradients = (out * v).sum().backward();
    // PyTorch adds gradients to a field of each tensor, which must be zeroed before the next pass. Burn
    // returns them as a new value from each pass: there is nothing to zero.
    let at_input = input.grad(&gradients).ok_or("the input tracks gradients")?;
    println!(
        "gradient at the input {:?}, norm {:.4}",
        at_input.dims(),
        at_input.square().sum().sqrt().into_scalar::<f32>()
    );

    // The loss: mean squared error against a random target. The backward pass consumed the graph, so the
    // forward pass is repeated.
    let target = Tensor::<2>::random([1, 10], normal, &device);
    let loss = MseLoss::new().forward(net.forward(input.clone()), target.clone(), Reduction::Mean);
    println!("loss {:.4}", loss.clone().into_scalar::<f32>());

    // Before the backward pass no gradient of conv1.bias exists. (Burn does not expose the graph of a tensor,
    // as `loss.grad_fn` does.)
    println!("conv1.bias.grad before backward: none");
    let gradients = loss.backward();
    let bias = net.conv1.bias.as_ref().ok_or("conv1 has a bias")?;
    let at_bias = bias.grad(&gradients).ok_or("conv1.bias is a parameter")?;
    println!("conv1.bias.grad after backward: {:.6?}", numbers(&at_bias)?);

    // One step of SGD by hand, weight = weight − learning_rate·gradient …
    let gradients = GradientsParams::from_grads(gradients, &net);
    let by_hand = net.clone().map(&mut SgdByHand { gradients: &gradients, learning_rate: 0.01 });
    // … and by the optimizer. It takes the network and returns the updated one.
    let by_optimizer = SgdConfig::new().init().step(0.01, net.clone(), gradients);
    println!("by hand and by the optimizer: {} apart", max_difference(&by_hand, &by_optimizer)?);

    // Other update rules. Burn's defaults differ from PyTorch's, such as ε = 1e-5 instead of 1e-8; those of
    // `lenet_train::Optimizer` are PyTorch's. (The first steps of RMSprop have ten times the size of its
    // learning rate.)
    use OptimizerKind::{Adam, Nesterov, Rmsprop, Sgd};
    for (kind, learning_rate) in [(Sgd, 0.01), (Nesterov, 0.01), (Adam, 0.001), (Rmsprop, 0.0001)] {
        let (mut net, mut optimizer) = (net.clone(), Optimizer::new(kind).init());
        let loss = |net: &LeNet| mse(net.forward(input.clone()), target.clone());
        print!("{kind}: loss {:.4}", loss(&net).into_scalar::<f32>());
        for _ in 0..3 {
            let gradients = GradientsParams::from_grads(loss(&net).backward(), &net);
            net = optimizer.step(learning_rate, net, gradients);
            print!(" → {:.4}", loss(&net).into_scalar::<f32>());
        }
        println!();
    }
    Ok(())
}

/// Updates every parameter, of any rank.
struct SgdByHand<'a> {
    gradients: &'a GradientsParams,
    learning_rate: f64,
}

impl ModuleMapper for SgdByHand<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return param };
        // `inner` removes the tensor from the autodiff graph, as `.data` does in PyTorch.
        param.map(|weight| Tensor::from_inner(weight.inner() - gradient * self.learning_rate).require_grad())
    }
}

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f32>, Box<dyn Error>> {
    Ok(tensor.clone().try_into_vec_as()?)
}

/// Maximum absolute difference between parameters of the same name.
fn max_difference(one: &LeNet, other: &LeNet) -> Result<f32, lenet_model::Error> {
    let (one, other) = (one.state_dict()?, other.state_dict()?);
    let pairs = one.parameters().iter().zip(other.parameters());
    let differences =
        pairs.flat_map(|(one, other)| one.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()));
    Ok(differences.fold(0.0, f32::max))
}
