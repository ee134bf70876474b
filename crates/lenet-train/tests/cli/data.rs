//! `--data`: which digits, and what is said when they cannot be had.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::scratch::{Scratch, train_digits, wait_until};

/// The system's folder for caches goes by the environment on Unix only.
#[cfg(unix)]
#[test]
fn mnist_that_is_not_in_the_cache_is_missed_by_name() {
    let scratch = Scratch::empty();
    let ended = scratch.run(&["--data=mnist", "--offline"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("error: --offline was given: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("no train-images-idx3-ubyte"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1);
    assert!(scratch.names(".").is_empty());
}

/// Training on all synthetic digits takes too long for a test, so the program is ended once it has said so.
#[cfg(unix)]
#[test]
fn auto_says_that_it_falls_back_on_synthetic_digits_and_why() {
    let scratch = Scratch::empty();
    let mut command = scratch.command(&["--data=auto", "--offline", "--quiet"]);
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stderr.take().unwrap()).read_line(&mut line).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(line.starts_with("MNIST cannot be had (--offline was given: "), "{line}");
    assert!(line.ends_with("): using synthetic digits instead\n"), "{line}");
}

/// Every mirror fails at once, because nothing listens at the proxy's port.
#[cfg(unix)]
#[test]
fn without_a_network_one_line_says_so() {
    let scratch = Scratch::empty();
    let mut command = scratch.command(&["--data=auto", "--epochs=1"]);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(variable, "http://127.0.0.1:1");
    }
    for variable in ["NO_PROXY", "no_proxy"] {
        command.env_remove(variable);
    }
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = String::new();
    // The first line of standard output comes after the search for MNIST.
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut output).unwrap();
    program.kill().unwrap();
    let errors = std::io::read_to_string(program.stderr.take().unwrap()).unwrap();
    program.wait().unwrap();
    assert!(errors.starts_with("MNIST cannot be had (storage.googleapis.com: "), "{errors}");
    assert!(errors.contains("; 3 other mirrors failed, too): using synthetic digits instead"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn synthetic_digits_do_not_go_by_the_name_of_mnist() {
    let scratch = Scratch::empty();
    let mut command = scratch.command(&["--data=synthetic"]);
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(&mut program, "its metrics", |_| {
        let runs = std::fs::read_dir(scratch.path("runs")).into_iter().flatten();
        runs.flatten().any(|run| run.path().join("metrics.jsonl").exists())
    });
    program.kill().unwrap();
    program.wait().unwrap();

    let run = &scratch.names("runs")[0];
    assert!(run.contains("-synthetic-") && !run.contains("mnist"), "{run}");
    let data = &scratch.manifest(&format!("runs/{run}"))["data"];
    assert_eq!(data["name"], "synthetic");
    assert_eq!(data["description"], "synthetic digits, drawn by this program (not MNIST)");
    assert_eq!((&data["train"], &data["valid"]), (&55_000.into(), &5_000.into()));
}

#[test]
fn a_folder_in_the_environment_stands_for_mnist() {
    let scratch = Scratch::with_digits();
    for data in ["mnist", "auto"] {
        let mut command =
            scratch.command(&["--data", data, "--offline", "--valid=0", "--epochs=1", "--out", data]);
        let status = command.env("LENET_DATA_DIR", "digits").stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(scratch.manifest(data)["data"]["description"], "the folder digits");
    }
}

#[test]
fn a_folder_in_the_environment_that_does_not_exist_is_an_error_that_names_both() {
    let scratch = Scratch::empty();
    for data in ["mnist", "auto"] {
        let mut command = scratch.command(&["--data", data]);
        let output = command.env("LENET_DATA_DIR", "nowhere").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr.starts_with("error: LENET_DATA_DIR is set: nowhere: No such file"), "{stderr}");
    }
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let scratch = Scratch::empty();
    let mut command = scratch.command(&["--data=mnist", "--offline"]);
    let output = command.env("LENET_DATA_DIR", "").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.starts_with("error: --offline was given: "), "{stderr}");
}

#[test]
fn a_folder_may_have_any_name() {
    let scratch = Scratch::with_digits();
    let [train, test] = [train_digits(), lenet_data::synthetic::digits(5, 300..400).unwrap()];
    for name in ["auto", "mnist", "-1", "a=b, c", "\u{1b}[31m"] {
        scratch.store_digits(name, &train, &test);
        let data = format!("--data=./{name}");
        let ended = scratch.run(&[&data, "--valid=44", "--epochs=1", "--out=run", "--quiet"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(scratch.manifest("run")["data"]["description"], format!("the folder ./{name}"));
        let again = scratch.run(&["--resume=run"]);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        std::fs::remove_dir_all(scratch.path("run")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_folder_whose_name_is_not_utf_8_is_found_again_on_resume() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"digits \xff");
    let scratch = Scratch::with_digits();
    if std::fs::rename(scratch.path("digits"), scratch.path(".").join(name)).is_err() {
        return; // A file system with UTF-8 names.
    }
    let mut command = scratch.command(&["--valid=44", "--epochs=1", "--out=run", "--quiet", "--data"]);
    let output = command.arg(name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let settings = std::fs::read_to_string(scratch.path("run/run.toml")).unwrap();
    assert!(settings.contains("/digits%20%FF\""), "{settings}");
    for again in [&["--resume=run"][..], &["eval", "run"], &["suspects", "run"], &["report", "run"]] {
        let again = scratch.run(again);
        assert_eq!((again.code, again.stderr.contains("no test")), (Some(0), false), "{}", again.stderr);
    }
}

/// Nothing is made, not even `runs`.
#[test]
fn digits_that_cannot_be_used_are_refused_before_the_training() {
    let scratch = Scratch::with_digits();
    let labels = std::fs::read(scratch.path("digits/t10k-labels-idx1-ubyte")).unwrap();
    let mut fewer = labels[..labels.len() - 1].to_vec();
    fewer[7] -= 1;
    std::fs::write(scratch.path("digits/t10k-labels-idx1-ubyte"), fewer).unwrap();
    let large = lenet_data::DigitSet::new(vec![0; 300 * 112 * 112], vec![0; 300], 112, 112).unwrap();
    scratch.store_digits("large", &large, &large);
    for (data, expected) in [
        ("digits", "t10k-labels-idx1-ubyte: expected 100 labels, one for each image of "),
        ("large", "expected images of at most 32x32 pixels, found larger ones: 112x112 do not fit 32x32"),
    ] {
        let ended = scratch.run(&["--data", data, "--valid=44"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_eq!(scratch.names("."), ["digits", "large"]);
    }
}
