//! What the program does not do, and how it says so: exit code 2 for what clap can tell, else 1, one error on
//! standard error that names the culprit, and never a panic.

use std::fs;

use lenet_backend::Backend;
use lenet_data::{DigitSet, synthetic};

use crate::scratch::{Ended, Scratch, small_run};

#[track_caller]
fn refused(ended: &Ended, code: i32, names: &[&str]) {
    let Ended { code: found, stdout, stderr } = ended;
    assert_eq!((*found, stdout.as_str()), (Some(code), ""), "{stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    for name in names {
        assert!(stderr.contains(name), "no {name} in: {stderr}");
    }
    for word in ["panicked", "RUST_BACKTRACE", "backtrace"] {
        assert!(!stderr.contains(word), "{stderr}");
    }
}

/// Refused by clap, which adds lines on how to get help.
#[track_caller]
fn usage(arguments: &[&str], names: &[&str]) {
    let scratch = Scratch::empty();
    refused(&scratch.run(arguments), 2, names);
    assert!(scratch.names(".").is_empty());
}

/// Refused in one line.
#[track_caller]
fn fails(scratch: &Scratch, arguments: &[&str], names: &[&str]) {
    let ended = scratch.run(arguments);
    refused(&ended, 1, names);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn options_and_commands_that_do_not_exist() {
    usage(&["--learning-rate=1"], &["--learning-rate"]);
    usage(&["train", "--bogus"], &["--bogus"]);
    usage(&["predict"], &["predict"]);
    usage(&["--epochs=1", "eval", "run"], &["eval"]);
}

#[test]
fn counts_that_are_not_whole_numbers_from_1_up() {
    for flag in ["--epochs", "--batch-size", "--threads"] {
        for value in ["0", "1.5", "many", "-1", "99999999999999999999999"] {
            usage(&[&format!("{flag}={value}")], &[flag, &format!("'{value}'")]);
        }
    }
}

#[test]
fn learning_rates_that_are_not_above_0() {
    for value in ["0", "-0.1", "nan", "inf", "fast"] {
        usage(&["--lr", value], &["--lr", &format!("'{value}'")]);
    }
}

#[test]
fn momenta_that_are_not_from_0_to_below_1() {
    for value in ["1", "-0.5", "nan", "some"] {
        usage(&["--momentum", value], &["--momentum", &format!("'{value}'")]);
    }
}

#[test]
fn weight_decays_below_0() {
    usage(&["--weight-decay", "-1"], &["--weight-decay", "'-1'"]);
}

#[test]
fn choices_that_do_not_exist_are_refused_with_those_that_do() {
    usage(&["--optimizer=lion"], &["--optimizer", "'lion'", "sgd", "adamw"]);
    usage(&["--loss=hinge"], &["--loss", "'hinge'", "cross-entropy", "mse"]);
    usage(&["--schedule=noam"], &["--schedule", "'noam'", "constant", "one-cycle"]);
    usage(&["--device=rocm"], &["--device", "`rocm`", "flex", "ndarray", "wgpu"]);
}

/// The data are not there: such a flag is refused before they are looked for.
#[track_caller]
fn does_nothing(arguments: &[&str], names: &[&str]) {
    let scratch = Scratch::empty();
    fails(&scratch, &[&["--data=nowhere", "--out=run"], arguments].concat(), names);
    assert!(scratch.names(".").is_empty());
}

#[test]
fn flags_that_the_optimizer_ignores() {
    does_nothing(&["--optimizer=adam", "--momentum=0.9"], &["--momentum does nothing", "sgd, nesterov"]);
    does_nothing(&["--optimizer=sgd", "--betas=0.9,0.99"], &["--betas does nothing", "adam and adamw"]);
    does_nothing(&["--optimizer=adam", "--alpha=0.9"], &["--alpha does nothing", "rmsprop"]);
    does_nothing(&["--optimizer=adagrad", "--centered"], &["--centered does nothing", "rmsprop"]);
    does_nothing(
        &["--weight-decay=0", "--no-bias-decay"],
        &["--no-bias-decay does nothing", "--weight-decay"],
    );
    does_nothing(&["--optimizer=nesterov", "--momentum=0"], &["--momentum 0", "--optimizer sgd"]);
}

#[test]
fn flags_that_the_loss_ignores() {
    does_nothing(&["--loss=mse", "--smoothing=0.1"], &["--smoothing does nothing", "cross-entropy"]);
    let weights = "--class-weights=1,1,1,1,1,1,1,1,1,2";
    does_nothing(&["--loss=mse", weights], &["--class-weights does nothing", "cross-entropy"]);
}

#[test]
fn flags_that_the_schedule_ignores() {
    does_nothing(&["--schedule=cosine", "--step-every=9"], &["--step-every does nothing", "step"]);
    does_nothing(&["--rate-factor=0.5"], &["--rate-factor does nothing beside --schedule linear"]);
    does_nothing(&["--plateau-factor=0.5"], &["--plateau-factor does nothing", "--reduce-on-plateau"]);
}

#[test]
fn lists_of_another_length() {
    for betas in ["0.9", "0.9,0.99,0.999", "0.9,1"] {
        does_nothing(
            &["--optimizer=adam", "--betas", betas],
            &["--betas takes two numbers from 0 to below 1"],
        );
    }
    // How many there are, the data say.
    let scratch = Scratch::with_digits();
    let arguments = ["--data=digits", "--class-weights=1,2", "--out=run"];
    fails(&scratch, &arguments, &["--class-weights takes 10 numbers", "not 2"]);
    assert_eq!(scratch.names("."), ["digits"]);
    does_nothing(&["--class-weights=0,0,0,0,0,0,0,0,0,0"], &["--class-weights are all 0"]);
}

#[test]
fn limits_and_factors_that_are_not_above_0() {
    for flag in ["--clip-norm", "--clip-value", "--rate-factor", "--plateau-factor"] {
        for value in ["0", "-1", "nan", "inf"] {
            usage(&[flag, value], &[flag, &format!("'{value}'")]);
        }
    }
}

#[test]
fn a_device_that_this_build_has_not() {
    for (device, backend) in
        [("ndarray", Backend::NdArray), ("wgpu:0", Backend::Wgpu), ("cuda", Backend::Cuda)]
    {
        if !backend.is_compiled_in() {
            let feature = format!("add `--features {backend}`");
            fails(&Scratch::empty(), &["--data=digits", "--device", device], &[&feature]);
        }
    }
}

#[test]
fn a_folder_that_does_not_exist_or_has_no_digits() {
    fails(&Scratch::empty(), &["--data=nowhere"], &["nowhere: No such file"]);
    let scratch = Scratch::empty();
    std::fs::create_dir(scratch.path("empty")).unwrap();
    fails(&scratch, &["--data=empty"], &["empty: no train-images-idx3-ubyte"]);
    fails(&Scratch::empty(), &["eval", "run", "--data=."], &["run"]);
}

#[test]
fn digits_that_are_damaged() {
    let scratch = Scratch::with_digits();
    let file = scratch.path("digits/train-labels-idx1-ubyte");
    let labels = fs::read(&file).unwrap();
    fs::write(&file, &labels[..labels.len() - 1]).unwrap();
    fails(&scratch, &["--data=digits", "--out=run"], &["train-labels-idx1-ubyte", "300 bytes", "299"]);
    assert!(!scratch.path("run").exists());
}

#[test]
fn images_that_are_larger_than_the_network_reads() {
    let scratch = Scratch::empty();
    let large = DigitSet::new(vec![0; 2 * 40 * 40], vec![0, 1], 40, 40).unwrap();
    scratch.store_digits("large", &large, &large);
    let ended = scratch.run(&["--data=large", "--valid=0", "--quiet"]);
    refused(&ended, 1, &["40x40 do not fit 32x32"]);
}

#[test]
fn no_images_left_to_train_on() {
    for valid in ["300", "301", "18446744073709551615"] {
        let scratch = Scratch::with_digits();
        fails(&scratch, &["--data=digits", "--out=run", "--valid", valid], &["--valid", valid, "300"]);
        assert!(!scratch.path("run").exists());
    }
}

#[test]
fn a_set_without_digits() {
    let scratch = Scratch::empty();
    let [train, test] = [synthetic::digits(0, 0..0).unwrap(), synthetic::digits(0, 0..1).unwrap()];
    scratch.store_digits("none", &train, &test);
    fails(&scratch, &["--data=none", "--valid=0"], &["--valid 0", "none of the 0 images"]);
}

#[test]
fn a_folder_that_holds_a_run() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let before = scratch.weights("run");
    let again = [&small_run("run")[..], &["--seed=8"]].concat();
    fails(&scratch, &again, &["run", "model.safetensors exists already", "--out"]);
    assert!(scratch.weights("run") == before);
}

#[test]
fn a_folder_that_cannot_be_made() {
    let scratch = Scratch::with_digits();
    fs::write(scratch.path("file"), "").unwrap();
    for out in ["file", "file/run"] {
        fails(&scratch, &["--data=digits", "--valid=0", "--out", out], &["cannot make the folder", out]);
    }
}
