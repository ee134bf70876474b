//! Your own images: data of each layout is trained on, tested and predicted, with the names of its classes.

use std::fs;
use std::io::Write;
use std::path::Path;

use image::{GrayImage, Luma};
use lenet_data::{DigitSet, synthetic};

use crate::scratch::{Ended, Scratch};

/// Clothes, as a bar, a frame or a cross of random size and place.
fn clothing(class: u8, number: u32) -> GrayImage {
    let [left, top] = [4 + number * 7 % 5, 3 + number * 5 % 6];
    let (width, height) = (10 + number * 3 % 7, 12 + number % 5);
    let is_cloth = |x: u32, y: u32| {
        let (x, y) = (x.wrapping_sub(left), y.wrapping_sub(top));
        if x >= width || y >= height {
            return false;
        }
        let is_edge = x < 3 || y < 3 || x + 3 >= width || y + 3 >= height;
        let is_middle = x.abs_diff(width / 2) < 2 || y.abs_diff(height / 2) < 2;
        [x.abs_diff(width / 2) < 3, is_edge, is_middle][usize::from(class)]
    };
    GrayImage::from_fn(28, 28, |x, y| Luma([if is_cloth(x, y) { 150 + (number % 100) as u8 } else { 0 }]))
}

/// `count` pieces of clothing of the three classes in turn, from number `first`.
fn clothes(first: u32, count: u32) -> DigitSet {
    let label = |number: u32| (number % 3) as u8;
    let pixels = (first..first + count).flat_map(|number| clothing(label(number), number).into_raw());
    let labels = (first..first + count).map(label).collect();
    DigitSet::with_classes(pixels.collect(), labels, [28, 28], 3).unwrap()
}

