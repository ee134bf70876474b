//! PyTorch's weights in and out. `cargo run -p lenet-examples --example 06_pytorch_weights -- lenet.pt` takes
//! your own: a `state_dict`, a whole model, or a checkpoint with one of them somewhere in it.

use std::error::Error;
use std::path::{Path, PathBuf};

use lenet_model::{Classifier, LeNet, weights};

/// Written by PyTorch: a checkpoint of a network in `DataParallel`, beside its optimizer.
pub const CHECKPOINT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/lenet-model/tests/interop/checkpoint.pt");

pub fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map_or(PathBuf::from(CHECKPOINT), PathBuf::from);
    in_and_out(&path)
}

pub fn in_and_out(path: &Path) -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?;

    // Read. A pickle is a program; it is not run: only the tensors are read.
    let state = weights::read_state_dict(path)?;
    println!("{} parameters in {}", state.parameters().len(), path.file_name().unwrap_or_default().display());
    for parameter in state.parameters() {
        println!("  {:<12} {:?}", parameter.name, parameter.shape);
    }

    // Burn stores the weight of a linear layer as [inputs, outputs], PyTorch as [outputs, inputs]: it is
    // transposed.
    let net = LeNet::with_state_dict(&state, &device);
    println!("fc1.weight is {:?} in PyTorch, {:?} here", state.parameters()[4].shape, net.fc1.weight.dims());

    // Use. A classifier can be shared by any number of threads.
    let prediction = &Classifier::new(net.clone()).classify(&[0.0; 32 * 32])?[0];
    println!("of a grey image: {}, at {:.1} %", prediction.digit(), 100.0 * prediction.top(1)[0].1);

    // Write. PyTorch: net.load_state_dict(safetensors.torch.load_file("lenet.safetensors")).
    let folder = tempfile::tempdir()?;
    for name in ["lenet.safetensors", "lenet.onnx", "lenet.bpk"] {
        let path = folder.path().join(name);
        weights::save(&net, &path)?;
        println!("{name}: {} bytes", std::fs::metadata(&path)?.len());
    }

    // The bits are the same.
    let back = weights::read_state_dict(&folder.path().join("lenet.safetensors"))?;
    println!("read back: {}", if back == state { "the same bits" } else { "other numbers" });
    Ok(())
}
