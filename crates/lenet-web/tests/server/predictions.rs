//! `/v1/predict`: right answers, and errors that say what to do.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use lenet_data::synthetic;
use lenet_model::Classifier;
use serde_json::{Value, json};

use crate::program::Program;

/// Pixels of synthetic digits.
fn digits(count: usize) -> Vec<Vec<u8>> {
    (0..count as u64).map(|index| synthetic::draw(7, index).0.to_vec()).collect()
}

fn classifier() -> Classifier {
    Classifier::pretrained(&lenet_backend::open(&"flex".parse().unwrap()).unwrap())
}

#[test]
fn predictions_are_those_of_the_classifier_in_the_order_of_the_images() {
    let server = Program::start(&[]);
    let digits = digits(20);
    let answer = server.predict_json(&json!({ "images": digits }));
    let expected = classifier().classify_pixels(&digits.concat()).unwrap();
    let found = answer["predictions"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found["class"], expected.digit());
        assert_eq!(found["name"], expected.digit().to_string());
        let probabilities: Vec<f32> = serde_json::from_value(found["probabilities"].clone()).unwrap();
        assert_eq!(probabilities, expected.probabilities);
        assert_eq!(found["unsure"], expected.top(1)[0].1 < 0.8);
    }
}

#[test]
fn rows_of_an_image_and_its_1024_numbers_are_the_same() {
    let server = Program::start(&[]);
    let digit = digits(1).remove(0);
    let rows = digit.chunks(32).collect::<Vec<_>>();
    let [flat, rows] =
        [json!({ "image": digit }), json!({ "image": rows })].map(|body| server.predict_json(&body));
    assert_eq!(flat, rows);
}

#[test]
fn the_bytes_of_images_and_their_numbers_are_the_same() {
    let server = Program::start(&[]);
    let digits = digits(3);
    let bytes = server.predict("application/octet-stream", &digits.concat()).json();
    assert_eq!(bytes, server.predict_json(&json!({ "images": digits })));
}

#[test]
fn the_digit_in_a_png_and_in_a_jpeg_file_is_read() {
    let server = Program::start(&[]);
    let is_ink = |x, y| (60..76).contains(&x) && (40..160).contains(&y);
    let bar = GrayImage::from_fn(140, 200, |x, y| Luma([if is_ink(x, y) { 20 } else { 235 }]));
    for (kind, format) in [("image/png", ImageFormat::Png), ("image/jpeg", ImageFormat::Jpeg)] {
        let mut file = Cursor::new(Vec::new());
        bar.write_to(&mut file, format).unwrap();
        let answer = server.predict(kind, file.get_ref());
        assert_eq!(answer.json()["predictions"][0]["class"], 1, "{kind}");
    }
}

#[test]
fn weights_of_a_file_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, lenet_model::pretrained::WEIGHTS).unwrap();
    let body = json!({ "image": digits(1)[0] });
    let ours = Program::start(&["--weights", path.to_str().unwrap()]).predict_json(&body);
    assert_eq!(ours, Program::start(&[]).predict_json(&body));
}

#[test]
fn a_wrong_request_is_answered_in_json_with_what_to_do() {
    let server = Program::start(&[]);
    let mut too_large = vec![0; 1024];
    too_large[5] = 256;
    let empty: [u8; 0] = [];
    let json = "application/json";
    let cases: &[(&str, Value, u16, &str)] = &[
        (json, json!({ "image": vec![0; 1023] }), 400, "invalid length 1023"),
        (json, json!({ "image": vec![vec![0; 31]; 32] }), 400, "a row of 32 numbers"),
        (json, json!({ "image": vec![vec![0; 32]; 33] }), 400, "32 rows"),
        (json, json!({ "image": too_large }), 400, "256 is not a number from 0 to 255"),
        (json, json!({ "image": "seven" }), 400, "invalid type: string"),
        (json, json!({ "images": empty }), 400, "1 to 1024 images"),
        (
            json,
            json!({ "image": vec![0; 1024], "images": [vec![0; 1024]] }),
            400,
            "either `image` or `images`",
        ),
        (json, json!({}), 400, "either `image` or `images`"),
        (json, json!({ "picture": 1 }), 400, "unknown field `picture`"),
        ("text/plain", json!("x"), 415, "text/plain"),
        ("image/png", json!("no png"), 422, "expected a PNG"),
    ];
    for (kind, body, status, error) in cases {
        let answer = server.predict(kind, body.to_string().as_bytes());
        assert_eq!(answer.status, *status, "{}", answer.text());
        let problem = answer.json();
        assert!(problem["error"].as_str().unwrap().contains(error), "{problem}");
        assert!(problem["help"].as_str().unwrap().contains("Send "), "{problem}");
    }
    assert_eq!(server.predict(json, b"{\"image\": [").status, 400);
    for bytes in [0, 1023, 1025] {
        let answer = server.predict("application/octet-stream", &vec![0; bytes]);
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(&format!("found {bytes} bytes")), "{}", answer.text());
    }
}

#[test]
fn a_batch_of_more_than_1024_images_is_refused() {
    let server = Program::start(&[]);
    let body = json!({ "images": vec![vec![0; 1024]; 1025] });
    let answer = server.predict("application/json", body.to_string().as_bytes());
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("1 to 1024 images"), "{}", answer.text());
}

#[test]
fn predictions_are_counted() {
    let server = Program::start(&[]);
    server.predict_json(&json!({ "images": digits(3) }));
    server.predict("application/json", b"?");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("lenet_predictions_total 3\n"), "{metrics}");
    assert!(metrics.contains("lenet_requests_total{route=\"/v1/predict\",status=\"400\"} 1\n"), "{metrics}");
    assert!(metrics.contains("lenet_predict_seconds_count 2\n"), "{metrics}");
}
