//! The files of the page: complete, and without a request to another host.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::fs;
use std::path::Path;

fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_import_is_a_file_of_the_page_or_made_by_the_build() {
    let files = files();
    let made = ["lenet_web.js"];
    for (name, text) in &files {
        for import in text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
            let exists = made.contains(&import) || files.iter().any(|(file, _)| file == import);
            assert!(exists, "{name} imports {import}");
        }
    }
}

#[test]
fn no_file_names_another_host_or_sets_a_style_that_the_policy_refuses() {
    for (name, text) in files() {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for forbidden in ["http://", "https://", "//cdn", "eval(", "innerHTML", "style=\"", "onclick=\""] {
            assert!(!text.contains(forbidden), "{name} has {forbidden}");
        }
    }
}

/// The tour shows the lines between two comments of the example.
#[test]
fn the_markers_of_the_tour_are_in_the_example_once_and_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(example) = fs::read_to_string(root.join("../../examples/01_tutorial.rs")) else {
        return; // a package alone has no examples
    };
    let markers: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root.join("page/tour.json")).unwrap()).unwrap();
    for (step, ends) in markers.as_object().unwrap() {
        let [from, to] = [&ends[0], &ends[1]].map(|marker| {
            let marker = marker.as_str().unwrap();
            assert_eq!(example.matches(marker).count(), 1, "{step}: {marker}");
            example.find(marker).unwrap()
        });
        assert!(from < to, "{step}");
    }
}
