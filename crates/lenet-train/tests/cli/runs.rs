//! `runs`: the table of the runs in a folder, and the page.

use std::fs;

use crate::scratch::Scratch;

/// Three runs of different lengths and seeds.
fn three_runs() -> Scratch {
    let scratch = Scratch::with_digits();
    scratch.train("runs/c", &["--seed=1", "--epochs=1"]);
    scratch.train("runs/a", &["--seed=2", "--epochs=4", "--lr=0.01"]);
    scratch.train("runs/b", &["--seed=2", "--epochs=2"]);
    scratch
}

/// The first word of each row.
fn names(listed: &str) -> Vec<&str> {
    listed.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect()
}

#[test]
fn a_run_is_a_row_with_its_results_and_the_settings_that_differ() {
    let scratch = three_runs();
    let ended = scratch.run(&["runs"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ended.stdout);
    for heading in ["run", "started", "time", "test", "valid", "epochs"] {
        assert!(lines[0].contains(heading), "{}", lines[0]);
    }
    let row = lines.iter().find(|line| line.starts_with("a ")).unwrap();
    assert!(row.contains("lr 0.01") && row.contains("seed 2") && row.matches(" %").count() == 2, "{row}");
    assert!(!row.contains("batch-size") && !row.contains("epochs"), "{row}");
}

#[test]
fn the_learning_rate_that_an_optimizer_has_by_default_is_listed() {
    let scratch = Scratch::with_digits();
    for optimizer in ["adam", "sgd"] {
        let flags = ["--recipe=none", "--epochs=1", "--optimizer", optimizer];
        scratch.train(&format!("runs/{optimizer}"), &flags);
    }
    let table = scratch.run(&["runs"]).stdout;
    let row = |run: &str| table.lines().find(|line| line.starts_with(run)).unwrap();
    assert!(row("adam").contains("lr 0.002") && row("sgd").contains("lr 0.05"), "{table}");
}

#[test]
fn runs_are_sorted_as_asked_for() {
    let scratch = three_runs();
    assert_eq!(names(&scratch.run(&["runs", "--sort=name"]).stdout), ["a", "b", "c"]);
    let accuracy = |run: &str| match scratch.metrics(&format!("runs/{run}/metrics.jsonl")).pop() {
        Some(lenet_report::run::Record::End { test_accuracy, .. }) => test_accuracy.unwrap(),
        other => panic!("{other:?}"),
    };
    let mut best = ["a", "b", "c"];
    best.sort_by(|one, other| accuracy(other).total_cmp(&accuracy(one)));
    assert_eq!(names(&scratch.run(&["runs", "--best"]).stdout)[0], best[0]);
    assert_eq!(names(&scratch.run(&["runs", "--sort=accuracy"]).stdout)[2], best[0]);
    assert_eq!(scratch.run(&["runs", "--best", "--sort=name"]).code, Some(2));
}

#[test]
fn filters_keep_runs_with_a_setting() {
    let scratch = three_runs();
    let listed = |filters: &[&str]| scratch.run(&[&["runs", "--sort=name"][..], filters].concat()).stdout;
    assert_eq!(names(&listed(&["--filter=seed=2"])), ["a", "b"]);
    assert_eq!(names(&listed(&["--filter=seed=2", "--filter=lr=1e-2"])), ["a"]);
    let unknown = scratch.run(&["runs", "--filter=sed=2"]);
    assert_eq!(unknown.code, Some(1));
    let expected = "error: --filter sed=2: no run in runs has a setting `sed`; settings are the flags of `train`, such as lr\n";
    assert_eq!(unknown.stderr, expected);
    assert_eq!(scratch.run(&["runs", "--filter=seed"]).code, Some(2));
}

#[test]
fn a_page_has_a_row_for_each_run_and_leads_to_the_reports() {
    let scratch = three_runs();
    assert_eq!(scratch.run(&["report", "runs/b"]).code, Some(0));
    let ended = scratch.run(&["runs", "--html"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "runs/runs.html: 3 runs\n"));
    let page = fs::read_to_string(scratch.path("runs/runs.html")).unwrap();
    assert_eq!(page.matches("<tr>").count(), 4);
    assert!(page.contains("<a href=\"b/report.html\">b</a>") && !page.contains("a/report.html"));
    scratch.run(&["runs", "--html=elsewhere.html"]);
    let page = fs::read_to_string(scratch.path("elsewhere.html")).unwrap();
    assert!(page.contains("<a href=\"runs/b/report.html\">"));
    assert_eq!(names(&scratch.run(&["runs", "--sort=name"]).stdout), ["a", "b", "c"], "the page is no run");
}

#[test]
fn an_empty_folder_has_no_runs() {
    let scratch = Scratch::empty();
    fs::create_dir(scratch.path("runs")).unwrap();
    assert_eq!(scratch.run(&["runs"]).stdout, "no runs in runs\n");
}
