//! Writes the first inputs of each target: small valid files in every format, made by this workspace's own
//! writers.
//!
//! `cargo run -p lenet-fuzz --example seeds` writes them to `corpus/`. Inputs that the fuzzers found lie
//! beside them.

use std::path::Path;
use std::{error, fs};

use burn::data::dataset::InMemDataset;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Tensor;
use image::{GrayImage, ImageFormat, Luma};
use lenet_data::{BurnSamples, Loader, synthetic};
use lenet_model::weights::{self, Format};
use lenet_model::{LeNet, StateDict};
use lenet_report::run::Record;
use lenet_train::{Checkpoints, Optimizer, Trainer};

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<()> {
    idx()?;
    pictures()?;
    weights()?;
    checkpoint()?;
    records()?;
    settings()?;
    csv()
}

/// Two digits with their labels, as the target `idx` splits them.
fn idx() -> Result<()> {
    let digits = synthetic::digits(1, 0..2)?;
    let labels = [&[0, 0, 8, 1, 0, 0, 0, 2][..], digits.labels()].concat();
    let mut file = (labels.len() as u16).to_be_bytes().to_vec();
    file.extend(&labels);
    file.extend([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 32, 0, 0, 0, 32]);
    (0..digits.len()).for_each(|index| file.extend(digits.image(index)));
    write("idx", "two-digits", &file)
}

/// A black bar on paper that brightens to one corner.
fn pictures() -> Result<()> {
    let bar = GrayImage::from_fn(24, 32, |x, y| {
        let is_ink = (10..14).contains(&x) && (6..26).contains(&y);
        Luma([if is_ink { 20 } else { 200 + (x + y) as u8 / 2 }])
    });
    for (name, format) in [
        ("bar.png", ImageFormat::Png),
        ("bar.jpeg", ImageFormat::Jpeg),
        ("bar.bmp", ImageFormat::Bmp),
        ("bar.pgm", ImageFormat::Pnm),
    ] {
        let mut file = std::io::Cursor::new(Vec::new());
        bar.write_to(&mut file, format)?;
        write("picture", name, file.get_ref())?;
    }
    Ok(())
}

/// The network with its initial weights, and the head of each file alone.
fn weights() -> Result<()> {
    let device = lenet_backend::open(&"flex".parse()?)?;
    let state: StateDict = LeNet::new(1, &device).state_dict()?;
    for (target, format) in [("safetensors", Format::Safetensors), ("burnpack", Format::Burnpack)] {
        let file = weights::to_bytes(&state, format)?;
        write(target, "lenet", &file)?;
        write(target, "head", &file[..1_500])?;
    }
    Ok(())
}

/// A checkpoint of a linear layer after two steps.
fn checkpoint() -> Result<()> {
    let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    let folder = tempfile::tempdir()?;
    let samples = BurnSamples::new(InMemDataset::new(vec![1.0_f32, 2.0]));
    let loss = |layer: &Linear, batch: Vec<f32>| {
        layer.forward(Tensor::<1>::from_floats(batch.as_slice(), &device).reshape([1, 1])).mean()
    };
    Trainer::new(loss)
        .optimizer(Optimizer::sgd().momentum(0.9))
        .checkpoints(Checkpoints::in_folder(folder.path()))
        .fit(LinearConfig::new(1, 2).init(&device), &Loader::new(samples, 1)?)?;
    write("checkpoint", "linear", &fs::read(folder.path().join("step-0000000002.ckpt"))?)
}

fn records() -> Result<()> {
    let step = Record::Step { epoch: 0, step: 50, loss: Some(0.5), learning_rate: 0.01 };
    let end = Record::End {
        epochs: 1,
        steps: 50,
        reason: "completed".into(),
        test_loss: None,
        test_accuracy: Some(0.99),
        seconds: 0.7,
        samples_per_second: f64::NAN,
    };
    let lines = [step, end]
        .map(|record| serde_json::to_string(&record))
        .into_iter()
        .collect::<std::result::Result<Vec<_>, _>>()?;
    write("record", "step-and-end", lines.join("\n").as_bytes())
}

fn settings() -> Result<()> {
    let text = "# Every type of value.\nepochs = 3\nseed = 0xFF\nlr = 1e-3\nbetas = [0.9, 0.999]\n\
                optimizer = \"adam\"\ncsv = true\nquiet = false\n";
    write("settings", "every-type", text.as_bytes())
}

/// Six images of 28×28 with a header.
fn csv() -> Result<()> {
    let header: String = (0..784).map(|pixel| format!(",pixel{pixel}")).collect();
    let image = |label: u32| format!("\n{label}{}", format!(",{}", 40 * label).repeat(784));
    write("csv", "six-images", format!("label{header}{}\n", (0..6).map(image).collect::<String>()).as_bytes())
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}