/// Trains on the data in `data`; it must succeed.
#[track_caller]
fn train(scratch: &Scratch, data: &str, more: &[&str]) -> Ended {
    let ended = scratch.run(&[&["--data", data, "--out=run", "--batch-size=16"], more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

/// The report of `eval --json`; it must succeed.
#[track_caller]
fn eval(scratch: &Scratch) -> serde_json::Value {
    let ended = scratch.run(&["eval", "run", "--json", "--out=pictures"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn fashion_is_trained_tested_and_predicted_by_name() {
    let scratch = Scratch::empty();
    scratch.store_digits("fashion", &clothes(0, 240), &clothes(240, 60));
    fs::write(scratch.path("fashion/classes.txt"), "trouser\nbag\nshirt\n").unwrap();
    let ended = train(&scratch, "fashion", &["--epochs=4", "--seed=1"]);
    // 84 weights and a bias less for each of seven classes less.
    assert!(ended.stdout.contains("LeNet, 61,111 parameters"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("216 images to train on, 24 to validate on, 3 classes from trouser to shirt")
    );

    let report = eval(&scratch);
    assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{report}");
    assert_eq!(report["classes"][1]["class"], "bag");
    assert_eq!(report["confusion"].as_array().unwrap().len(), 3);
    let table = scratch.run(&["eval", "run"]).stdout;
    assert!(table.contains("  class  precision") && table.contains("trouser:20"), "{table}");

    clothing(1, 500).save(scratch.path("bag.png")).unwrap();
    let ended = scratch.run(&["predict", "bag.png", "--weights=run"]);
    assert!(ended.stdout.starts_with("bag.png: bag ("), "{}{}", ended.stdout, ended.stderr);
    let json = scratch.run(&["predict", "bag.png", "--weights=run", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["class"], &json["top"][0]["class"]), (&"bag".into(), &"bag".into()));
}

/// The small set of digits, transposed and with the labels from 1.
fn store_letters(folder: &Path) {
    fs::create_dir(folder).unwrap();
    for (part, range) in [("train", 0..200_u32), ("test", 200..240)] {
        let digits = synthetic::digits(5, range.start.into()..range.end.into()).unwrap();
        let count = range.len() as u32;
        let size = |sizes: &[u32]| sizes.iter().flat_map(|size| size.to_be_bytes()).collect::<Vec<u8>>();
        let mut images = [&[0, 0, 8, 3], &*size(&[count, 32, 32])].concat();
        for index in 0..digits.len() {
            images.extend((0..1024).map(|place| digits.image(index)[place % 32 * 32 + place / 32]));
        }
        let labels = digits.labels().iter().map(|label| label + 1);
        let labels = [&[0, 0, 8, 1], &*size(&[count]), &labels.collect::<Vec<_>>()].concat();
        fs::write(folder.join(format!("emnist-letters-{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("emnist-letters-{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn emnists_letters_are_trained_upright_and_predicted_by_name() {
    let scratch = Scratch::empty();
    store_letters(&scratch.path("emnist"));
    train(&scratch, "emnist", &["--epochs=12", "--quiet"]);
    let report = eval(&scratch);
    assert_eq!((&report["classes"][25]["class"], &report["images"]), (&"Z".into(), &40.into()));
    assert!(report["accuracy"].as_f64().unwrap() > 0.6, "{report}");

    // A zero, the first letter, upright as in a photograph.
    let image = GrayImage::from_raw(32, 32, synthetic::draw(5, 210).0.to_vec()).unwrap();
    image::imageops::resize(&image, 90, 90, image::imageops::FilterType::Triangle)
        .save(scratch.path("a.png"))
        .unwrap();
    let ended = scratch.run(&["predict", "a.png", "--weights=run"]);
    assert!(ended.stdout.starts_with("a.png: A ("), "{}{}", ended.stdout, ended.stderr);
}

/// Stores `count` images of each of three classes in the folder `shapes`.
fn store_shapes(scratch: &Scratch, count: u32) {
    for (class, name) in [(0, "bar"), (1, "frame"), (2, "cross")] {
        fs::create_dir_all(scratch.path("shapes").join(name)).unwrap();
        for number in 0..count {
            let image = image::imageops::resize(&clothing(class, number), 90, 90, image::imageops::Nearest);
            image.save(scratch.path(&format!("shapes/{name}/{number}.png"))).unwrap();
        }
    }
}

#[test]
fn a_folder_of_images_for_each_class_is_enough() {
    let scratch = Scratch::empty();
    store_shapes(&scratch, 60);
    let ended = train(&scratch, "shapes", &["--epochs=6"]);
    assert!(ended.stdout.contains("130 images to train on, 14 to validate on, 3 classes from bar to frame"));
    let report = eval(&scratch);
    assert_eq!(report["images"], 36);
    assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{report}");
    let ended = scratch.run(&["predict", "shapes/cross", "--weights=run"]);
    let right = ended.stdout.lines().filter(|line| line.contains(": cross ("));
    assert!(right.count() > 50, "{}", ended.stdout);
}

#[test]
fn files_that_are_not_read_are_named() {
    let scratch = Scratch::empty();
    store_shapes(&scratch, 5);
    for name in ["bar/one.webp", "frame/two.gif"] {
        fs::write(scratch.path("shapes").join(name), "").unwrap();
    }
    let ended = train(&scratch, "shapes", &["--epochs=1"]);
    let first = scratch.path("shapes").join("bar").join("one.webp");
    let first = first.strip_prefix(scratch.path("")).unwrap().display().to_string();
    assert!(ended.stderr.contains(&format!("passing over {first} and 1 more")), "{}", ended.stderr);
}

#[test]
fn suspects_of_a_folder_of_images_have_the_names_of_their_files() {
    let scratch = Scratch::empty();
    store_shapes(&scratch, 20);
    fs::rename(scratch.path("shapes/bar/7.png"), scratch.path("shapes/cross/of-a-bar.png")).unwrap();
    train(&scratch, "shapes", &["--epochs=6", "--valid=0", "--quiet"]);
    let ended = scratch.run(&["suspects", "run", "--top=5"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let listed = |line: &str| line.replace('\\', "/").ends_with("  cross/of-a-bar.png");
    assert!(ended.stdout.lines().any(listed), "{}", ended.stdout);
}

/// Without a test set of its own, a folder with more images has another one.
#[test]
fn a_folder_that_changed_since_the_training_is_noted() {
    let scratch = Scratch::empty();
    store_shapes(&scratch, 20);
    train(&scratch, "shapes", &["--epochs=1", "--quiet"]);
    assert_eq!(scratch.run(&["eval", "run"]).stderr, "");
    store_shapes(&scratch, 25);
    for command in ["eval", "suspects", "report"] {
        let ended = scratch.run(&[command, "run"]);
        assert!(ended.stderr.contains(" has changed since the training"), "{command}: {}", ended.stderr);
    }
    let resumed = scratch.run(&["--resume=run"]);
    assert!(resumed.stderr.starts_with("error: the run in run has other data"), "{}", resumed.stderr);
}

#[test]
fn kaggles_csv_is_read_with_its_header() {
    let scratch = Scratch::empty();
    fs::create_dir(scratch.path("kaggle")).unwrap();
    let mut file = fs::File::create(scratch.path("kaggle/train.csv")).unwrap();
    let header: Vec<String> = (0..784).map(|pixel| format!("pixel{pixel}")).collect();
    writeln!(file, "label,{}", header.join(",")).unwrap();
    let set = clothes(0, 200);
    for index in 0..set.len() {
        let pixels: Vec<String> = set.image(index).iter().map(u8::to_string).collect();
        writeln!(file, "{},{}", set.label(index), pixels.join(",")).unwrap();
    }
    let ended = train(&scratch, "kaggle", &["--epochs=5"]);
    assert!(ended.stdout.contains("144 images to train on, 16 to validate on\n"), "{}", ended.stdout);
    let report = eval(&scratch);
    assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{report}");
    assert_eq!((&report["images"], report["classes"].as_array().unwrap().len()), (&40.into(), 10));
}

#[test]
fn the_normalisation_is_measured_recorded_and_used_again() {
    let scratch = Scratch::empty();
    scratch.store_digits("fashion", &clothes(0, 60), &clothes(60, 30));
    train(&scratch, "fashion", &["--epochs=1", "--valid=12", "--quiet"]);
    let pixels: Vec<f64> = clothes(0, 48).pixels().iter().map(|pixel| f64::from(*pixel) / 255.0).collect();
    let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
    let manifest = scratch.manifest("run");
    assert!((manifest["data"]["mean"].as_f64().unwrap() - mean).abs() < 1e-6, "{manifest}");
    let settings = fs::read_to_string(scratch.path("run/run.toml")).unwrap();
    assert!(settings.contains(&format!("mean = {}", manifest["data"]["mean"])), "{settings}");
    assert!(settings.contains("valid = 12"), "{settings}");

    // Other data with the recorded numbers: the same training.
    let again = scratch.run(&["--config=run/run.toml", "--out=again"]);
    assert_eq!((again.code, scratch.weights("again") == scratch.weights("run")), (Some(0), true));
    let other = scratch.run(&["--config=run/run.toml", "--mean=0.5", "--std=0.25", "--out=other"]);
    assert_eq!((other.code, scratch.weights("other") == scratch.weights("run")), (Some(0), false));
    assert_eq!(scratch.manifest("other")["data"]["std"], 0.25);
}

#[test]
fn a_mean_without_a_standard_deviation_is_refused() {
    let ended = Scratch::empty().run(&["--data=synthetic", "--mean=0.5"]);
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1));
    assert!(ended.stderr.contains("--mean and --std belong together"), "{}", ended.stderr);
}

#[test]
fn weights_of_other_classes_than_the_data_are_refused() {
    let scratch = Scratch::with_digits();
    scratch.train("digits_run", &["--quiet", "--epochs=1"]);
    scratch.store_digits("fashion", &clothes(0, 60), &clothes(60, 30));
    fs::write(scratch.path("fashion/classes.txt"), "trouser\nbag\nshirt\n").unwrap();
    let ended = scratch.run(&["eval", "digits_run", "--data=fashion"]);
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1));
    assert!(ended.stderr.contains("weights of 10 classes, and the folder fashion has 3"), "{}", ended.stderr);
}

#[test]
fn converted_weights_keep_the_names() {
    let scratch = Scratch::empty();
    scratch.store_digits("fashion", &clothes(0, 60), &clothes(60, 30));
    fs::write(scratch.path("fashion/classes.txt"), "trouser\nbag\nshirt\n").unwrap();
    train(&scratch, "fashion", &["--epochs=1", "--quiet"]);
    assert_eq!(scratch.run(&["convert", "run", "clothes.bpk"]).code, Some(0));
    clothing(1, 7).save(scratch.path("one.png")).unwrap();
    let [one, other] = ["run", "clothes.bpk"]
        .map(|weights| scratch.run(&["predict", "one.png", "--weights", weights]).stdout);
    assert!(one.contains("trouser") && one == other, "{one}{other}");
}
