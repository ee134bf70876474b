//! The generated file docs/conformance.md is up to date. The test is here because a published package cannot
//! read it.

use lenet_conformance::{Rung, Subject, mutants};

const DOCUMENT: &str = include_str!("../../docs/conformance.md");
const REMEDY: &str = "stale: write it with `cargo xtask test-backends --write-docs`";

/// The rows of the first table below a line that begins with `start`.
fn rows(start: &str) -> Vec<Vec<&'static str>> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(start));
    let table = lines.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn it_has_a_column_for_each_subject_and_a_row_for_each_rung() {
    let table = rows("# ");
    assert_eq!(table[0][1..], Subject::NAMES, "{REMEDY}");
    let rungs: Vec<String> = Rung::ALL.iter().map(ToString::to_string).collect();
    let found: Vec<&str> =
        table[2..].iter().map(|row| row[0]).filter(|name| !name.starts_with('*')).collect();
    assert_eq!(found, rungs, "{REMEDY}");
}

#[test]
fn it_says_what_each_rung_compares() {
    let described = rows("## What the rungs compare");
    for rung in Rung::ALL {
        let row = described.iter().find(|row| row[0] == rung.to_string());
        assert!(row.is_some_and(|row| row[1] == rung.description()), "{rung}: {REMEDY}");
    }
}

#[test]
fn it_lists_every_planted_bug() {
    let rows = rows("## Planted bugs");
    let listed = rows[2..].iter().map(|row| row[0].replace('`', ""));
    // Only a build with the feature `planted-bugs`, as the document is written by, has bugs in the kernels.
    let (in_kernels, listed): (Vec<String>, Vec<String>) =
        listed.partition(|name| name.starts_with("simd-") || name.starts_with("gpu-"));
    let planted: Vec<String> = mutants::all().iter().map(|mutation| mutation.name.to_string()).collect();
    assert_eq!(listed, planted, "{REMEDY}");
    assert_eq!(in_kernels.len(), 20, "{REMEDY}");
}
