//! Networks with another number of classes, and the metadata of weights.

use lenet_model::weights::{Format, from_bytes, to_bytes};
use lenet_model::{
    Classifier, LeNet, Metadata, Normalisation, Prediction, StateDict, summary_with_classes, weights,
};

use crate::{device, images};

/// Letters: 26 names, and a normalisation of their own.
fn letters() -> Metadata {
    let names = ('A'..='Z').map(String::from);
    Metadata::new().with_class_names(names).with_normalisation(Normalisation::new(0.1722, 0.3309).unwrap())
}

fn state() -> StateDict {
    StateDict::random_with_classes(26, 7).unwrap().with_metadata(letters()).unwrap()
}

#[test]
fn ten_classes_are_the_tutorials_network_bit_for_bit() {
    let ten = LeNet::with_classes(10, 42, &device()).unwrap();
    assert_eq!(ten.state_dict().unwrap(), LeNet::new(42, &device()).state_dict().unwrap());
}

#[test]
fn each_class_has_a_logit_and_parameters() {
    for classes in [1, 2, 26, 47, 256] {
        let net = LeNet::with_classes(classes, 1, &device()).unwrap();
        assert_eq!(net.forward(images(3)).dims(), [3, classes]);
        assert_eq!(net.activations(images(3)).output.dims(), [3, classes]);
        assert_eq!(net.classes(), classes);
        let numbers = net.state_dict().unwrap().parameters().iter().map(|p| p.values.len()).sum::<usize>();
        assert_eq!(numbers, 61_706 + 85 * classes - 850);
        assert_eq!(summary_with_classes(classes).parameters(), numbers);
    }
}

#[test]
fn no_classes_and_more_than_bytes_have_values_are_refused() {
    for classes in [0, 257] {
        let error = LeNet::with_classes(classes, 1, &device()).unwrap_err().to_string();
        assert_eq!(error, format!("{classes} classes, expected 1 to 256"));
    }
}

#[test]
fn weights_of_any_number_of_classes_survive_each_format_with_their_metadata() {
    for format in [Format::Safetensors, Format::Burnpack] {
        assert_eq!(from_bytes(&to_bytes(&state(), format).unwrap(), format).unwrap(), state());
    }
}

#[test]
fn equal_weights_make_equal_files() {
    for format in [Format::Safetensors, Format::Burnpack, Format::Onnx] {
        let first = to_bytes(&state(), format).unwrap();
        assert!((0..20).all(|_| to_bytes(&state(), format).unwrap() == first), "{format:?}");
    }
}

#[test]
fn safetensors_itself_reads_the_metadata() {
    let bytes = to_bytes(&state(), Format::Safetensors).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let entries = header.metadata().clone().unwrap();
    assert_eq!(entries["format"], "pt");
    assert_eq!(entries["lenet.mean"], "0.1722");
    assert!(entries["lenet.class_names"].starts_with(r#"["A","B","#));
}

#[test]
fn onnx_holds_the_metadata_and_the_number_of_classes() {
    let bytes = to_bytes(&state(), Format::Onnx).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    // Field 14 of ModelProto; in it field 1, the key, and field 2, the value.
    assert!(has(b"\x0a\x0alenet.mean\x12\x060.1722"));
    assert!(has(b"lenet.class_names"));
}

#[test]
fn two_layers_that_disagree_about_the_classes_are_refused() {
    let mut parameters = StateDict::random(1).parameters().to_vec();
    parameters[9] = StateDict::random_with_classes(3, 1).unwrap().parameters()[9].clone();
    let error = StateDict::new(parameters).unwrap_err().to_string();
    assert_eq!(error, "tensor `fc3.bias` has shape [3], expected [10]");
}

#[test]
fn a_classifier_knows_the_names_and_the_normalisation_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letters.safetensors");
    weights::write_state_dict(&state(), &path).unwrap();
    let classifier = Classifier::load(&path, &device()).unwrap();
    let pixels: Vec<u8> = (0..32 * 32).map(|i| (i % 251) as u8).collect();
    let [prediction] = &classifier.classify_pixels(&pixels).unwrap()[..] else { panic!("one image") };
    assert_eq!(prediction.probabilities.len(), 26);
    assert_eq!(classifier.class_name(2), "C");
    let normalised: Vec<f32> = pixels.iter().map(|&x| (f32::from(x) / 255.0 - 0.1722) / 0.3309).collect();
    assert_eq!(classifier.classify(&normalised).unwrap(), std::slice::from_ref(prediction));
}

#[test]
fn without_metadata_classes_are_numbers_and_images_are_mnists() {
    let classifier = Classifier::new(LeNet::new(1, &device()));
    assert_eq!(classifier.class_name(7), "7");
    assert_eq!(classifier.normalisation(), Normalisation::MNIST);
}

#[test]
fn names_that_do_not_belong_to_the_classes_are_refused() {
    let refused = |metadata| StateDict::random(1).with_metadata(metadata).unwrap_err().to_string();
    assert_eq!(refused(letters()), "metadata: 26 class names, expected 10, one for each class");
    let names = |first: &str| Metadata::new().with_class_names([[first].as_slice(), &["x"; 9]].concat());
    for unfit in ["", "\u{1b}[31m", "two\nlines", &"x".repeat(101)] {
        assert!(refused(names(unfit)).contains("expected 1 to 100 bytes"), "{unfit:?}");
    }
}

#[test]
fn metadata_of_a_file_that_makes_no_sense_is_named() {
    let bytes = to_bytes(&state(), Format::Safetensors).unwrap();
    let replaced = |from: &str, to: &str| {
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut bytes = bytes.clone();
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        from_bytes(&bytes, Format::Safetensors).unwrap_err().to_string()
    };
    assert_eq!(replaced("0.1722", "zero .").as_str(), "metadata: lenet.mean is not a number");
    assert!(replaced("0.3309", "-0.330").contains("standard deviation -0.33: expected"));
    assert!(replaced("lenet.mean", "lenet.meen").contains("belong together"));
    assert_eq!(
        replaced(r#"[\"A\""#, r#"{\"A\""#).as_str(),
        "metadata: lenet.class_names is not a JSON array of texts"
    );
}

#[test]
fn the_most_probable_class_of_many_is_found() {
    let mut probabilities = vec![0.0; 256];
    probabilities[255] = 1.0;
    let prediction = Prediction::new(probabilities);
    assert_eq!((prediction.class(), prediction.top(1)), (255, vec![(255, 1.0)]));
}

#[test]
fn a_temperature_travels_with_the_weights_and_divides_the_logits() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDict::random(3).with_metadata(Metadata::new().with_temperature(0.1)).unwrap();
    for extension in ["safetensors", "bpk"] {
        let path = folder.path().join("lenet").with_extension(extension);
        weights::write_state_dict(&state, &path).unwrap();
        assert_eq!(weights::read_state_dict(&path).unwrap(), state);
        let prediction =
            Classifier::load(&path, &device()).unwrap().classify(&[0.5; 32 * 32]).unwrap().remove(0);
        let logits = Classifier::new(LeNet::new(3, &device())).logits(&[0.5; 32 * 32]).unwrap();
        assert_eq!(Prediction::at_temperature(&logits, 0.1).unwrap(), prediction);
        assert_ne!(Prediction::from_logits(&logits).unwrap(), prediction);
    }
}

#[test]
fn a_temperature_that_cannot_divide_is_refused() {
    for number in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = StateDict::random(3).with_metadata(Metadata::new().with_temperature(number));
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("expected a finite number above 0"), "{error}");
    }
}
