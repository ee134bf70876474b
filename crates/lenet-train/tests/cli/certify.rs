//! `eval --certify`: for which images no rounding changes the answer.

use lenet_model::{StateDict, weights};

use crate::scratch::{Scratch, TEST};

#[test]
fn a_trained_network_has_a_certificate_and_the_device_agrees_with_it() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=6"]);
    let ended = scratch.run(&["eval", "run", "--certify", "--json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let certificate = &report["certificate"];
    let certain = certificate["certain"].as_u64().unwrap();
    let uncertain = certificate["uncertain"].as_array().unwrap();
    assert_eq!(certificate["images"], TEST);
    assert_eq!(certain + uncertain.len() as u64, TEST);
    assert!(certain > 9 * TEST / 10, "{certificate}");
    let text = scratch.run(&["eval", "run", "--certify"]).stdout;
    let expected = format!("certificate: no rounding changes the answer to {certain} of {TEST} images\n");
    assert!(text.contains(&expected), "{text}");
    assert!(!scratch.run(&["eval", "run"]).stdout.contains("certificate"));
}

#[test]
fn equal_logits_are_listed_as_uncertain() {
    let scratch = Scratch::with_digits();
    let mut parameters = StateDict::random(1).parameters().to_vec();
    for parameter in parameters.iter_mut().filter(|parameter| parameter.name.starts_with("fc3")) {
        parameter.values.fill(0.0);
    }
    let state = StateDict::new(parameters).unwrap();
    weights::write_state_dict(&state, &scratch.path("zero.safetensors")).unwrap();
    let ended = scratch.run(&["eval", "zero.safetensors", "--data=digits", "--certify"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains(&format!("answer to 0 of {TEST} images")), "{}", ended.stdout);
    let rows = ended.stdout.split("rounding may change these:").nth(1).unwrap().trim().lines();
    assert_eq!(rows.count() as u64, 1 + TEST);
}
