//! `ensemble` and `average`.

use std::fs;

use crate::scratch::Scratch;

fn three_seeds() -> Scratch {
    let scratch = Scratch::with_digits();
    for seed in 1..=3 {
        scratch.train(&format!("seed{seed}"), &["--epochs=8", &format!("--seed={seed}")]);
    }
    scratch
}

/// The number after `start` in a text.
#[track_caller]
fn number(text: &str, start: &str) -> f64 {
    let rest = text.split(start).nth(1).unwrap_or_else(|| panic!("no `{start}` in {text}"));
    rest.split([' ', ',', ')']).next().unwrap().parse().unwrap()
}

#[test]
fn an_ensemble_is_tested_and_read_as_weights_are() {
    let scratch = three_seeds();
    let made = scratch.run(&["ensemble", "seed1", "seed2", "seed3", "--out=all"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(
        scratch.names("all"),
        ["ensemble.json", "member-01.safetensors", "member-02.safetensors", "member-03.safetensors"]
    );
    let tested = scratch.run(&["eval", "all"]); // On the data of its members.
    assert_eq!(tested.code, Some(0), "{}", tested.stderr);
    assert_eq!(number(&tested.stdout, "test accuracy "), number(&made.stdout, "test accuracy "));
    let together = number(&made.stdout, "3 together: validation accuracy ");
    let members =
        ["seed1", "seed2", "seed3"].map(|run| number(&made.stdout, &format!("{run}: validation accuracy ")));
    assert!(together >= members.into_iter().fold(f64::INFINITY, f64::min), "{}", made.stdout);
    let again = scratch.run(&["ensemble", "seed1", "seed2", "--out=all"]);
    assert!(again.stderr.starts_with("error: all exists already"), "{}", again.stderr);
    let certified = scratch.run(&["eval", "all", "--data=digits", "--certify"]);
    assert!(
        certified.stderr.starts_with("error: all is an ensemble, expected one network"),
        "{}",
        certified.stderr
    );
}

#[test]
fn a_damaged_member_is_refused() {
    let scratch = three_seeds();
    assert_eq!(scratch.run(&["ensemble", "seed1", "seed2", "--out=all"]).code, Some(0));
    fs::copy(scratch.path("seed3/model.safetensors"), scratch.path("all/member-02.safetensors")).unwrap();
    let refused = scratch.run(&["eval", "all", "--data=digits"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("member-02.safetensors is damaged"), "{}", refused.stderr);
}

#[test]
fn chosen_members_are_some_of_the_runs_and_fit_the_validation_images_no_worse() {
    let scratch = three_seeds();
    let chosen = scratch.run(&["ensemble", "seed1", "seed2", "seed3", "--choose", "--out=chosen"]);
    assert_eq!(chosen.code, Some(0), "{}", chosen.stderr);
    let lines: Vec<&str> = chosen.stdout.lines().collect();
    let together = lines.iter().find(|line| line.contains(" together: ")).unwrap();
    for member in lines.iter().filter(|line| line.starts_with("seed")) {
        assert!(number(together, "loss ") <= number(member, "loss "), "{}", chosen.stdout);
    }
}

#[test]
fn networks_with_other_data_are_no_ensemble() {
    let scratch = three_seeds();
    scratch.train("other", &["--epochs=1", "--valid=40"]);
    let refused = scratch.run(&["ensemble", "seed1", "other", "--out=all"]);
    assert!(refused.stderr.contains("other has held out 40 images, and seed1 44"), "{}", refused.stderr);
    assert!(!scratch.path("all").exists());
}

#[test]
fn states_of_one_run_have_an_average_and_networks_of_other_seeds_have_none() {
    let scratch = three_seeds();
    for step in ["28", "30"] {
        let ended = scratch.run(&["at", "seed1", step, "--out", &format!("at{step}")]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let averaged = scratch.run(&["average", "seed1", "at28", "at30", "--out=average.safetensors"]);
    assert_eq!(averaged.code, Some(0), "{}", averaged.stderr);
    assert_eq!(scratch.run(&["eval", "average.safetensors", "--data=digits"]).code, Some(0));

    let refused = scratch.run(&["average", "seed1", "seed2", "seed3", "--out=none.safetensors"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("did not begin with the same weights"), "{}", refused.stderr);
    assert!(!scratch.path("none.safetensors").exists());
}
