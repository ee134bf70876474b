//! `predict`: what it reads in image files, and what becomes of those that it cannot read.

use std::fs;

use image::imageops::{FilterType, invert, resize};
use image::{GrayImage, Luma};
use lenet_data::synthetic;

use crate::scratch::Scratch;

/// A trained network in `run`, and synthetic digits 0 to 9 in `images`, dark on light and light on dark in
/// turn, at several sizes.
fn trained() -> Scratch {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--quiet"]);
    fs::create_dir(scratch.path("images")).unwrap();
    for index in 0..10 {
        let (pixels, _) = synthetic::draw(3, index);
        let small = GrayImage::from_raw(32, 32, pixels.to_vec()).unwrap();
        let side = 40 + 17 * index as u32;
        let mut page = GrayImage::from_pixel(side + 30, side + 20, Luma([0]));
        image::imageops::replace(&mut page, &resize(&small, side, side, FilterType::Triangle), 15, 5);
        if index % 2 == 0 {
            invert(&mut page);
        }
        page.save(scratch.path(&format!("images/{index}.png"))).unwrap();
    }
    scratch
}

#[test]
fn every_image_of_a_folder_has_a_line_with_the_three_most_probable_digits() {
    let scratch = trained();
    let ended = scratch.run(&["predict", "images", "--weights", "run"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 10);
    for (index, line) in lines.into_iter().enumerate() {
        assert!(line.starts_with(&format!("images/{index}.png: ")), "{line}");
        assert_eq!(line.matches(" %)").count(), 3, "{line}");
    }
}

#[test]
fn json_has_an_object_for_each_image() {
    let scratch = trained();
    let ended = scratch.run(&["predict", "images/3.png", "images/4.png", "--json", "--weights=run"]);
    let lines = ended.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["file"], "images/4.png");
    let top = lines[1]["top"].as_array().unwrap();
    assert_eq!((top.len(), &top[0]["digit"]), (3, &lines[1]["digit"]));
    assert!(top[0]["probability"].as_f64() >= top[1]["probability"].as_f64());
}

#[test]
fn answers_below_a_threshold_are_unsure() {
    let scratch = trained();
    let unsure = |below: &str| {
        let ended = scratch.run(&["predict", "images", "--weights=run", "--unsure-below", below]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout.lines().filter(|line| line.ends_with(" %): unsure")).count()
    };
    assert_eq!((unsure("0"), unsure("1")), (0, 10));
    let ended = scratch.run(&["predict", "images/1.png", "--weights=run", "--unsure-below=1.1"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("must be at most 1"), "{}", ended.stderr);
}

#[test]
fn what_is_no_image_has_one_line_and_the_rest_is_read() {
    let scratch = trained();
    fs::write(scratch.path("notes.txt"), "no image").unwrap();
    let ended = scratch.run(&["predict", "notes.txt", "absent.png", "images/1.png", "--weights", "run"]);
    assert_eq!(ended.code, Some(3));
    let errors: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(errors.len(), 2, "{}", ended.stderr);
    assert!(errors[0].starts_with("error: notes.txt: ") && errors[1].starts_with("error: absent.png: "));
    assert!(ended.stdout.starts_with("images/1.png: ") && ended.stdout.lines().count() == 1);
}

#[test]
fn the_run_that_ended_last_has_the_weights_if_none_are_named() {
    let scratch = trained();
    fs::create_dir(scratch.path("runs")).unwrap();
    fs::rename(scratch.path("run"), scratch.path("runs/one")).unwrap();
    let ended = scratch.run(&["predict", "images/1.png"]);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn the_rest_is_read_beside_an_empty_folder_and_a_link_to_nowhere() {
    let scratch = trained();
    fs::create_dir(scratch.path("empty")).unwrap();
    std::os::unix::fs::symlink("nowhere.png", scratch.path("images/link.png")).unwrap();
    let ended = scratch.run(&["predict", "empty", "images", "--weights", "run"]);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(3), 10), "{}", ended.stderr);
    let errors: Vec<&str> = ended.stderr.lines().collect();
    let link = "error: images/link.png: No such file or directory (os error 2)";
    assert_eq!(errors, ["error: empty: a folder without files", link]);
    // Alone, too, it is a picture that was not read.
    assert_eq!(scratch.run(&["predict", "empty", "--weights", "run"]).code, Some(3));
}

/// Damage that a decoder may panic on.
#[test]
fn a_picture_that_cannot_be_decoded_has_exactly_one_line() {
    let scratch = trained();
    let whole = fs::read(scratch.path("images/0.png")).unwrap();
    for (index, at) in (8..whole.len()).step_by(7).enumerate() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5a;
        fs::write(scratch.path(&format!("images/damaged{index:04}.png")), damaged).unwrap();
    }
    let ended = scratch.run(&["predict", "images", "--weights", "run"]);
    assert!(
        !ended.stderr.contains("panicked at") && !ended.stderr.contains("RUST_BACKTRACE"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.lines().all(|line| line.starts_with("error: images/damaged")), "{}", ended.stderr);
    let lines = ended.stdout.lines().count() + ended.stderr.lines().count();
    assert_eq!(lines, scratch.names("images").len());
}

/// A row of three digits, 100 columns each.
fn row(scratch: &Scratch) {
    let mut page = GrayImage::from_pixel(300, 120, Luma([255]));
    for (index, left) in [(3, 10), (11, 110), (4, 210)] {
        let (pixels, _) = synthetic::draw(3, index);
        let mut digit = GrayImage::from_raw(32, 32, pixels.to_vec()).unwrap();
        invert(&mut digit);
        image::imageops::replace(&mut page, &resize(&digit, 80, 80, FilterType::Triangle), left, 20);
    }
    page.save(scratch.path("row.png")).unwrap();
}

#[test]
fn a_row_of_digits_is_read_from_left_to_right_with_the_place_of_each() {
    let scratch = Scratch::empty();
    row(&scratch);
    let flags = ["predict", "row.png", "--several", "--weights=pretrained", "--json"];
    let ended = scratch.run(&flags);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let found = line["found"].as_array().unwrap();
    let digits: String = found.iter().map(|one| one["digit"].to_string()).collect();
    assert_eq!((found.len(), line["read"].as_str()), (3, Some(digits.as_str())));
    for (one, cell) in found.iter().zip((0..).step_by(100)) {
        let [left, width] = ["left", "width"].map(|key| one["at"][key].as_u64().unwrap());
        assert!(cell <= left && left + width <= cell + 100, "{one}");
    }
    let text = scratch.run(&flags[..4]).stdout;
    assert!(text.starts_with(&format!("row.png: {digits}\n  ")) && text.lines().count() == 4, "{text}");
    assert!(text.contains(" pixels at column "), "{text}");
}

#[test]
fn a_row_of_digits_is_not_guessed_at_as_one() {
    let scratch = Scratch::empty();
    row(&scratch);
    let ended = scratch.run(&["predict", "row.png", "--weights=pretrained"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("several shapes"), "{}", ended.stderr);
}
