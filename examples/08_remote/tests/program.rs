//! The program does what it says, on one machine and as two programs, and without a server says so.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use burn::remote::RemoteHost;
use burn::tensor::Device;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::{Loss, Trainer};

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_08_remote"));
    program.args(arguments);
    program
}

#[track_caller]
fn printed(output: &Output) -> &str {
    let text = str::from_utf8(&output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    println!("{text}");
    text
}

/// The line that begins with `start`, without it.
#[track_caller]
fn after<'a>(text: &'a str, start: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.unwrap_or_else(|| panic!("no line begins with `{start}`"))
}

/// Loss and percentage of the first line that begins with `name`.
#[track_caller]
fn result(text: &str, name: &str) -> [f64; 2] {
    let line = after(text, &format!("{name}: loss "));
    let (loss, rest) = line.split_once(", ").unwrap();
    let (accuracy, digits) = rest.split_once(" % of ").unwrap();
    assert!(digits.starts_with("1000 digits"), "{line}");
    [loss, accuracy].map(|number| number.parse().unwrap())
}

#[test]
fn trained_on_a_server_the_network_is_the_one_trained_here() {
    let output = program(&[]).output().unwrap();
    check(printed(&output));
}

#[track_caller]
fn check(text: &str) {
    let ([before, guessed], [learned, accuracy]) = (result(text, "before"), result(text, "remote"));
    assert!(learned < before / 3.0, "loss {before} to {learned}");
    assert!(guessed < 30.0 && accuracy > 80.0, "{guessed} % to {accuracy} %");
    assert!(result(text, "local, with our kernels")[1] > 80.0);

    assert_eq!(result(text, "local, the same operations"), result(text, "remote"));
    assert_eq!(after(text, "weights, remote and local: "), "the same bits");
    for run in ["remote", "local, the same operations", "local, with our kernels"] {
        let speed = after(text, &format!("{run}: ")).rsplit(", ").next().unwrap();
        assert!(speed.strip_suffix(" steps/s").unwrap().parse::<u32>().unwrap() > 0, "{speed}");
    }
}

/// A server that ends with its test.
struct Server(Child);

impl Server {
    /// It, and where it is.
    fn start() -> (Self, String) {
        let mut server = Self(program(&["serve", "0"]).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(server.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("serving on port ").unwrap();
        (server, format!("ws://127.0.0.1:{port}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn server_and_client_are_two_programs_where_asked() {
    let (_server, url) = Server::start();
    let output = program(&["train", &url]).output().unwrap();
    let text = printed(&output);
    assert_eq!(after(text, "connected to "), url);
    check(text);
}

#[test]
fn a_server_that_goes_away_is_an_error_of_the_training() {
    let (server, url) = Server::start();
    let device = Device::remote_options(&RemoteHost::websocket(&url)).init().unwrap().autodiff();
    let train = Loader::new(synthetic::digits(42, 0..64).unwrap(), 32).unwrap();
    let net = LeNet::new(42, &device);
    drop(server);
    let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    });
    let error = trainer.fit(net, &train).err().unwrap();
    assert!(error.to_string().starts_with("cannot read from the device: "), "{error}");
}

/// Burn waits for a server that may be just starting, so this takes 16 s.
#[test]
fn without_a_server_there_is_one_line_and_no_panic() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("ws://127.0.0.1:{port}");
    let output = program(&["train", &url]).output().unwrap();
    refused(&output, &format!("error: no device at {url}: the server cannot be reached: "));
}

#[track_caller]
fn refused(output: &Output, start: &str) {
    let message = str::from_utf8(&output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with(start) && message.lines().count() == 1, "{message}");
}

#[test]
fn bad_arguments_get_one_line_each() {
    for (arguments, start) in [
        (&["serve"][..], "error: expected nothing, `serve PORT` or"),
        (&["serve", "65536"], "error: `65536` is no port: expected 0 to 65535"),
        (&["train", "somewhere"], "error: no device at somewhere: "),
    ] {
        refused(&program(arguments).output().unwrap(), start);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program(&["serve", &port]).output().unwrap();
    refused(&output, &format!("error: cannot listen on port {port}: "));
}
