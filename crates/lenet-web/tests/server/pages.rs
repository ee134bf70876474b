//! The page, the curves of a run, and the documents of the interface.

use std::fs;
use std::path::Path;

use burn::module::Module;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::weights::{Format, from_bytes, to_bytes};
use lenet_model::{LeNet, StateDict};
use lenet_train::{Checkpoints, Loss, Trainer};
use serde_json::{Value, json};

use crate::program::Program;

#[test]
fn the_folder_of_the_page_is_served_with_a_strict_policy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "<title>here</title>").unwrap();
    fs::write(folder.path().join("lenet_web_bg.wasm"), "\0asm").unwrap();
    let server = Program::start(&["--page", folder.path().to_str().unwrap()]);
    let page = server.get("/");
    assert_eq!((page.status, page.text().as_str()), (200, "<title>here</title>"));
    let policy = page.head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(server.get("/lenet_web_bg.wasm").head.contains("content-type: application/wasm"));
    let missing = server.get("/nothing.js");
    assert_eq!((missing.status, missing.json()["error"].as_str()), (404, Some("there is no such file")));
    assert_eq!(server.get("/../Cargo.toml").status, 404);
}

#[test]
fn without_the_page_one_sentence_says_how_to_make_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(&["--page", folder.path().to_str().unwrap()]);
    let answer = server.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("cargo xtask web"), "{}", answer.text());
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

#[test]
fn the_policy_of_the_page_and_that_of_the_server_agree() {
    let index = include_str!("../../page/index.html");
    let start = index.find("default-src").unwrap();
    let in_page = &index[start..start + index[start..].find('"').unwrap()];
    let policy = Program::start(&[]).get("/healthz").head;
    assert!(policy.contains(&format!("{in_page}; frame-ancestors 'none'")), "{policy}");
}

#[test]
fn the_records_of_a_run_are_returned_without_a_line_that_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(&["--run", folder.path().to_str().unwrap()]);
    assert!(server.get("/v1/run").json()["help"].as_str().unwrap().contains("metrics.jsonl"));
    let step = r#"{"event":"step","epoch":0,"step":50,"loss":0.7,"learning_rate":0.01}"#;
    fs::write(folder.path().join("metrics.jsonl"), format!("{step}\n{}", &step[..20])).unwrap();
    let run = server.get("/v1/run").json();
    assert_eq!(run["records"].as_array().unwrap().len(), 1);
    assert_eq!(run["records"][0]["step"], 50);
}

/// A checkpoint has the weights of a training that runs, `model.safetensors` those of one that has ended.
#[test]
fn the_newest_weights_of_a_run_are_returned_with_the_metadata_of_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let server = Program::start(&["--run", folder.path().to_str().unwrap()]);
    fs::write(folder.path().join("metrics.jsonl"), "").unwrap();
    assert_eq!(server.get("/v1/run").json()["weights"], Value::Null);
    assert!(server.get("/v1/run/weights").json()["help"].as_str().unwrap().contains("first epoch"));

    let names: Vec<String> = (0..10).map(|class| format!("class {class}")).collect();
    let manifest = json!({ "data": { "classes": 10, "class_names": names, "mean": 0.25, "std": 0.5 } });
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let trained = train(&folder.path().join("checkpoints"));
    assert_eq!(server.get("/v1/run").json()["weights"]["file"], "checkpoints/step-0000000002.ckpt");
    let read = weights(&server);
    assert!(read.parameters() == trained.parameters());
    assert_eq!(read.metadata().class_names, names);
    assert_eq!(read.metadata().normalisation.map(|found| (found.mean, found.std)), Some((0.25, 0.5)));

    let last = StateDict::random(9);
    fs::write(folder.path().join("model.safetensors"), to_bytes(&last, Format::Safetensors).unwrap())
        .unwrap();
    assert_eq!(server.get("/v1/run").json()["weights"]["file"], "model.safetensors");
    assert!(weights(&server).parameters() == last.parameters());

    // The run is resumed: its checkpoints are newer than its final weights.
    train(&folder.path().join("checkpoints"));
    assert!(weights(&server).parameters() == trained.parameters());
}

/// Trains for two steps, and returns the weights.
fn train(checkpoints: &Path) -> StateDict {
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap().autodiff();
    let digits = Loader::new(synthetic::digits(1, 0..16).unwrap(), 8).unwrap();
    let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    });
    let trainer = trainer.checkpoints(Checkpoints::in_folder(checkpoints)).epochs(1);
    trainer.fit(LeNet::new(1, &device), &digits).unwrap().model.valid().state_dict().unwrap()
}

fn weights(server: &Program) -> StateDict {
    let answer = server.get("/v1/run/weights");
    assert!(answer.status == 200, "{answer:?}");
    from_bytes(&answer.body, Format::Safetensors).unwrap()
}

#[test]
fn without_a_run_the_answer_says_how_to_follow_one() {
    let server = Program::start(&[]);
    for path in ["/v1/run", "/v1/run/weights"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404);
        assert!(answer.json()["help"].as_str().unwrap().contains("--run"));
    }
}

#[test]
fn every_path_of_the_openapi_document_is_served() {
    let server = Program::start(&[]);
    let document = server.get("/v1/openapi.json").json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let answer = server.get(path);
        if methods.get("get").is_some() {
            let described = &methods["get"]["responses"][answer.status.to_string()];
            assert!(described.is_object(), "{path}: {answer:?}");
        } else {
            assert_eq!(answer.status, 405, "{path}");
        }
    }
}

/// A package that is tested alone has no documents.
#[test]
fn the_document_names_every_option_and_route() {
    let Ok(document) = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/web.md")) else {
        return;
    };
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_lenet-web")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && !["--help", "--version"].contains(word));
    let paths = Program::start(&[]).get("/v1/openapi.json").json()["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    for name in options.map(str::to_owned).chain(paths) {
        let name = name.trim_end_matches([',', '.', ')']);
        assert!(document.contains(&format!("`{name}")) || document.contains(&format!(" {name}`")), "{name}");
    }
}
