//! Your own images: learns three letters from a folder of images for each, which it draws itself.

use std::error::Error;
use std::path::Path;

use lenet_data::dataset::{Dataset, Part};
use lenet_data::{HostBatch, Loader, Normalisation, photo};
use lenet_model::{Classifier, LeNet, Metadata};
use lenet_train::{Loss, Optimizer, Schedule, Trainer, evaluate_classifier};

pub fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    draw_letters(folder.path())?; // folder/L/0.pgm, folder/T/0.pgm, …

    // A fifth of each class becomes the test set.
    let data = Dataset::find(folder.path())?;
    let (train, test) = (data.load(Part::Train)?, data.load(Part::Test)?);
    let normalisation = Normalisation::of(train.pixels()).ok_or("images of one colour")?;
    let [train, test] = [train, test].map(|set| set.with_normalisation(normalisation));
    let (classes, names) = (train.classes(), train.class_names().to_vec());
    println!("{} images to train on, {} to test on, of {}", train.len(), test.len(), names.join(", "));

    let device = lenet_backend::open(&"flex".parse()?)?;
    let training_device = device.clone().autodiff();
    let net = LeNet::with_classes(classes, 42, &training_device)?;
    let outcome = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&training_device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .optimizer(Optimizer::sgd().momentum(0.9))
    .schedule(Schedule::OneCycle { peak: 0.05 })
    .epochs(8)
    .fit(net, &Loader::new(train, 16)?.shuffle(7))?;

    // A classifier knows the names and the normalisation; weights in a file keep them.
    let own = lenet_model::Normalisation::new(normalisation.mean, normalisation.std)?;
    let metadata = Metadata::new().with_class_names(names).with_normalisation(own).with_whole_images(true);
    let classifier = Classifier::new(outcome.model.clone()).with_metadata(metadata)?;
    let prediction = &classifier.classify_pixels(&photo::read_whole(&folder.path().join("X/7.pgm"))?)?[0];
    println!("X/7.pgm: {}", classifier.class_name(prediction.class()));

    let test = Loader::new(test, 32)?;
    let result = evaluate_classifier(&test, &training_device, Loss::CrossEntropy, |images| {
        outcome.model.forward(images)
    })?;
    println!("{:.1} % of {} letters", 100.0 * result.accuracy.unwrap_or(f64::NAN), result.samples);
    Ok(())
}

/// Draws 50 images of each letter, dark on light, in varying places and sizes.
fn draw_letters(folder: &Path) -> std::io::Result<()> {
    type IsInk = fn(i32, i32, i32) -> bool;
    let letters: [(&str, IsInk); 3] = [
        ("L", |x, y, side| x < 5 || y > side - 5),
        ("T", |x, y, side| y < 5 || (x - side / 2).abs() < 3),
        ("X", |x, y, side| (x - y).abs() < 4 || (x + y - side).abs() < 4),
    ];
    for (name, is_ink) in letters {
        std::fs::create_dir_all(folder.join(name))?;
        for number in 0..50 {
            let (side, left, top) = (30 + number % 11, 5 + number * 3 % 13, 5 + number * 7 % 11);
            let mut image = b"P5 64 64 255\n".to_vec(); // PGM: a header, then a byte for each pixel
            image.extend((0..64 * 64).map(|place| {
                let (x, y) = (place % 64 - left, place / 64 - top);
                let is_inside = (0..=side).contains(&x) && (0..=side).contains(&y);
                if is_inside && is_ink(x, y, side) { 40 } else { 230 }
            }));
            std::fs::write(folder.join(name).join(format!("{number}.pgm")), image)?;
        }
    }
    Ok(())
}
