//! Settings in files, in flags, and in the record of a run.

use std::fs;

use serde_json::json;

use crate::scratch::{Ended, Scratch};

/// A folder with digits and with files of settings for a small run.
fn with_files(files: &[(&str, &str)]) -> Scratch {
    let scratch = Scratch::with_digits();
    for (name, text) in files {
        fs::write(scratch.path(name), format!("data = \"digits\"\nvalid = 44\n{text}")).unwrap();
    }
    scratch
}

/// Refused in one line, before anything is made.
#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], expected: &str) {
    let before = scratch.names(".");
    let Ended { code, stdout, stderr } = scratch.run(arguments);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert_eq!(stderr, format!("error: {expected}\n"));
    assert_eq!(scratch.names("."), before);
}

/// The settings of a run with these arguments.
#[track_caller]
fn settings_of(scratch: &Scratch, arguments: &[&str]) -> serde_json::Value {
    let _ = fs::remove_dir_all(scratch.path("run"));
    let ended = scratch.run(&[arguments, &["--out=run", "--quiet"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    scratch.manifest("run")["settings"].clone()
}

#[test]
fn a_flag_that_does_not_exist_is_named_without_the_settings_of_the_recipe() {
    let ended = Scratch::with_digits().run(&["--epohcs=3", "--recipe=fast"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("similar argument exists: '--epochs'"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("--weight-decay"), "{}", ended.stderr);
}

#[test]
fn of_two_files_the_later_one_wins() {
    let scratch =
        with_files(&[("a.toml", "epochs = 1\nseed = 7\ncsv = true"), ("b.toml", "epochs = 2\ncsv = false")]);
    let ab = settings_of(&scratch, &["--config", "a.toml", "--config", "b.toml"]);
    assert_eq!((&ab["epochs"], &ab["seed"]), (&json!(2), &json!(7)));
    assert!(!scratch.path("run/epochs.csv").exists());
    let ba = settings_of(&scratch, &["--config", "b.toml", "--config=a.toml"]);
    assert_eq!((&ba["epochs"], &ba["seed"]), (&json!(1), &json!(7)));
    assert!(scratch.path("run/epochs.csv").exists());
    let flag = settings_of(&scratch, &["--epochs=3", "--config=a.toml", "--config", "b.toml"]);
    assert_eq!(flag["epochs"], json!(3));
}

#[test]
fn an_error_names_the_line_of_the_file() {
    let scratch = Scratch::empty();
    let write = |text: &str| fs::write(scratch.path("s.toml"), text).unwrap();
    let is = |expected: &str| refused(&scratch, &["--config=s.toml"], &format!("s.toml, line {expected}"));
    write("epochs = 1\nlr = 0.01\nlr = 0.02\n");
    is("3: duplicate key");
    write("epochs = 1\n\n\nepoch = 5\n");
    is("4: unexpected argument '--epoch' found; tip: a similar argument exists: '--epochs'");
    write("# Settings\r\n\r\nepochs = 0\r\n");
    is("3: invalid value '0' for '--epochs <N>': must be 1 or more");
    write("loss = \"mse\"\nepochs = false\n");
    is("2: a value is required for '--epochs <N>' but none was supplied");
    write("csv = true\nquiet = \"yes\"\n");
    is("2: unexpected value 'yes' for '--quiet' found; no more were expected");
    write("lr = 0.1\nhelp = true\n");
    is("2: unexpected argument '--help' found");
    write("epochs = 1\n\n\n= 5\n");
    let ended = scratch.run(&["--config=s.toml"]);
    assert!(ended.stderr.starts_with("error: s.toml, line 4: "), "{}", ended.stderr);
}

#[test]
fn a_file_that_names_another_file_is_refused() {
    let scratch = with_files(&[("b.toml", "epochs = 2")]);
    for key in ["config", "resume"] {
        fs::write(scratch.path("a.toml"), format!("epochs = 1\n{key} = \"b.toml\"\n")).unwrap();
        let expected =
            format!("a.toml, line 2: `{key}` has no effect in a file: use --{key} on the command line");
        refused(&scratch, &["--config=a.toml"], &expected);
    }
}

#[test]
fn a_seed_has_64_bits_everywhere() {
    let largest = "18446744073709551615";
    let scratch = with_files(&[
        ("number.toml", &format!("seed = {largest}")),
        ("text.toml", &format!("seed = \"{largest}\"")),
    ]);
    for arguments in [
        &["--data=digits", "--valid=44", "--seed", largest][..],
        &["--config=number.toml"],
        &["--config=text.toml"],
    ] {
        assert_eq!(settings_of(&scratch, arguments)["seed"], json!(u64::MAX));
    }
    let weights = scratch.weights("run");
    let again = scratch.run(&["--resume=run"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    fs::rename(scratch.path("run"), scratch.path("first")).unwrap();
    assert_eq!(settings_of(&scratch, &["--config=first/run.toml"])["seed"], json!(u64::MAX));
    assert!(scratch.weights("run") == weights);
}

#[test]
fn other_numbers_beyond_those_of_a_file_are_refused_at_once() {
    let flags = [
        "epochs",
        "batch-size",
        "warm-up",
        "log-every",
        "checkpoint-every",
        "nan-guard",
        "early-stopping",
        "shift",
    ];
    for flag in flags {
        let ended = Scratch::empty().run(&[&format!("--{flag}=9223372036854775808")]);
        assert_eq!(ended.code, Some(2), "{flag}");
        assert!(ended.stderr.contains("must be at most 9223372036854775807"), "{}", ended.stderr);
    }
}

#[test]
fn a_number_below_the_least_is_told_what_it_may_be() {
    for (flag, least) in
        [("epochs", 1), ("batch-size", 1), ("seed", 0), ("valid", 0), ("log-every", 0), ("keep", 1)]
    {
        let ended = Scratch::empty().run(&[&format!("--{flag}"), "-1"]);
        let (code, first) = (ended.code, ended.stderr.lines().next().unwrap_or_default().to_owned());
        assert_eq!(code, Some(2), "{}", ended.stderr);
        assert!(first.starts_with(&format!("error: invalid value '-1' for '--{flag} <")), "{first}");
        assert!(first.ends_with(&format!("must be {least} or more")), "{first}");
    }
}

#[test]
fn limits_of_distortions_are_checked_and_recorded() {
    for (flag, most) in [
        ("rotate", "180"),
        ("shear", "1"),
        ("scale", "0.5"),
        ("stretch", "0.5"),
        ("translate", "16"),
        ("elastic", "4"),
    ] {
        for (value, reason) in [
            ("-1", "must be 0 or more"),
            ("NaN", "expected a number"),
            ("999", &*format!("must be at most {most}")),
        ] {
            let ended = Scratch::empty().run(&[&format!("--{flag}"), value]);
            let first = ended.stderr.lines().next().unwrap_or_default();
            assert_eq!(ended.code, Some(2), "{first}");
            assert!(first.starts_with(&format!("error: invalid value '{value}' for '--{flag} <")), "{first}");
            assert!(first.ends_with(reason), "{first}");
        }
    }
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--rotate=10.5", "--elastic", "0.63", "--epochs=1"]);
    let settings = fs::read_to_string(scratch.path("run/run.toml")).unwrap();
    assert!(settings.contains("rotate = 10.5\n") && settings.contains("elastic = 0.63\n"), "{settings}");
}

#[test]
fn the_number_of_synthetic_digits_can_be_set() {
    let scratch = Scratch::empty();
    scratch.train("run", &["--data=synthetic", "--synthetic-count=300", "--epochs=1"]);
    assert_eq!(scratch.manifest("run")["data"]["train"], json!(256));
    let ended = scratch.run(&["--data=synthetic", "--synthetic-count=10000001"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("must be at most 10000000"), "{}", ended.stderr);
    let scratch = with_files(&[]);
    let expected = "--synthetic-count does nothing beside the folder digits: it is for --data synthetic";
    refused(&scratch, &["--data=digits", "--synthetic-count=300"], expected);
}

#[test]
fn a_run_does_not_resume_with_another_distortion() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--rotate=10", "--schedule=constant", "--epochs=1"]);
    let ended = scratch.run(&["--resume", "run", "--rotate=11", "--epochs=2"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("rotate"), "{}", ended.stderr);
}

#[test]
fn a_run_is_extended_where_its_learning_rates_stay() {
    let scratch = Scratch::with_digits();
    let started = |run: &str| scratch.manifest(run)["started"].clone();
    for schedule in ["constant", "step"] {
        let (schedule, short, long) =
            (format!("--schedule={schedule}"), format!("{schedule}2"), format!("{schedule}4"));
        scratch.train(&long, &[&schedule, "--epochs=4"]);
        scratch.train(&short, &[&schedule, "--epochs=2"]);
        let before = started(&short);
        let ended = scratch.run(&["--resume", &short, "--epochs=4"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(scratch.weights(&short) == scratch.weights(&long), "{schedule}");
        assert_eq!(scratch.manifest(&short)["settings"], scratch.manifest(&long)["settings"]);
        assert_eq!(started(&short), before);
        let settings = fs::read_to_string(scratch.path(&short).join("run.toml")).unwrap();
        assert!(settings.contains("epochs = 4\n"), "{settings}");
        // It has four epochs from now on.
        assert_eq!(scratch.run(&["--resume", &short]).code, Some(0));
        let ended = scratch.run(&["--resume", &short, "--epochs=3"]);
        assert_eq!(ended.code, Some(1));
        assert!(
            ended.stderr.contains("has 4 epochs, and --epochs is 3: train anew with --config"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_run_that_cannot_be_extended_says_how_to_train_longer() {
    let scratch = Scratch::with_digits();
    for schedule in ["one-cycle", "cosine", "exponential"] {
        scratch.train(schedule, &["--schedule", schedule]);
        let ended = scratch.run(&["--resume", schedule, "--epochs=5"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        let expected = format!(
            "error: the run in {schedule} has 3 epochs, and --schedule {schedule} sets the learning rates by their number: \
             train anew with --config {schedule}/run.toml --epochs 5 and another --out (a run with --schedule constant or \
             step can be extended)\n"
        );
        assert_eq!(ended.stderr, expected);
    }
}

#[test]
fn flags_that_change_no_bit_are_free_when_a_run_resumes() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--log-every=1"]);
    let before = scratch.weights("run");
    for flags in
        [&["--csv"][..], &["--log-every=2"], &["--tensorboard"], &["--log-every=0", "--csv", "--tensorboard"]]
    {
        let ended = scratch.run(&[&["--resume", "run"][..], flags].concat());
        assert_eq!(ended.code, Some(0), "{flags:?}: {}", ended.stderr);
        assert!(scratch.weights("run") == before);
    }
    // And in the middle of an epoch, with and without the hooks that a flag adds.
    scratch.train("csv", &["--csv", "--checkpoint-every=2", "--keep=99"]);
    for checkpoint in scratch.names("csv/checkpoints") {
        if !checkpoint.contains("00000006") {
            fs::remove_file(scratch.path("csv/checkpoints").join(checkpoint)).unwrap();
        }
    }
    assert_eq!(scratch.names("csv/checkpoints").len(), 1);
    fs::write(scratch.path("no-csv.toml"), "csv = false\nlog-every = 3\n").unwrap();
    let ended = scratch.run(&["--resume", "csv", "--config", "no-csv.toml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(scratch.weights("csv") == before);
}

#[test]
fn a_run_resumes_in_any_working_folder() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let before = scratch.weights("run");
    fs::create_dir(scratch.path("elsewhere")).unwrap();
    let resume = |run: &str| {
        let mut command = scratch.command(&["--resume", run]);
        let output = command.current_dir(scratch.path("elsewhere")).output().unwrap();
        Ended::from(output)
    };
    let ended = resume("../run");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(scratch.weights("run") == before);
}
