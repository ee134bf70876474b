//! Every example runs and prints what its text claims.
//!
//! The tests run each example as a program of its own: this very test program, started again by [`printed`]
//! with the example's name in its environment. That way it is always the example as it is now, wherever cargo
//! puts programs.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::process::Command;

#[path = "../07_devices.rs"]
mod devices;
#[path = "../04_own_hook.rs"]
mod own_hook;
#[path = "../09_own_images.rs"]
mod own_images;
#[path = "../05_own_model.rs"]
mod own_model;
#[allow(dead_code, reason = "its `main` reads arguments, which here are those of the test harness")]
#[path = "../06_pytorch_weights.rs"]
mod pytorch_weights;
#[path = "../03_trainer.rs"]
mod trainer;
#[path = "../02_loop.rs"]
mod training_loop;
#[path = "../01_tutorial.rs"]
mod tutorial;

const NAME: &str = "LENET_EXAMPLE";

/// Runs the example that the environment names; without a name there is nothing to run.
#[test]
fn the_example() {
    let Ok(name) = std::env::var(NAME) else { return };
    println!(); // ends the line that the test harness has begun
    let result = match name.as_str() {
        "01_tutorial" => tutorial::main(),
        "02_loop" => training_loop::main(),
        "03_trainer" => trainer::main(),
        "04_own_hook" => own_hook::main(),
        "05_own_model" => own_model::main(),
        "06_pytorch_weights" => pytorch_weights::in_and_out(pytorch_weights::CHECKPOINT.as_ref()),
        "07_devices" => devices::main(),
        "09_own_images" => own_images::main(),
        _ => panic!("no example {name}"),
    };
    result.unwrap();
}

/// What an example prints, on a machine without MNIST.
#[track_caller]
fn printed(name: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "the_example", "--nocapture", "--test-threads=1"]).env(NAME, name);
    program.env_remove("LENET_DATA_DIR").env("HOME", home.path()).env("XDG_CACHE_HOME", home.path());
    let output = program.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    println!("{text}");
    text
}

/// The rest of the line that begins with `start`, and what follows it.
#[track_caller]
fn after<'a>(text: &'a str, start: &str) -> &'a str {
    text.split(&format!("\n{start}")).nth(1).unwrap_or_else(|| panic!("no line begins with `{start}`"))
}

/// All numbers of the line that begins with `start`, without their units.
#[track_caller]
fn numbers(text: &str, start: &str) -> Vec<f64> {
    let line = after(text, start).lines().next().unwrap();
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

#[test]
fn the_tutorial_prints_what_pytorchs_prints() {
    let text = printed("01_tutorial");
    let network = include_str!("network.txt");
    assert!(text.contains(network), "not as PyTorch prints it");
    assert!(text.contains("\n10 parameters\nconv1.weight [6, 1, 5, 5]\n"));
    assert_eq!(numbers(&text, "out").len(), 10);
}

#[test]
fn the_tutorials_gradients_and_steps_are_what_its_text_says() {
    let text = printed("01_tutorial");
    let at_input = numbers(&text, "gradient at the input");
    assert_eq!(at_input[..4], [1.0, 1.0, 32.0, 32.0]);
    assert!(at_input[4] > 0.0);
    assert!(after(&text, "conv1.bias.grad before backward:").starts_with(" none\n"));
    let bias = numbers(&text, "conv1.bias.grad after backward:");
    assert!(bias.len() == 6 && bias.iter().any(|gradient| *gradient != 0.0));
    // Multiplication and subtraction are the same by either way.
    assert_eq!(numbers(&text, "by hand and by the optimizer:"), [0.0]);
    for rule in ["sgd", "nesterov", "adam", "rmsprop"] {
        let losses = numbers(&text, &format!("{rule}: loss"));
        assert_eq!(losses.len(), 4);
        assert!(losses.is_sorted_by(|before, after| after < before), "{rule}: {losses:?}");
    }
}

#[test]
fn the_loop_learns() {
    let text = printed("02_loop");
    assert!(text.contains("\nsynthetic digits: 141 batches\n"));
    assert!(numbers(&text, "step 100:")[0] < numbers(&text, "step  50:")[0]);
    let accuracy = percent(&text, "of 1000 digits");
    assert!(accuracy > 65.0, "{accuracy} %"); // After one epoch of 9,000 digits it was 76.2 %.
}

/// The percentage before `what`.
#[track_caller]
fn percent(text: &str, what: &str) -> f64 {
    let line = text.lines().find(|line| line.contains(what)).unwrap();
    line.split(" % ").next().unwrap().parse().unwrap()
}

#[test]
fn the_trainer_learns_and_leaves_its_files() {
    let text = printed("03_trainer");
    assert!(text.contains("\ncompleted after 282 steps\n"));
    assert!(text.contains("\n7 lines of metrics\n"));
    assert!(text.contains("\n2 checkpoints\n"));
    assert!(percent(&text, "of 1000 digits") > 85.0); // After two it was 91.0 %.
}

#[test]
fn the_hook_ends_the_training_and_has_seen_its_gradients() {
    let text = printed("04_own_hook");
    let line = text.lines().find(|line| line.contains("of 20 epochs")).unwrap();
    let epochs: usize = line.split(' ').next().unwrap().parse().unwrap();
    assert!((1..20).contains(&epochs), "{line}");
    assert_eq!(line, format!("{epochs} of 20 epochs: good after epoch {epochs}"));
    assert!(numbers(&text, "norm of the gradients: at most")[0] > 0.0);
}

#[test]
fn a_model_of_ones_own_learns_a_set_of_ones_own() {
    let text = printed("05_own_model");
    assert!(text.contains("\n1218 parameters, 1200 steps\n"));
    let line = text.lines().find(|line| line.contains("of 777 points")).unwrap();
    let correct: usize = line.split(' ').next().unwrap().parse().unwrap();
    assert!(correct > 750, "{line}");
}

#[test]
fn pytorchs_weights_go_in_and_out() {
    let text = printed("06_pytorch_weights");
    assert!(text.contains("\n10 parameters in checkpoint.pt\n"));
    assert!(text.contains("\n  conv1.weight [6, 1, 5, 5]\n") && text.contains("\n  fc3.bias     [10]\n"));
    assert!(text.contains("\nfc1.weight is [120, 400] in PyTorch, [400, 120] here\n"));
    for name in ["lenet.safetensors", "lenet.onnx", "lenet.bpk"] {
        assert!(numbers(&text, &format!("{name}:"))[0] > 4.0 * 61_706.0);
    }
    assert!(text.contains("\nread back: the same bits\n"));
}

#[test]
fn devices_agree_within_rounding() {
    let text = printed("07_devices");
    assert_eq!(numbers(&text, "flex    ")[1..], [0.0, 0.0]);
    for name in ["ndarray", "wgpu"] {
        if text.contains(&format!("this build has no {name}"))
            || text.contains(&format!("no adapter found for `{name}`"))
        {
            continue;
        }
        let numbers = numbers(&text, &format!("{name:8}"));
        assert!(numbers[1] < 1e-4 && numbers[2] < 1e-4, "{name}: {numbers:?}");
    }
}

#[test]
fn own_images_are_learnt_by_name() {
    let text = printed("09_own_images");
    assert!(text.contains("\n120 images to train on, 30 to test on, of L, T, X\n"), "{text}");
    assert!(text.contains("\nX/7.pgm: X\n"), "{text}");
    assert!(percent(&text, "of 30 letters") > 90.0);
}
