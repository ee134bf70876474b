//! The program in a terminal: `script` of util-linux opens one. Where it is missing there is nothing to test.

use std::process::Stdio;

use crate::scratch::Scratch;

/// What the program prints in a window of so many columns, without colours unless `with_colours`; `None` without
/// `script`.
fn printed(scratch: &Scratch, columns: usize, with_colours: bool, arguments: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_lenet-train");
    let mut script = scratch.command(&[]);
    let mut command = std::process::Command::new("script");
    for (name, value) in script.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        command.env(name, value);
    }
    script.stdin(Stdio::null());
    command.env_remove("LENET_DATA_DIR").env("TERM", "xterm").current_dir(scratch.path(""));
    if with_colours {
        command.env_remove("NO_COLOR")
    } else {
        command.env("NO_COLOR", "1")
    };
    let line = format!("stty cols {columns} rows 24; {program} {arguments}");
    let output = command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

/// The lines that stay on the screen: a progress bar ends its line with a carriage return.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.rsplit('\r').next().unwrap_or_default()).collect()
}

#[test]
fn the_table_of_runs_fits_the_window() {
    let scratch = Scratch::with_digits();
    let long = "20261127-222718-mnist-adamw-seed42-with-a-long-name";
    scratch.train(&format!("runs/{long}"), &["--seed=1", "--epochs=1"]);
    scratch.train("runs/b", &["--epochs=1", "--optimizer=sgd"]);
    let Some(text) = printed(&scratch, 80, false, "runs") else { return };
    let lines = lines(&text);
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains('…') && !text.contains(long), "{text}");
    assert!(
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains("optimizer adamw, seed 1"),
        "{text}"
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let scratch = Scratch::with_digits();
    scratch.train("runs/a", &["--epochs=1"]);
    let Some(coloured) = printed(&scratch, 80, true, "runs") else { return };
    assert!(coloured.contains("\u{1b}[1m"), "{coloured:?}");
    let plain = printed(&scratch, 80, false, "runs").unwrap();
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn a_training_ends_with_a_curve_that_fits_the_window() {
    let scratch = Scratch::with_digits();
    for (columns, plots) in [(80, true), (40, true), (24, false)] {
        let arguments = format!("train --data=digits --valid=44 --log-every=1 --out=run-{columns}");
        let Some(text) = printed(&scratch, columns, false, &arguments) else { return };
        let plot: Vec<&str> = lines(&text).into_iter().filter(|line| line.contains(['│', '└'])).collect();
        assert_eq!(plot.len(), if plots { 9 } else { 0 }, "{text}");
        assert!(plot.iter().all(|line| line.chars().count() <= columns), "{text}");
    }
}
