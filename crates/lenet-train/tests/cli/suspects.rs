//! `suspects`: training images whose labels may be wrong.

use lenet_data::{DigitSet, synthetic};

use crate::scratch::Scratch;

#[test]
fn labels_that_were_planted_wrong_are_on_top() {
    let scratch = Scratch::empty();
    // Each of 60 digits comes 25 times: 24 of them contradict a wrong label.
    let once = synthetic::digits(5, 0..60).unwrap();
    let (pixels, right) = (once.pixels().repeat(25), once.labels().repeat(25));
    let planted = [17, 400, 999, 1300];
    let mut labels = right.clone();
    planted.iter().for_each(|&index: &usize| labels[index] = (labels[index] + 5) % 10);
    let wrong = DigitSet::new(pixels, labels.clone(), once.height(), once.width()).unwrap();
    scratch.store_digits("digits", &wrong, &synthetic::digits(6, 0..100).unwrap());
    let trained = scratch.run(&["--data=digits", "--epochs=8", "--out=run", "--quiet"]);
    assert_eq!(trained.code, Some(0), "{}", trained.stderr);

    let ended = scratch.run(&["suspects", "run", "--top=10"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let rows = ended.stdout.lines().filter(|line| line.contains(" %  "));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 10, "{}", ended.stdout);
    let mut top: Vec<usize> = rows[..planted.len()].iter().map(|row| row[0].parse().unwrap()).collect();
    top.sort();
    assert_eq!(top, planted, "{}", ended.stdout);
    for row in &rows[..planted.len()] {
        let index: usize = row[0].parse().unwrap();
        let [label, answer] = [1, 2].map(|column| row[column].parse::<u8>().unwrap());
        assert_eq!((label, answer), (labels[index], right[index]), "{}", ended.stdout);
    }
    let sheet = image::open(scratch.path("run/suspects.png")).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (10 * 72, 88));
}

#[test]
fn more_images_than_there_are_and_other_classes_are_no_trouble() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=1"]);
    let ended = scratch.run(&["suspects", "run", "--top=100000", "--out=all.png"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("the 300 of 300 training images"), "{}", ended.stdout);
    assert!(scratch.path("all.png").exists());
}
