//! A training whose loss function computes the gradients without Burn's graph.

use burn::module::{Module, ParamGroup};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::{LeNet, StateDict};
use lenet_train::{CrossEntropy, Differentiable, Error, Loss, Optimizer, OptimizerKind, Trainer};
use proptest::prelude::*;

use crate::device;

/// How the loss is computed.
#[derive(Clone, Debug)]
enum Way {
    CrossEntropy(CrossEntropy),
    Mse,
}

impl Way {
    fn by_graph(&self, net: &LeNet, batch: HostBatch) -> Tensor<1> {
        let batch = batch.to_device(&device().autodiff());
        let logits = net.forward(batch.images);
        match self {
            Self::CrossEntropy(loss) => loss.forward(logits, batch.labels),
            Self::Mse => Loss::Mse.forward(logits, batch.labels),
        }
    }

    fn by_hand(&self, net: &LeNet, batch: HostBatch) -> Differentiable<'static> {
        let batch = batch.to_device(&device());
        let (logits, pass) = net.forward_pass(batch.images).unwrap();
        let (loss, gradient) = match self {
            Self::CrossEntropy(loss) => loss.forward_with_gradient(logits, batch.labels),
            Self::Mse => Loss::Mse.forward_with_gradient(logits, batch.labels),
        };
        Differentiable::new(loss, move || pass.backward(gradient))
    }
}

/// The weights after four steps, the last one on a smaller batch.
fn trained<'a, L: Into<Differentiable<'a>>>(
    loss: impl FnMut(&LeNet, HostBatch) -> L + 'a,
    kind: OptimizerKind,
    frozen: Option<&str>,
) -> StateDict {
    let mut trainer = Trainer::new(loss).optimizer(Optimizer::new(kind).weight_decay(0.01));
    if let Some(name) = frozen {
        trainer = trainer.freeze(ParamGroup::from_path(name));
    }
    let digits = Loader::new(synthetic::digits(1, 0..27).unwrap(), 8).unwrap();
    trainer.fit(LeNet::new(1, &device().autodiff()), &digits).unwrap().model.state_dict().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_ends_with_the_bits_of_one_by_the_graph(
        way in prop_oneof![
            Just(Way::CrossEntropy(CrossEntropy::new())),
            Just(Way::CrossEntropy(CrossEntropy::new().smoothing(0.1).unwrap().class_weights([0.5; 10]))),
            Just(Way::Mse),
        ],
        kind in prop::sample::select(vec![OptimizerKind::Sgd, OptimizerKind::Nesterov, OptimizerKind::Adamw, OptimizerKind::Rmsprop]),
        frozen in prop::option::of(prop::sample::select(vec!["conv1.weight", "conv2.bias", "fc1.weight", "fc3.bias"])),
    ) {
        let by_graph = trained(|net: &LeNet, batch| way.by_graph(net, batch), kind, frozen);
        let by_hand = trained(|net: &LeNet, batch| way.by_hand(net, batch), kind, frozen);
        prop_assert_eq!(by_graph, by_hand);
    }
}

#[test]
fn without_any_gradient_it_is_an_error() {
    let digits = Loader::new(synthetic::digits(1, 0..8).unwrap(), 8).unwrap();
    let loss =
        |_: &LeNet, _: HostBatch| Differentiable::new(Tensor::zeros([1], &device()), GradientsParams::new);
    let error = Trainer::new(loss).fit(LeNet::new(1, &device().autodiff()), &digits).unwrap_err();
    assert!(matches!(error, Error::NoGradient));

    let way = Way::Mse;
    let plain = LeNet::new(1, &device().autodiff()).valid();
    let error = Trainer::new(|net: &LeNet, batch| way.by_hand(net, batch)).fit(plain, &digits).unwrap_err();
    assert!(matches!(error, Error::NoGradient));
}
