//! Training on another machine, through Burn's remote backend: this program has the model, the loop and the
//! autodiff graph, the server computes. Without arguments it is both, on this machine: `cargo run
//! --manifest-path examples/08_remote/Cargo.toml`. For two machines, both with this program, add `-- serve
//! 3000` on the one that computes and `-- train ws://HOST:3000` on the other.
//!
//! The server computes for anybody who reaches its port, and nothing on the way is encrypted: for a network
//! you trust, or a tunnel. (Burn's other transport, Iroh, encrypts. Both take an `authorizer`, which can ask
//! for a token.)

use std::error::Error;
use std::net::TcpListener;
use std::process::exit;
use std::thread;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::remote::RemoteHost;
use burn::server::{RemoteServer, WebSocketTransport};
use burn::tensor::{Device, Tensor};
use lenet_data::{Batch, DigitSet, HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::{Loss, Optimizer, Schedule, Trainer, evaluate_classifier};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    end(match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => both(),
        ["serve", port] => listen("0.0.0.0", port).and_then(serve),
        ["train", url] => train(url),
        _ => Err("expected nothing, `serve PORT` or `train ws://HOST:PORT`".into()),
    })
}

fn end(result: Result<(), Box<dyn Error>>) -> ! {
    if let Err(error) = &result {
        eprintln!("error: {error}");
    }
    exit(i32::from(result.is_err()))
}

/// Runs the server on a thread of this program, and trains on it over the loopback interface.
fn both() -> Result<(), Box<dyn Error>> {
    let listener = listen("127.0.0.1", "0")?; // 0: any port that is free
    let url = format!("ws://{}", listener.local_addr()?);
    thread::spawn(move || end(serve(listener).and(Err("interrupted".into()))));
    train(&url)
}

fn listen(host: &str, port: &str) -> Result<TcpListener, Box<dyn Error>> {
    let port = port.parse().map_err(|_| format!("`{port}` is no port: expected 0 to 65535"))?;
    TcpListener::bind((host, port)).map_err(|error| format!("cannot listen on port {port}: {error}").into())
}

/// Computes for every client, until Ctrl+C.
fn serve(listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let device = lenet_backend::open(&"flex".parse()?)?; // on a machine with a GPU, that one
    println!("serving on port {}", listener.local_addr()?.port());
    Ok(RemoteServer::new([device]).serve(WebSocketTransport::from_listener(listener))?)
}

/// Trains on the server, and again on this machine.
fn train(url: &str) -> Result<(), Box<dyn Error>> {
    // Waits up to 16 s for a server that is just starting.
    let remote = Device::remote_options(&RemoteHost::websocket(url)).init();
    let remote = remote.map_err(|error| format!("no device at {url}: {error}"))?;
    println!("connected to {url}");
    let local = lenet_backend::open(&"flex".parse()?)?;

    let mut digits = synthetic::digits(42, 0..13_800)?;
    let test = Loader::new(digits.split_off(12_800), 250)?;
    let train = Loader::new(digits, 64)?.shuffle(7);
    println!("before: {}", rated(&LeNet::new(42, &remote), &test, &remote)?);

    // A remote device runs Burn's operations where a CPU of this machine runs the kernels of this workspace.
    // The same operations on this machine give the same bits.
    let far = fit("remote", usual, &remote, &train, &test)?;
    let near = fit("local, the same operations", stock, &local, &train, &test)?;
    fit("local, with our kernels", usual, &local, &train, &test)?;
    let same = far.state_dict()? == near.state_dict()?;
    println!("weights, remote and local: {}", if same { "the same bits" } else { "other numbers" });
    Ok(())
}

/// The loss as other programs of this workspace compute it.
fn usual(net: &LeNet, batch: Batch) -> Tensor<1> {
    Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
}

/// The loss, computed with Burn's operations on every device.
fn stock(net: &LeNet, batch: Batch) -> Tensor<1> {
    let cross_entropy = CrossEntropyLossConfig::new().init(&batch.images.device());
    cross_entropy.forward(net.activations(batch.images).output, batch.labels)
}

/// Trains for an epoch on `device` and prints the result and the speed.
fn fit(
    name: &str,
    loss: fn(&LeNet, Batch) -> Tensor<1>,
    device: &Device,
    train: &Loader<DigitSet>,
    test: &Loader<DigitSet>,
) -> Result<LeNet, Box<dyn Error>> {
    let training_device = device.clone().autodiff();
    // The client sends the weights once, then each batch and the operations. The server sends nothing back
    // until a number is read, here at the end of the epoch.
    let outcome = Trainer::new(|net: &LeNet, batch: HostBatch| loss(net, batch.to_device(&training_device)))
        .optimizer(Optimizer::sgd().momentum(0.9))
        .schedule(Schedule::OneCycle { peak: 0.05 })
        .fit(LeNet::new(42, &training_device), train)?;
    let (net, speed) = (outcome.model.valid(), outcome.steps as f64 / outcome.training_time.as_secs_f64());
    println!("{name}: {}, {speed:.0} steps/s", rated(&net, test, device)?);
    Ok(net)
}

fn rated(net: &LeNet, test: &Loader<DigitSet>, device: &Device) -> Result<String, lenet_train::Error> {
    let result = evaluate_classifier(test, device, Loss::CrossEntropy, |images| net.forward(images))?;
    Ok(format!(
        "loss {:.3}, {:.1} % of {} digits",
        result.loss,
        100.0 * result.accuracy.unwrap_or(f64::NAN),
        result.samples
    ))
}
