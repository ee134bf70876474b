//! `Classifier`, as `predict` and a service use it.

use lenet_model::{Classifier, LeNet, Prediction, weights};

use crate::{device, images, logits};

fn classifier() -> Classifier {
    Classifier::new(LeNet::new(3, &device()))
}

fn pixels(size: usize) -> Vec<f32> {
    images(size).into_data().try_into_vec().unwrap()
}

#[test]
fn probabilities_are_the_softmax_of_the_logits() {
    let logits = logits(&LeNet::new(3, &device()));
    let predictions = classifier().classify(&pixels(3)).unwrap();
    assert_eq!(predictions.len(), 3);
    for (prediction, logits) in predictions.iter().zip(logits.as_chunks::<10>().0) {
        let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
        for (probability, &logit) in prediction.probabilities.iter().zip(logits) {
            let expected = f64::from(logit).exp() / sum;
            // One rounding to f32; those of f64 are lost in the last digits.
            assert!((f64::from(*probability) - expected).abs() <= 1.001 * 2f64.powi(-24) * expected);
        }
    }
}

#[test]
fn a_loaded_classifier_predicts_as_the_network_that_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lenet.safetensors");
    weights::save(&LeNet::new(3, &device()), &path).unwrap();
    let loaded = Classifier::load(&path, &device()).unwrap();
    assert_eq!(loaded.classify(&pixels(2)).unwrap(), classifier().classify(&pixels(2)).unwrap());
}

#[test]
fn threads_share_it_and_get_the_same_answers() {
    let (classifier, images) = (classifier(), pixels(2));
    let expected = classifier.classify(&images).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(classifier.classify(&images).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn a_network_on_an_autodiff_device_predicts_alike() {
    let trained = LeNet::new(3, &device().autodiff());
    assert_eq!(
        Classifier::new(trained).classify(&pixels(2)).unwrap(),
        classifier().classify(&pixels(2)).unwrap()
    );
}

#[test]
fn more_images_than_go_through_at_once_keep_their_order() {
    let classifier = classifier();
    let (first, second) = (pixels(2), vec![0.5; 32 * 32]);
    let mut many = first.repeat(600);
    many.extend(&second);
    let predictions = classifier.classify(&many).unwrap();
    let near = |one: &Prediction, other: &Prediction| {
        one.probabilities.iter().zip(&other.probabilities).all(|(one, other)| (one - other).abs() < 1e-6)
    };
    assert_eq!(predictions.len(), 1201);
    assert!(near(&predictions[1199], &classifier.classify(&first).unwrap()[1]));
    assert!(near(&predictions[1200], &classifier.classify(&second).unwrap()[0]));
    assert!(!near(&predictions[1199], &predictions[1200]));
}

#[test]
fn no_images_have_no_predictions() {
    assert_eq!(classifier().classify(&[]).unwrap(), []);
}

#[test]
fn a_part_of_an_image_is_refused_with_its_size() {
    let error = classifier().classify(&[0.0; 1025]).unwrap_err().to_string();
    assert!(error.starts_with("1025 numbers"), "{error}");
}

#[test]
fn an_image_without_a_prediction_is_named() {
    let mut images = pixels(3);
    images[1024 + 500] = f32::NAN;
    let error = classifier().classify(&images).unwrap_err().to_string();
    assert!(error.starts_with("image 1 has no prediction"), "{error}");
}

#[test]
fn the_most_probable_digits_come_first_and_of_equals_the_smaller() {
    let probabilities = [0.0, 0.25, 0.0, 0.5, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0];
    let prediction = Prediction::new(probabilities);
    assert_eq!(prediction.digit(), 3);
    assert_eq!(prediction.top(3), [(3, 0.5), (1, 0.25), (7, 0.25)]);
    assert_eq!(prediction.top(99).len(), 10);
    assert_eq!(Prediction::new([0.1; 10]).digit(), 0);
}

#[test]
fn an_ensemble_answers_with_the_mean_of_its_members_probabilities() {
    let members: Vec<Classifier> = (1..=3).map(|seed| Classifier::new(LeNet::new(seed, &device()))).collect();
    let alone: Vec<Vec<Prediction>> =
        members.iter().map(|member| member.classify(&pixels(4)).unwrap()).collect();
    let ensemble = Classifier::ensemble(members).unwrap();
    assert_eq!(ensemble.members(), 3);
    for (image, together) in ensemble.classify(&pixels(4)).unwrap().iter().enumerate() {
        for (class, probability) in together.probabilities.iter().enumerate() {
            let mean =
                alone.iter().map(|answers| f64::from(answers[image].probabilities[class])).sum::<f64>() / 3.0;
            assert!((f64::from(*probability) - mean).abs() < 1e-6, "{probability} {mean}");
        }
    }
}

/// Of logits that are 200 apart, the smaller probability is 0 in f32.
#[test]
fn an_ensemble_of_confident_members_has_finite_logits() {
    let mut state = LeNet::new(3, &device()).state_dict().unwrap();
    let mut parameters = state.parameters().to_vec();
    parameters[9].values = (0..10).map(|class| if class == 4 { 200.0 } else { 0.0 }).collect();
    state = lenet_model::StateDict::new(parameters).unwrap();
    let member = || Classifier::with_state_dict(&state, &device());
    let ensemble = Classifier::ensemble([member(), member()]).unwrap();
    let logits = ensemble.logits(&pixels(1)).unwrap();
    assert!(logits.iter().all(|logit| logit.is_finite()), "{logits:?}");
    assert_eq!(ensemble.classify(&pixels(1)).unwrap()[0].class(), 4);
}

#[test]
fn networks_of_other_classes_are_no_ensemble() {
    let member = |classes: usize| {
        let state = lenet_model::StateDict::random_with_classes(classes, 1).unwrap();
        Classifier::with_state_dict(&state, &device())
    };
    let refused = Classifier::ensemble([member(10), member(3)]).unwrap_err();
    assert_eq!(refused.to_string(), "no ensemble: members 1 and 2 have other classes");
    assert!(Classifier::ensemble([]).is_err());
}
